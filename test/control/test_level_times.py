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

"""Times of the levels, learned while the robot runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.level_times import LevelTimes
from hand_tracking_dsp.control.samples import LatencySample

FIGURES = figures_of(3)
# Level by level; the bank says 1, 0.8, 0.6.
REAL_MS = (10.0, 5.0, 2.0)


def run(
    times: LevelTimes, levels: list[int], begin_s: float = 0.0, slower: float = 1.0, **more: float
) -> None:
    """Run 20 frames at each of the levels."""
    for index, level in enumerate(np.repeat(levels, 20).tolist()):
        hands = {"hands": 2, "landmarks_ms": 2 * slower * REAL_MS[level]} | more
        times.add(LatencySample(begin_s + index / 30, 20.0, 20.0, level, **hands), level)


def test_the_banks_times_hold_until_a_change_says_otherwise() -> None:
    times = LevelTimes(FIGURES)
    run(times, [0, 0, 0])
    assert times.of_points() == pytest.approx([1.0, 0.8, 0.6])


def test_changes_teach_the_ratio_of_the_two_levels() -> None:
    times = LevelTimes(FIGURES)
    run(times, [0, 1, 0, 2] * 20)
    assert times.of_points() == pytest.approx([1.0, 0.5, 0.2], rel=0.02)


def test_a_machine_that_is_busier_on_both_sides_teaches_the_same() -> None:
    times = LevelTimes(FIGURES)
    run(times, [0, 1, 0, 2] * 20, slower=4.0)
    assert times.of_points() == pytest.approx([1.0, 0.5, 0.2], rel=0.02)


def test_one_change_that_comes_with_load_teaches_little() -> None:
    times = LevelTimes(FIGURES)
    run(times, [0])
    run(times, [1], begin_s=20 / 30, slower=5.0)
    assert times.of_points() == pytest.approx([1.0, 0.8, 0.6], rel=0.3)


def test_a_pause_between_two_levels_teaches_nothing() -> None:
    times = LevelTimes(FIGURES)
    run(times, [0])
    run(times, [2], begin_s=60.0)
    assert times.of_points() == pytest.approx([1.0, 0.8, 0.6])


@pytest.mark.parametrize("landmarks_ms", [math.nan, 0.0, math.inf, -1.0])
def test_frames_that_do_not_say_what_the_network_took_teach_nothing(landmarks_ms: float) -> None:
    times = LevelTimes(FIGURES)
    run(times, [0, 1, 0, 2] * 3, landmarks_ms=landmarks_ms)
    assert times.of_points() == pytest.approx([1.0, 0.8, 0.6])
