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

"""Drift expected at points that do not run, from the drift of the one that does."""

from __future__ import annotations

import math

import pytest
from support.points import figures_of

from hand_tracking_dsp.control.difficulty import Difficulty
from hand_tracking_dsp.control.samples import LatencySample


def learn(difficulty: Difficulty, point: int, seconds: float = 10.0, **drift: float) -> None:
    for index in range(round(seconds * 10)):
        difficulty.add(LatencySample(index / 10, 5.0, math.nan, point, hands=1, **drift))


def test_before_anything_is_measured_the_bank_s_figures_hold() -> None:
    assert Difficulty(figures_of(3)).drift_percent(5.0) == pytest.approx([0, 3, 6])


def test_a_scene_that_is_harder_at_one_level_is_at_all() -> None:
    difficulty = Difficulty(figures_of(3))
    learn(difficulty, 1, drift=6.0)
    assert difficulty.drift_percent(10.0) == pytest.approx([0, 6, 12], rel=0.05)


def test_the_dense_level_measures_the_next_one() -> None:
    difficulty = Difficulty(figures_of(3))
    learn(difficulty, 0, drift=0.0, drift_sparser=1.5)
    assert difficulty.drift_percent(10.0) == pytest.approx([0, 1.5, 3], rel=0.05)


def test_what_was_measured_long_ago_is_forgotten() -> None:
    difficulty = Difficulty(figures_of(3))
    learn(difficulty, 1, drift=12.0)
    assert difficulty.drift_percent(20.0)[1] > 6
    assert difficulty.drift_percent(300.0) == pytest.approx([0, 3, 6], rel=0.01)


@pytest.mark.parametrize("drift", [math.nan, -1.0, math.inf])
@pytest.mark.parametrize("point", [1, 255])
def test_what_is_no_measurement_changes_nothing(point: int, drift: float) -> None:
    difficulty = Difficulty(figures_of(3))
    learn(difficulty, point, drift=drift)
    learn(difficulty, 255, drift=9.0)
    assert difficulty.drift_percent(10.0) == pytest.approx([0, 3, 6])


def test_a_bank_whose_points_do_not_drift_stays_without() -> None:
    difficulty = Difficulty(figures_of(1))
    learn(difficulty, 0, drift=0.0, drift_sparser=5.0)
    assert difficulty.drift_percent(10.0) == pytest.approx([0])
