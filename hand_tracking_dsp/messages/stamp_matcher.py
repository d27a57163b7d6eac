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

"""Pairs of messages of two streams that are nearest in time."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from statistics import median
from typing import Generic, TypeVar

Stamped = TypeVar("Stamped")

# Stamps are float seconds since 1970, whose steps are a quarter of a microsecond.
_EQUAL_S = 1e-6


class StampMatcher(Generic[Stamped]):
    """Keeps the newest messages of a stream and gives the one nearest to a time.

    message_filters' ApproximateTimeSynchronizer is not used: it holds a message back until its partner has
    come, but hands must go out at once; it takes the first partner within the slop instead of the nearest;
    and it is not installed everywhere.

    Args:
        slop_s: Longest distance in time, seconds.
        size: Messages that are kept.

    Attributes:
        missed_s: Time from the last one asked for in vain to the nearest message, seconds; NaN: none.
    """

    def __init__(self, slop_s: float, size: int) -> None:
        self._slop_s = max(slop_s, _EQUAL_S)
        self._kept: deque[tuple[float, Stamped]] = deque(maxlen=size)
        self.missed_s = math.nan

    def add(self, stamp_s: float, item: Stamped) -> None:
        """Take a message with its stamp in seconds; one older than all that are kept replaces them."""
        if self._kept and stamp_s < self._kept[0][0]:
            self._kept.clear()
        self._kept.append((stamp_s, item))

    def forget_after(self, stamp_s: float) -> None:
        """Forget messages after a time, seconds: stamps went back, and those of it are still to come."""
        kept = [entry for entry in self._kept if entry[0] <= stamp_s]
        self._kept.clear()
        self._kept.extend(kept)

    def clear(self) -> None:
        """Forget all messages."""
        self._kept.clear()
        self.missed_s = math.nan

    def is_settled(self, stamp_s: float) -> bool:
        """Return whether no message nearer to a time, seconds, is to be expected by their period."""
        if not self._kept:
            return False
        stamps_s = [kept_s for kept_s, _ in self._kept]
        late_s = stamp_s - max(stamps_s)
        if late_s <= _EQUAL_S:
            return True
        periods_s = [after - before for before, after in pairwise(stamps_s)]
        return late_s <= self._slop_s and bool(periods_s) and median(periods_s) > 2 * late_s

    def nearest(self, stamp_s: float) -> tuple[Stamped, float] | None:
        """Return the message nearest to a time, seconds, and its stamp less that; None: none is near."""
        if not self._kept:
            return None
        kept_s, item = min(self._kept, key=lambda kept: abs(kept[0] - stamp_s))
        if abs(kept_s - stamp_s) <= self._slop_s:
            return item, kept_s - stamp_s
        self.missed_s = kept_s - stamp_s
        return None
