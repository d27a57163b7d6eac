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

"""Times that recent frames would have taken at points that did not run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.control.frame_history import DECAYS_S, FrameHistory
from hand_tracking_dsp.control.samples import LatencySample

TIMES = np.array([1.0, 0.5, 0.25])
NOW = DECAYS_S.index(0.5)


def frame(stamp_s: float, total_ms: float, landmarks_ms: float = math.nan, **more: float) -> LatencySample:
    return LatencySample(stamp_s, total_ms, math.nan, 0, hands=1, landmarks_ms=landmarks_ms, **more)


def test_the_network_alone_is_faster_at_a_sparser_level() -> None:
    history = FrameHistory()
    history.add(frame(1.0, 20.0, 12.0), level_time=1.0)
    recent = history.recent(1.0, 20.0, TIMES)
    assert recent.mean[NOW] == pytest.approx([20 / 20, 14 / 20, 11 / 20])
    history.clear()
    history.add(frame(1.0, 14.0, 6.0), level_time=0.5)
    assert history.recent(1.0, 20.0, TIMES).mean[NOW] == pytest.approx([20 / 20, 14 / 20, 11 / 20])


def test_late_and_nearly_late_frames_are_shares() -> None:
    history = FrameHistory()
    for index in range(10):
        history.add(frame(1.0, 40.0 if index < 3 else 10.0, 20.0 if index < 3 else 5.0), level_time=1.0)
    recent = history.recent(1.0, 33.0, TIMES)
    assert recent.late[NOW] == pytest.approx([0.3, 0.0, 0.0])
    assert recent.tight[NOW] == pytest.approx([0.3, 0.3, 0.3 * (25 > 0.7 * 33)])
    assert recent.weight[NOW] == pytest.approx(10)


def test_a_budget_that_changes_counts_for_frames_before_too() -> None:
    history = FrameHistory()
    history.add(frame(1.0, 20.0, 10.0), level_time=1.0)
    assert history.recent(1.0, 33.0, TIMES).late[NOW] == pytest.approx([0, 0, 0])
    assert history.recent(1.0, 16.0, TIMES).late[NOW] == pytest.approx([1, 0, 0])


def test_old_frames_count_less_in_the_short_than_in_the_long_run() -> None:
    history = FrameHistory()
    history.add(frame(0.0, 40.0), level_time=1.0)
    history.add(frame(5.0, 10.0), level_time=1.0)
    late = history.recent(5.0, 33.0, TIMES).late[:, 0]
    assert list(late) == sorted(late)
    assert late[0] < 1e-3
    assert 0.4 < late[-1] < 0.5


def test_a_frame_that_says_nothing_of_its_network_is_taken_to_be_as_slow_everywhere() -> None:
    history = FrameHistory()
    history.add(frame(1.0, 20.0), level_time=1.0)
    history.add(frame(1.0, 20.0, 90.0), level_time=1.0)
    assert history.recent(1.0, 20.0, TIMES).mean[NOW] == pytest.approx([1, 1, 1])


def test_a_frame_that_ran_sparser_for_want_of_time_counts_as_commanded() -> None:
    history = FrameHistory()
    history.add(frame(1.0, 12.0, 4.0, reflex=True, commanded_ms=20.0), level_time=1.0)
    assert history.recent(1.0, 20.0, TIMES).mean[NOW] == pytest.approx([1.0, 0.7, 0.55])


def test_the_oldest_frames_make_room() -> None:
    history = FrameHistory(size=4)
    for index in range(6):
        history.add(frame(1.0, 40.0 if index < 2 else 10.0), level_time=1.0)
    recent = history.recent(1.0, 33.0, TIMES)
    assert recent.weight[NOW] == 4
    assert recent.late[NOW, 0] == 0


def test_without_frames_nothing_is_late() -> None:
    recent = FrameHistory().recent(5.0, 33.0, TIMES)
    assert not recent.late.any()
    assert not recent.weight.any()


def test_where_a_frame_is_in_time_is_known_from_every_point_on() -> None:
    history = FrameHistory()
    for network_ms in (4.0, 16.0, 30.0, 80.0):  # in time at point 0, 1, 2, at none
        history.add(frame(1.0, 10.0 + network_ms, network_ms), level_time=1.0)
    recent = history.recent(1.0, 20.0, TIMES)
    assert recent.late[NOW] == pytest.approx([0.75, 0.5, 0.25])
    assert recent.late_at_best[NOW] == pytest.approx([0.25, 0.25, 0.25])
    assert recent.in_time == pytest.approx(np.array([[0.25, 0.25, 0.5], [0, 0.5, 0.5], [0, 0, 1]]))


def test_without_frames_each_point_brings_itself() -> None:
    assert FrameHistory().recent(5.0, 33.0, TIMES).in_time == pytest.approx(np.eye(3))
