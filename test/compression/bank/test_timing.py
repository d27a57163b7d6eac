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

"""Timing calls in turn."""

from __future__ import annotations

from time import sleep

import pytest

from hand_tracking_dsp.compression.bank.timing import time_in_turn


def test_each_call_has_its_own_times() -> None:
    slow, fast = time_in_turn([lambda: sleep(3e-3), lambda: None], runs=10)
    assert 3 <= slow.p50_ms <= slow.p95_ms <= slow.p99_ms
    assert fast.p50_ms < slow.p50_ms
    assert slow.runs == fast.runs == 10


def test_calls_take_turns_and_none_is_always_first() -> None:
    called: list[str] = []
    turns: list[tuple[int, int]] = []
    time_in_turn(
        [lambda: called.append("a"), lambda: called.append("b")], 4, lambda *step: turns.append(step)
    )
    assert "".join(called) == "aaabbb" + "bbbaaa"
    assert turns == [(1, 2), (2, 2)]


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_as_many_runs_are_timed_as_were_asked_for(asked: int) -> None:
    assert [one.runs for one in time_in_turn([lambda: None, lambda: None], asked)] == [asked] * 2
