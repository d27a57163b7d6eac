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

import math

import pytest

from hand_tracking_dsp.evaluation.stops import ReceivedCommand, find_stop


def commands(*rows):
    """Make commands of (received, sent, moves), in milliseconds after the fault at 10 s."""
    return [ReceivedCommand(10 + received / 1e3, 10 + sent / 1e3, moves) for received, sent, moves in rows]


def test_a_stop_is_the_first_standstill_after_the_last_movement():
    stop = find_stop(commands((-20, -21, True), (100, 99, True), (150, 148, False), (170, 168, False)), 10.0)
    assert (stop.sent_ms, stop.received_ms, stop.silent_ms) == pytest.approx((148, 150, 100))
    assert stop.in_time


def test_a_standstill_followed_by_movement_is_none():
    stop = find_stop(commands((50, 49, False), (900, 300, True), (920, 320, False)), 10.0)
    assert stop.received_ms == pytest.approx(920)
    assert not stop.in_time


def test_silence_is_no_stop_but_has_its_time():
    stop = find_stop(commands((-20, -21, True), (5, 4, True)), 10.0)
    assert math.isnan(stop.received_ms)
    assert not stop.in_time
    assert stop.silent_ms == pytest.approx(5)


def test_without_a_command_nothing_is_known():
    assert math.isnan(find_stop([], 10.0).silent_ms)
