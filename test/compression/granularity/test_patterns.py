# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Linear layers pruned to patterns."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.granularity.patterns import (
    CONNECTION,
    ONE_BY_FOUR,
    PATTERNS,
    TWO_OF_FOUR,
    sparse_weights,
)

INPUTS, OUTPUTS = 32, 14


@pytest.fixture
def covariance() -> np.ndarray:
    random = np.random.default_rng(0)
    samples = random.normal(size=(400, INPUTS)) @ random.normal(size=(INPUTS, INPUTS))
    return np.cov(samples.T)


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(INPUTS, OUTPUTS))


def error(covariance: np.ndarray, change: np.ndarray) -> float:
    return float(np.einsum("ij,ij->", change, covariance @ change))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_half_of_the_weights_go_in_the_pattern(
    covariance: np.ndarray, weights: np.ndarray, pattern: str
) -> None:
    kept = sparse_weights(covariance, weights, pattern, 0.5) != 0
    assert (kept.sum(axis=0) == INPUTS // 2).all()
    if pattern == TWO_OF_FOUR:
        assert (kept.reshape(-1, 4, OUTPUTS).sum(axis=1) == 2).all()
    if pattern == ONE_BY_FOUR:
        for first in range(0, OUTPUTS, 4):
            group = kept[:, first : first + 4]
            assert (group == group[:, :1]).all()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_stays_makes_up_for_what_went(covariance: np.ndarray, weights: np.ndarray, pattern: str) -> None:
    found = sparse_weights(covariance, weights, pattern, 0.5)
    only_cut = np.where(found != 0, weights, 0.0)
    magnitude = np.where(np.abs(weights) >= np.median(np.abs(weights), axis=0), weights, 0.0)
    assert error(covariance, found - weights) < 0.8 * error(covariance, only_cut - weights)
    # Which has no pattern.
    if pattern != ONE_BY_FOUR:
        assert error(covariance, found - weights) < error(covariance, magnitude - weights)


def test_outputs_that_share_their_inputs_lose_most(covariance: np.ndarray, weights: np.ndarray) -> None:
    errors = {
        pattern: error(covariance, sparse_weights(covariance, weights, pattern, 0.5) - weights)
        for pattern in PATTERNS
    }
    assert max(errors, key=errors.__getitem__) == ONE_BY_FOUR


def test_other_shares_can_be_had(covariance: np.ndarray, weights: np.ndarray) -> None:
    for share in (0.25, 0.75):
        found = sparse_weights(covariance, weights, CONNECTION, share)
        assert (found == 0).mean() == pytest.approx(share)
    assert (sparse_weights(covariance, weights, TWO_OF_FOUR, 0.25) == 0).mean() == pytest.approx(0.5)


def test_a_layer_that_has_the_pattern_already_stays_as_it_is(
    covariance: np.ndarray, weights: np.ndarray
) -> None:
    sparse = sparse_weights(covariance, weights, TWO_OF_FOUR, 0.5)
    # A ridge of nearly nothing: weights that are zero by chance would be pulled.
    again = sparse_weights(covariance, sparse, TWO_OF_FOUR, 0.5, 1e-9)
    assert again == pytest.approx(sparse, abs=1e-6)


def test_inputs_that_are_always_nothing_do_no_harm(weights: np.ndarray) -> None:
    found = sparse_weights(np.zeros((INPUTS, INPUTS)), weights, CONNECTION, 0.5)
    assert np.isfinite(found).all()
