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

"""Times of messages: their stamps, or the times of their arrival where stamps are of no use."""

from __future__ import annotations

from collections import deque

# So many stamps in a row that stand still, or move again, are no accident.
_ENOUGH = 3
# Time for which stamps that went back are remembered: a bag that begins again goes back once.
_REMEMBERED_S = 10.0


class StampClock:
    """Gives each message its time by its stamp, unless that is 0 or stands still.

    Attributes:
        still: Whether stamps stand still.
    """

    def __init__(self) -> None:
        self.still = False
        self._stamp_s = 0.0
        self._run = 0
        self._backward_s: deque[float] = deque()

    def time_s(self, stamp_s: float, arrival_s: float) -> float:
        """Return the time of a message.

        Args:
            stamp_s: Its stamp, seconds; 0: not set.
            arrival_s: Time of its arrival on the same clock, seconds.
        """
        if (stamp_s == self._stamp_s) != self.still:
            self._run += 1
            if self._run >= _ENOUGH:
                self.still, self._run = not self.still, 0
        else:
            self._run = 0
        if 0 < stamp_s < self._stamp_s:
            self._backward_s.append(arrival_s)
        while self._backward_s and not 0 <= arrival_s - self._backward_s[0] <= _REMEMBERED_S:
            self._backward_s.popleft()
        self._stamp_s = stamp_s
        return arrival_s if self.still or not stamp_s else stamp_s

    def warning(self, topic: str) -> str:
        """Return a sentence about stamps that are 0, stand still or go back again and again; "": none."""
        if self.still and not self._stamp_s:
            return f"The stamps on {topic} are 0: the time of arrival is used, set them in the publisher."
        if self.still:
            return f"The stamps on {topic} stand still at {self._stamp_s:.3f} s: the time of arrival is used."
        if len(self._backward_s) >= _ENOUGH:
            return (
                f"The stamps on {topic} went back {len(self._backward_s)} times in {_REMEMBERED_S:.0f} s, "
                "and each time everything begins again: let one source alone publish there, and keep its "
                "clock steady."
            )
        return ""
