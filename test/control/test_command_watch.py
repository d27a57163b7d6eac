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

"""Commands that do not hold, in virtual time."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.control.command_watch import CommandWatch
from hand_tracking_dsp.tracking.operating_point import NO_POINT

FRAME_S = 1 / 30


class Room:
    """A controller that looks four times a second, and trackers that run what they are told to."""

    def __init__(self, point=3):
        self.watch = CommandWatch()
        self.now_s = 100.0
        self.watch.commanded(point, self.now_s)
        self.frames = []
        self.repeated_s = []

    def run(self, seconds):
        """Go on; return the times of commands that were repeated, since the call."""
        start_s = self.now_s
        for step in range(round(seconds / FRAME_S)):
            self.now_s = start_s + step * FRAME_S
            for requested, applied in self.frames:
                self.watch.frame(requested, applied, self.now_s)
            if step % 7 == 0 and self.watch.again(self.now_s):
                self.repeated_s.append(self.now_s)
        return [time_s - start_s for time_s in self.repeated_s if time_s >= start_s]

    def warnings(self):
        return self.watch.warnings(self.now_s, "/sparsity_command")


def test_a_command_that_holds_is_not_repeated():
    room = Room()
    room.frames = [(3, 3)]
    assert room.run(60) == []
    assert room.warnings() == []


def test_frames_that_were_under_way_are_no_disobedience():
    room = Room()
    room.frames = [(0, 0)]
    room.run(0.25)
    room.frames = [(3, 3)]
    assert room.run(10) == []


def test_a_tracker_that_does_not_obey_is_told_within_a_second_and_then_more_rarely():
    room = Room()
    room.frames = [(0, 0)]
    times_s = room.run(60)
    assert times_s[0] < 1
    pauses_s = [later - sooner for sooner, later in zip(times_s, times_s[1:])]  # noqa: B905, RUF007
    assert pauses_s[0] < 1.5
    assert max(pauses_s) == pytest.approx(10, abs=0.5)
    assert len(times_s) < 12
    assert "runs operating point 0 although point 3 was commanded" in room.warnings()[0]


def test_a_restarted_tracker_is_told_within_a_second_also_after_a_disobedient_one():
    room = Room()
    room.frames = [(0, 0)]
    room.run(60)
    room.frames = [(3, 3)]
    room.run(20)
    assert room.warnings() == []
    room.frames = [(0, 0)]
    assert room.run(5)[0] < 1


def test_one_of_several_trackers_that_does_not_obey_is_noticed():
    room = Room()
    room.frames = [(3, 3), (0, 0)]
    assert room.run(5)
    assert len(room.warnings()) == 1


def test_a_level_that_the_tracker_lacks_is_named_but_not_commanded_again():
    room = Room()
    room.frames = [(3, 2)]
    assert room.run(30) == []
    assert "received operating point 3 and runs operating point 2: its bank lacks" in room.warnings()[0]


def test_a_stranger_is_overridden_each_time_within_a_second_and_named():
    room = Room()
    room.run(10)
    for _ in range(5):
        room.watch.other(0, room.now_s)
        assert room.run(2)[0] < 0.6
    assert "Somebody else commands operating point 0 on /sparsity_command (5 times" in room.warnings()[0]
    room.run(10)
    assert room.warnings() == []


def test_no_number_is_said_of_a_level_that_has_no_operating_point():
    room = Room(point=1)
    room.frames = [(0, NO_POINT)]
    room.run(2)
    assert "A tracker runs a level without an operating point although point 1 was" in room.warnings()[0]
    room = Room(point=1)
    room.frames = [(1, NO_POINT)]
    room.watch.other(NO_POINT, room.now_s)
    room.run(2)
    others, lacking = room.warnings()
    assert "Somebody else commands a level without an operating point on /sparsity_command" in others
    assert "received operating point 1 and runs a level without an operating point: its bank" in lacking


def test_a_stranger_that_commands_without_a_pause_is_answered_no_faster_than_four_times_a_second():
    room = Room()
    times_s = []
    for _ in range(300):
        room.watch.other(1, room.now_s)
        times_s += room.run(0.1)
    assert 30 < len(times_s) <= 125


def test_a_stranger_that_wants_the_same_is_left_alone():
    room = Room()
    room.watch.other(3, room.now_s)
    assert room.run(5) == []


def test_before_the_first_command_there_is_nothing_to_repeat():
    watch = CommandWatch()
    watch.frame(0, 0, 1.0)
    watch.other(2, 1.0)
    assert not watch.again(5.0)
