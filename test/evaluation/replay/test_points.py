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

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.evaluation.replay.points import Setting, point_chooser
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.recording import RecordedFrame, RecordedHands
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.tracking.manifest import read_manifest

FRAME = RecordedFrame(0, "", 0, 0, np.zeros((2, 2, 3), np.uint8))


@pytest.fixture(scope="module")
def bank():
    return read_manifest(default_bank())


def played(chooser, seconds, latency_ms, frame=FRAME, landmarks_ms=0.0):
    """Give the numbers of the points of frames of 30 Hz, each with the same latency."""
    numbers = []
    for index in range(round(seconds * 30)):
        now_s = index / 30
        chooser.add_batteries(frame.batteries)
        number, point = chooser.choose(frame, now_s)
        numbers.append(number)
        cost = FrameCost(
            stamp_ns=0,
            level=point.level,
            operating_point=number,
            hands=1,
            total_ms=latency_ms,
            end_to_end_ms=latency_ms,
            presence=0.9,
            landmarks_ms=landmarks_ms,
        )
        chooser.learn(now_s + 0.03, cost)
    return numbers


def test_one_level_is_its_densest_point(bank):
    chooser = point_chooser(Setting("level 2", level=2), bank, 33.0)
    assert chooser.choose(FRAME, 0.0) == bank.point(2)
    assert chooser.choose(FRAME, 0.0)[1].level == 2


def test_one_point_is_that_point(bank):
    last = len(bank.points) - 1
    chooser = point_chooser(Setting("p", point=last), bank, 33.0)
    assert set(played(chooser, 1, 100.0)) == {last}
    assert chooser.choose(FRAME, 0.0) == (last, bank.points[last].point)


def test_as_recorded_is_the_recorded_level_and_leaves_out_what_was_not_handled(bank):
    chooser = point_chooser(Setting("as recorded", as_recorded=True), bank, 33.0)
    assert chooser.choose(FRAME, 0.0) is None
    _, point = chooser.choose(replace(FRAME, recorded=RecordedHands(4, ())), 0.0)
    assert point.level == 4


@pytest.mark.parametrize("policy", ["index", "threshold", str(default_policy())])
def test_a_policy_goes_sparser_while_frames_are_late(bank, policy):
    numbers = played(point_chooser(Setting("p", policy=policy), bank, 33.0), 20, 60.0, landmarks_ms=50.0)
    assert numbers[0] == 0
    assert numbers[-1] == len(bank.points) - 1


def test_the_recorded_battery_reaches_the_policy(bank):
    empty = replace(FRAME, batteries=(BatterySample(0.0, 0.05, 10.0, discharging=True),))
    numbers = played(point_chooser(Setting("p", policy="threshold"), bank, 33.0), 10, 5.0, empty)
    assert numbers[-1] == len(bank.points) - 1


def test_refuses_a_level_and_a_policy_that_the_bank_does_not_have(bank, tmp_path):
    with pytest.raises(ConfigurationError, match="There is no level 9"):
        point_chooser(Setting("level 9", level=9), bank, 33.0)
    with pytest.raises(ConfigurationError, match="There is no operating point 99: the bank dsp has 0 to "):
        point_chooser(Setting("point 99", point=99), bank, 33.0)
    with pytest.raises(ModelError, match=r"none\.json"):
        point_chooser(Setting("p", policy=str(tmp_path / "none.json")), bank, 33.0)
