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

"""Keeps a rate, and measures one."""

from __future__ import annotations

from collections import deque


class FrameSchedule:
    """Gives each frame its time: without drift, and without a burst after a stall."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1 / rate_hz
        self._due_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Take the next frame; return the seconds to wait for its time, at least 0."""
        due_s = now_s if self._due_s is None else self._due_s + self._period_s
        if now_s - due_s >= self._period_s:
            due_s = now_s
        self._due_s = due_s
        return max(0.0, due_s - now_s)


class RateMeter:
    """Measures how often something happened during the last seconds."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._times_s: deque[float] = deque(maxlen=4096)

    def tick(self, now_s: float) -> None:
        """Note that it happened now."""
        self._times_s.append(now_s)

    def hz(self, now_s: float) -> float:
        """Return its rate over the window, per second."""
        recent = [time_s for time_s in list(self._times_s) if now_s - time_s <= self._window_s]
        return len(recent) / self._window_s
