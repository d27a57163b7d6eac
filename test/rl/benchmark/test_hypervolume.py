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

"""Hypervolume over late frames, error and energy."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.hypervolume import hypervolume, place, reference_point

BOX = np.array([0.1, 0.5, 200.0])


def score(late: float, error: float, energy_j: float) -> EpisodeScore:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return EpisodeScore(**{**nothing, "miss_share": late, "error": error, "energy_j": energy_j})


def test_one_point_has_the_product_of_what_it_leaves_of_each_side() -> None:
    found = hypervolume(np.array([[0.02, 0.1, 150.0]]), BOX)
    assert found == pytest.approx(0.8 * 0.8 * 0.25)


def test_the_best_point_has_all_and_the_worst_none() -> None:
    assert hypervolume(np.zeros((1, 3)), BOX) == 1.0
    assert hypervolume(BOX[None], BOX) == 0.0
    assert hypervolume(np.array([[0.2, 0.0, 0.0]]), BOX) == 0.0, "outside on one axis"
    assert hypervolume(np.empty((0, 3)), BOX) == 0.0
    assert hypervolume(np.zeros((1, 3)), np.array([0.0, 0.5, 200.0])) == 0.0


def test_two_points_count_what_both_dominate_once() -> None:
    places = np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.5]])
    assert hypervolume(places, np.ones(3)) == pytest.approx(0.5 + 0.25 - 0.125)


def test_a_point_that_another_dominates_adds_nothing() -> None:
    better, worse = [0.01, 0.1, 50.0], [0.02, 0.1, 60.0]
    alone = hypervolume(np.array([better]), BOX)
    assert hypervolume(np.array([worse, better]), BOX) == pytest.approx(alone)
    assert hypervolume(np.array([better, better]), BOX) == pytest.approx(alone)


def test_the_union_is_what_random_points_of_the_box_say() -> None:
    random = np.random.default_rng(4)
    places = random.random((6, 3)) * 1.1
    drawn = random.random((200_000, 3))
    dominated = (drawn[:, None] >= places).all(axis=2).any(axis=1)
    assert hypervolume(places, np.ones(3)) == pytest.approx(dominated.mean(), abs=0.005)
    for order in ([5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 5, 3]):
        assert hypervolume(places[order], np.ones(3)) == pytest.approx(hypervolume(places, np.ones(3)))


def test_the_box_ends_at_the_worst_of_the_fixed_points() -> None:
    dense = [score(0.1, 0.0, 200.0), score(0.3, 0.0, 220.0)]
    sparse = [score(0.0, 0.3, 80.0), score(0.0, 0.5, 80.0)]
    np.testing.assert_allclose(place(dense), (0.2, 0.0, 210.0))
    np.testing.assert_allclose(reference_point({"dense": dense, "sparse": sparse}), (0.2, 0.4, 210.0))
