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

"""The estimate of deviations, and searches that use it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hand_tracking_dsp.compression.composition.meter import random_choices
from hand_tracking_dsp.compression.composition.search import (
    by_dynamic_programming,
    by_local_search,
    time_left,
)
from hand_tracking_dsp.compression.composition.surrogate_fit import fit_surrogate, r_squared
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Surrogate, reached

BLOCKS = 6


def deviations(choices: list[list[int]]) -> np.ndarray:
    """Make up deviations: each block adds its share, and two neighbours together more than both."""
    places = np.array(choices) / (len(INTENSITIES) - 1)
    harm = places @ np.linspace(0.5, 2.0, BLOCKS) + 1.5 * (places[:, 1:] * places[:, :-1]).sum(axis=1)
    return np.exp(harm[:, None] + np.linspace(0.0, 0.5, len(SCENES))) - 1.0


@pytest.fixture(scope="module")
def surrogate() -> Surrogate:
    choices = random_choices(600, BLOCKS, 0)
    return fit_surrogate(choices, deviations(choices))


def test_the_estimate_foretells_compositions_that_it_has_not_seen(surrogate: Surrogate) -> None:
    others = random_choices(100, BLOCKS, 1)
    assert (r_squared(surrogate.deviation_percent(others), deviations(others)) > 0.95).all()


def test_r_squared_is_one_for_the_truth_and_none_for_the_mean() -> None:
    truth = np.exp(np.random.default_rng(0).normal(size=(50, 2)))
    assert r_squared(truth, truth) == pytest.approx([1.0, 1.0])
    logarithms = np.log(truth + 0.3)
    mean = np.broadcast_to(np.exp(logarithms.mean(axis=0)) - 0.3, truth.shape)
    assert r_squared(mean, truth) == pytest.approx([0.0, 0.0], abs=1e-9)


def test_a_block_has_reached_all_intensities_up_to_its_own() -> None:
    assert reached([[0, 2, 4]]).tolist() == [[0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1]]


def test_it_is_read_as_it_was_written(surrogate: Surrogate) -> None:
    again = Surrogate.of(surrogate.arrays(), BLOCKS)
    choices = random_choices(5, BLOCKS, 2)
    assert again.deviation_percent(choices) == pytest.approx(surrogate.deviation_percent(choices), rel=1e-3)


def test_one_of_another_network_is_refused(surrogate: Surrogate) -> None:
    with pytest.raises(ModelError, match=r"linear in the blocks' file have the shape"):
        Surrogate.of(surrogate.arrays(), BLOCKS + 1)
    with pytest.raises(ModelError, match="lacks 'scales' of the estimate: run models compositions"):
        Surrogate.of({name: one for name, one in surrogate.arrays().items() if name != "scales"}, BLOCKS)


@pytest.mark.parametrize("limit", [1.0, 0.9, 0.75, 0.55])
def test_dynamic_programming_finds_the_least_sum(limit: float) -> None:
    random = np.random.default_rng(3)
    squares = np.sort(random.random((4, 5)), axis=1)
    time = np.sort(random.random((4, 5)), axis=1) / 5
    squares[:, 0] = time[:, 0] = 0.0
    rows = np.arange(4)
    found = by_dynamic_programming(squares, time, limit)
    assert found is not None
    assert 1.0 - time[rows, found].sum() <= limit
    possible = [one for one in itertools.product(range(5), repeat=4) if 1 - time[rows, one].sum() <= limit]
    # Times are rounded to two thousandths.
    nearly = [one for one in possible if 1 - time[rows, one].sum() <= limit - 4 / 2000]
    assert squares[rows, found].sum() <= min(squares[rows, one].sum() for one in nearly)


def test_a_time_that_nothing_keeps_has_no_choice() -> None:
    assert by_dynamic_programming(np.zeros((2, 5)), np.full((2, 5), 0.1), 0.5) is None


def test_the_local_search_keeps_the_time_and_gets_no_worse(surrogate: Surrogate) -> None:
    time = np.linspace(0.0, 0.14, len(INTENSITIES)) * np.linspace(0.6, 1.0, BLOCKS)[:, None]
    start = [3] * BLOCKS
    limit = float(time_left(time, [start])[0])
    for scene in range(len(SCENES)):
        found = by_local_search(surrogate, time, scene, limit, start)
        assert time_left(time, [found])[0] <= limit + 1e-9
        ours, before = surrogate.deviation_percent([found, start])[:, scene]
        assert ours < before
