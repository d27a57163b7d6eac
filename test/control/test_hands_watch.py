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

"""Means of hands and of the parts of frames."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.control.hands_watch import HandsWatch
from hand_tracking_dsp.control.samples import LatencySample


def watch_of(*frames: dict[str, float]) -> HandsWatch:
    watch = HandsWatch()
    for index, values in enumerate(frames):
        watch.add(LatencySample(index / 30, 10.0, 10.0, 0, **values))
    return watch


def test_nothing_is_known_of_few_frames() -> None:
    values = watch_of(*[{"hands": 1, "landmarks_ms": 4.0}] * 3).values(0.1, 20.0)
    assert all(math.isnan(value) for value in values.values())


def test_parts_of_the_time_are_in_budgets_and_held_hands_in_shares() -> None:
    measured = {"hands": 2, "landmarks_ms": 4.0, "detection_ms": 2.0}
    held = {"hands": 2, "predicted": 2, "landmarks_ms": 0.0, "detection_ms": 0.0}
    values = watch_of(*[measured, held] * 10).values(20 / 30, 20.0)
    assert values["landmarks_budgets"] == pytest.approx(0.2), "of the frames on which the network ran"
    assert values["detection_budgets"] == pytest.approx(0.05, rel=0.1)
    assert values["held_share"] == pytest.approx(0.5, rel=0.1)
    assert values["hand_share"] == 1.0


def test_a_hand_that_goes_is_lost_once_and_forgotten_in_time() -> None:
    frames = [{"hands": 2}] * 30 + [{"hands": 1}] * 30
    watch = watch_of(*frames)
    lost = watch.values(2.0, 20.0)["hands_lost_per_s"]
    assert lost == pytest.approx(math.exp(-1.0 / 5.0) / 5.0, rel=0.05)
    assert watch_of(*[{"hands": 2}] * 60).values(2.0, 20.0)["hands_lost_per_s"] == 0.0


def test_a_frame_that_does_not_say_its_parts_changes_none() -> None:
    values = watch_of(*[{"hands": 1, "landmarks_ms": 4.0}, {"hands": 1}] * 10).values(20 / 30, 20.0)
    assert values["landmarks_budgets"] == pytest.approx(0.2)
    assert math.isnan(values["detection_budgets"])
