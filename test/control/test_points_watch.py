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

"""What frames say of every point, with the tracker's reflex and without."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.points_watch import PointsWatch
from hand_tracking_dsp.control.samples import LatencySample

FIGURES = figures_of(5)
BUDGET_MS = 20.0
# 4 ms besides a network that takes 18, 14.4, 10.8, 7.2 ms or, at the sparsest, 3.6.
REST_MS, NETWORK_MS, FITTING = 4.0, 18.0, 1


def frame(stamp_s: float, reflex: bool) -> LatencySample:
    """One frame at point 0, for which there is no time."""
    network_ms = NETWORK_MS * float(FIGURES.level_time[FITTING] if reflex else 1.0)
    total_ms = REST_MS + network_ms
    return LatencySample(
        stamp_s,
        total_ms,
        total_ms,
        0,
        hands=1,
        reflex=reflex,
        commanded_ms=REST_MS + NETWORK_MS,
        landmarks_ms=network_ms,
    )


def watched(reflex: bool, frames: int = 120) -> PointsWatch:
    watch = PointsWatch(FIGURES)
    for number in range(frames):
        watch.add(frame(number / 30, reflex), BUDGET_MS)
    return watch


def test_with_the_reflex_a_point_without_time_is_hardly_late_and_drifts_as_the_level_that_has_it() -> None:
    watch = watched(reflex=True)
    assert (watch.frames, watch.late) == (120, 0)
    values = watch.by_point(4.0, BUDGET_MS)
    assert values["late_2s"] == pytest.approx(np.zeros(5), abs=0.05)
    assert values["drift_percent"][0] == pytest.approx(FIGURES.level_percent[FITTING], rel=0.05)
    assert values["drift_percent"][FITTING:] == pytest.approx(FIGURES.level_percent[FITTING:])


def test_without_the_reflex_that_point_is_late_and_drifts_as_itself() -> None:
    watch = watched(reflex=False)
    assert (watch.frames, watch.late) == (120, 120)
    values = watch.by_point(4.0, BUDGET_MS)
    assert values["late_2s"][0] > 0.9
    assert values["late_2s"][FITTING:] == pytest.approx(np.zeros(4))
    assert values["drift_percent"][0] < 0.3 * FIGURES.level_percent[FITTING]


def test_late_frames_are_unavoidable_only_where_it_is_known_that_no_point_avoids_them() -> None:
    watch = PointsWatch(FIGURES)
    for landmarks_ms in (NETWORK_MS, math.nan, math.inf, 90.0):
        watch.add(LatencySample(1.0, 60.0, 60.0, 0, hands=1, landmarks_ms=landmarks_ms), BUDGET_MS)
    assert (watch.late, watch.unavoidable) == (4, 1)
    watch.add(frame(1.0, reflex=False), BUDGET_MS)
    assert (watch.late, watch.unavoidable) == (5, 1)


def test_a_reflex_that_is_turned_on_or_off_is_noticed_within_some_frames() -> None:
    watch = watched(reflex=True)
    for number in range(150):
        watch.add(frame(4.0 + number / 30, reflex=False), BUDGET_MS)
    assert watch.by_point(9.0, BUDGET_MS)["late_2s"][0] > 0.9
    for number in range(150):
        watch.add(frame(9.0 + number / 30, reflex=True), BUDGET_MS)
    assert watch.by_point(14.0, BUDGET_MS)["late_2s"][0] < 0.1


def test_frames_that_no_point_brings_in_time_say_nothing_of_the_reflex() -> None:
    watch = PointsWatch(FIGURES)
    for number in range(120):
        stamp_s = number / 30
        watch.add(LatencySample(stamp_s, 60.0, 60.0, 0, hands=1, landmarks_ms=NETWORK_MS), BUDGET_MS)
    assert watch.by_point(4.0, BUDGET_MS)["late_2s"] == pytest.approx(np.ones(5))
    for _ in range(3):
        watch.add(frame(40.0, reflex=True), BUDGET_MS)
    late = watch.by_point(40.0, BUDGET_MS)["late_0.5s"][0]
    assert late < 0.1, "late frames that nothing could save have not been taken for a reflex that is off"
