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

"""Watch over the commanded operating point: whether trackers run it, and anybody else commands another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hand_tracking_dsp.tracking.operating_point import point_name

# A tracker takes a command up with its next frame; until then its frames say nothing.
_TAKEN_UP_S = 0.3

# Time between two commands against somebody else's, and the first time and the longest against a tracker
# that does not obey: such a one may never hear them.
_OVERRIDE_S = 0.25
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0

# Time for which something is reported after it was seen last.
_REPORTED_S = 5.0


@dataclass(slots=True)
class _Seen:
    """Deviation from the commanded point: when it was seen last, and the other point."""

    time_s: float = -math.inf
    point: int = 0
    count: int = 0

    def note(self, now_s: float, point: int) -> None:
        self.time_s, self.point, self.count = now_s, point, self.count + 1

    def lately(self, now_s: float) -> bool:
        return now_s - self.time_s <= _REPORTED_S


class CommandWatch:
    """Decides when a point must be commanded again; every time is given, seconds of a monotonic clock.

    Attributes:
        repeated: Commands that were repeated.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self._point: int | None = None
        self._sent_s = -math.inf
        self._pause_s = _FIRST_PAUSE_S
        self._disobeyed = _Seen()
        self._lacking = _Seen()
        self._others = _Seen()

    def commanded(self, point: int, now_s: float) -> None:
        """Note that a point is commanded, for a new reason or because it has changed."""
        if point != self._point:
            self._disobeyed, self._lacking = _Seen(), _Seen()
            self._pause_s = _FIRST_PAUSE_S
        self._point, self._sent_s = point, now_s

    def frame(self, requested: int, applied: int, now_s: float) -> None:
        """Note the point that a tracker last received and the one that it took up, time permitting."""
        if self._point is None or applied == self._point or now_s - self._sent_s < _TAKEN_UP_S:
            return
        (self._lacking if requested == self._point else self._disobeyed).note(now_s, applied)

    def other(self, point: int, now_s: float) -> None:
        """Note the command of somebody else."""
        if point != self._point:
            self._others.note(now_s, point)

    def again(self, now_s: float) -> bool:
        """Return whether the point is to be commanded again now, and take that as done.

        A command of somebody else is answered at once. One that a tracker does not obey is repeated after
        0.5 s, then after pauses that double up to 10 s.
        """
        if self._point is None:
            return False
        passed_s = now_s - self._sent_s
        overridden = self._others.time_s > self._sent_s and passed_s >= _OVERRIDE_S
        disobeyed = self._disobeyed.time_s > self._sent_s and passed_s >= self._pause_s
        if not overridden and not disobeyed:
            if not self._disobeyed.lately(now_s) and passed_s > _LONGEST_PAUSE_S:
                self._pause_s = _FIRST_PAUSE_S
            return False
        if not overridden:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._sent_s = now_s
        self.repeated += 1
        return True

    def warnings(self, now_s: float, topic: str) -> list[str]:
        """Return sentences about what was seen lately.

        Args:
            now_s: The present, seconds.
            topic: Name of the topic of commands.
        """
        found = []
        if self._others.lately(now_s):
            found.append(
                f"Somebody else commands {point_name(self._others.point)} on {topic} "
                f"({self._others.count} times so far); point {self._point} is commanded against it."
            )
        if self._lacking.lately(now_s):
            found.append(
                f"A tracker received operating point {self._point} and runs "
                f"{point_name(self._lacking.point)}: its bank lacks that point; set the parameter bank of "
                "tracker and controller to the same folder."
            )
        if self._disobeyed.lately(now_s):
            found.append(
                f"A tracker runs {point_name(self._disobeyed.point)} although point {self._point} was "
                f"commanded; commanded again {self.repeated} times so far."
            )
        return found
