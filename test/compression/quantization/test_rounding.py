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

"""Weights rounded by second moments."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.quantization.rounding import (
    LARGEST,
    largest_steps,
    round_by_moments,
    round_to_nearest,
)


@pytest.fixture
def layer() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, second moments of inputs that vary together, and the smallest steps."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(2, 40, 40)) * np.geomspace(1, 0.01, 40)
    samples = np.abs(random.normal(size=(2, 500, 40)) @ mixing) + 0.5
    return random.normal(size=(2, 6, 40)), samples.transpose(0, 2, 1) @ samples / 500, np.full((2, 6), 1e-9)


def error(weights: np.ndarray, rounded: np.ndarray, steps: np.ndarray, moments: np.ndarray) -> float:
    missing = weights - rounded * steps[..., None]
    return float(np.einsum("grk,gkl,grl->", missing, moments, missing))


def test_the_outputs_change_less_than_with_rounding_to_nearest(
    layer: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    weights, moments, smallest = layer
    steps = largest_steps(weights, smallest)
    nearest = error(weights, round_to_nearest(weights, steps), steps, moments)
    rounded, chosen = round_by_moments(weights, moments, smallest)
    assert error(weights, rounded, chosen, moments) < 0.5 * nearest


def test_numbers_are_whole_and_fit_into_a_byte(layer: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    rounded, steps = round_by_moments(*layer)
    np.testing.assert_array_equal(rounded, np.round(rounded))
    assert np.abs(rounded).max() <= LARGEST
    assert (steps > 0).all()


def test_inputs_that_are_always_zero_do_no_harm() -> None:
    rounded, steps = round_by_moments(np.ones((1, 2, 3)), np.zeros((1, 3, 3)), np.full((1, 2), 1e-9))
    np.testing.assert_allclose(rounded * steps[..., None], 1, rtol=0.01)


def test_weights_of_zero_keep_a_step_that_a_bias_can_be_told_in() -> None:
    smallest = np.full((1, 2), 1e-6)
    rounded, steps = round_by_moments(np.zeros((1, 2, 3)), np.eye(3)[None], smallest)
    assert not rounded.any()
    np.testing.assert_array_equal(steps, smallest)
