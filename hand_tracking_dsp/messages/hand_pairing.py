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

"""Pairing of the hands of an image with the same hands in space."""

from __future__ import annotations

import math
from collections import OrderedDict

from hand_tracking_dsp.messages.message import Message, stamp_ns

# Without one for so long, none is waited for.
_SILENCE_S = 1.0
_MOST_KEPT = 8

Pair = tuple[Message, "Message | None"]
"""A HandArray, and the Hand3DArray of the same stamp where it came in time."""


class HandPairing:
    """Pairs each HandArray with the Hand3DArray of its stamp, in the order in which the former come.

    Hands in space come after the hands: a HandArray waits for them, as long as any come at all, until the
    next one has come or its time is over.

    Args:
        wait_s: Longest time to wait, seconds.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._waiting: Message | None = None
        self._due_s = math.inf
        self._came_s = -math.inf
        self._in_space: OrderedDict[int, Message] = OrderedDict()

    def add_hands(self, message: Message, now_s: float) -> list[Pair]:
        """Take a HandArray at a time, seconds of a monotonic clock; return the pairs that are complete."""
        pairs = self._end()
        self._waiting = message
        stamp = stamp_ns(message)
        comes = stamp > 0 and now_s - self._came_s <= _SILENCE_S
        if stamp in self._in_space or not comes:
            return pairs + self._end()
        self._due_s = now_s + self._wait_s
        return pairs

    def add_in_space(self, message: Message, now_s: float) -> list[Pair]:
        """Take a Hand3DArray; otherwise as add_hands."""
        self._came_s = now_s
        stamp = stamp_ns(message)
        if stamp > 0:
            self._in_space[stamp] = message
        while len(self._in_space) > _MOST_KEPT:
            self._in_space.popitem(last=False)
        return self._end() if self._waiting is not None and stamp_ns(self._waiting) == stamp else []

    def overdue(self, now_s: float) -> list[Pair]:
        """Return the HandArray that has waited for long enough at a time, seconds, if any."""
        return self._end() if now_s >= self._due_s else []

    def _end(self) -> list[Pair]:
        if self._waiting is None:
            return []
        message, self._waiting, self._due_s = self._waiting, None, math.inf
        return [(message, self._in_space.pop(stamp_ns(message), None))]
