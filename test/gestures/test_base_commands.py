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

"""Commands to a base in virtual time: the thread that sends them wakes exactly when it asks to."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from hand_tracking_dsp.gestures.base_commands import BaseCommands
from hand_tracking_dsp.gestures.teleop import STANDSTILL, GestureTeleop, Halt, ShownHand, TeleopOptions

PERIOD_S = 1 / 30
FREE = ShownHand(1, "open_palm", "open_palm", True, (320.0, 240.0), 80.0)
FIST = replace(FREE, name="fist", held="fist")
RAISED = replace(FIST, palm_px=(320.0, 180.0))


class Base:
    """A base with its teleoperation; the commands that it received, by their time."""

    def __init__(self):
        self.teleop = GestureTeleop(TeleopOptions())
        self.pacer = BaseCommands(self.teleop, 0.02)
        self.now_s = 0.0
        self.received = []

    def run_until(self, end_s):
        while self.pacer.next_s <= end_s:
            self.now_s = max(self.now_s, self.pacer.next_s)
            if (velocity := self.pacer.command(self.now_s)) is not None:
                self.received.append((self.now_s, velocity))
        self.now_s = end_s

    def see(self, hand, age_s=0.0):
        self.run_until(self.now_s + PERIOD_S)
        self.teleop.see((hand,), age_s, self.now_s)

    def drive(self):
        """Let a hand take hold and go up, each image 40 ms old when its gestures come."""
        for hand in [FREE] * 10 + [FIST] * 3 + [RAISED] * 10:
            self.see(hand, age_s=0.04)
        return self


@pytest.mark.parametrize("phase_s", [0.0, 0.003, 0.011, 0.019])
def test_silence_stops_the_base_at_the_deadline_not_at_the_next_tick(phase_s):
    base = Base().drive()
    base.run_until(base.now_s + phase_s)
    captured_s = base.teleop.deadline_s - 0.15
    base.run_until(base.now_s + 2.0)
    stopped_s = next(s for s, velocity in base.received if s > captured_s and velocity == STANDSTILL)
    assert stopped_s == pytest.approx(captured_s + 0.15)
    assert base.teleop.last_halt is Halt.WATCHDOG


def test_commands_come_at_the_rate_zeros_for_half_a_second_and_then_nothing():
    base = Base().drive()
    times_s = [time_s for time_s, _ in base.received]
    assert max(later - sooner for sooner, later in pairwise(times_s)) < 0.021
    base.received.clear()
    base.run_until(base.now_s + 5.0)
    zeros_s = [time_s for time_s, velocity in base.received if velocity == STANDSTILL]
    assert zeros_s[-1] - zeros_s[0] == pytest.approx(0.5, abs=0.15)
    assert base.received[-1][0] == zeros_s[-1] < base.now_s - 4.0


def test_a_process_that_hung_stops_the_base_with_its_first_command():
    base = Base().drive()
    base.now_s += 10.0
    base.received.clear()
    base.run_until(base.now_s)
    assert base.received[0][1] == STANDSTILL


def test_nothing_is_commanded_before_a_hand_has_driven():
    base = Base()
    for _ in range(30):
        base.see(FREE)
    assert base.received == []
