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
import threading
import time

from hand_tracking_dsp.nodes.base.timed_thread import TimedThread

PATIENCE_S = 60.0


def test_calls_again_at_the_time_that_a_call_returns_and_goes_on_after_an_error():
    answers = [0.0, ZeroDivisionError("a test"), 0.05, math.inf]
    asked_s, errors, done = [], [], threading.Event()

    def call():
        asked_s.append(time.monotonic())
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if not answers:
            done.set()
        return time.monotonic() + answer

    thread = TimedThread("test", call, errors.append)
    assert done.wait(PATIENCE_S)
    thread.stop()
    assert [str(error) for error in errors] == ["a test"]
    assert asked_s[3] - asked_s[2] >= 0.05
    assert answers == []


def test_nothing_is_called_once_it_has_been_stopped():
    calls = []
    thread = TimedThread("test", lambda: calls.append(1) or time.monotonic(), calls.append)
    thread.stop()
    count = len(calls)
    time.sleep(0.05)
    assert len(calls) == count
