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

"""Debouncing in time: a gesture starts and ends only where it is seen or missing for long enough."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import NO_GESTURE, EventKind, Place


@dataclass(frozen=True, slots=True)
class Change:
    """Change that a debouncer reports.

    Attributes:
        kind: STARTED, HELD or ENDED.
        name: Name of the gesture.
        begin: Where the palm was when the gesture was first seen.
    """

    kind: EventKind
    name: str
    begin: Place


class Debouncer:
    """Follows which of several names, of which one at most is true at a time, holds.

    Args:
        options: hold_on_s and hold_off_s.
        held_interval_s: Between two HELD, seconds; 0 = at every update.
    """

    def __init__(self, options: GestureOptions, held_interval_s: float) -> None:
        self._hold_on_s = options.hold_on_s
        self._hold_off_s = options.hold_off_s
        self._interval_s = held_interval_s
        self._held = NO_GESTURE
        self._begin = Place(0.0, 0.0, 0.0, 1.0)
        self._seen_s = 0.0
        self._told_s = 0.0
        self._candidate = NO_GESTURE
        self._candidate_begin = self._begin

    @property
    def held(self) -> str:
        """The name that holds, NO_GESTURE where none."""
        return self._held

    def update(self, name: str, place: Place) -> list[Change]:
        """Take what the next image shows.

        Args:
            name: NO_GESTURE where none.
            place: The palm's, with the image's stamp, not before the last one's.
        """
        now_s = place.stamp_s
        if name != self._candidate:
            self._candidate, self._candidate_begin = name, place
        if name == self._held:
            self._seen_s = now_s
            return self._hold(now_s)
        changes: list[Change] = []
        starts = name != NO_GESTURE and now_s - self._candidate_begin.stamp_s >= self._hold_on_s
        if starts or now_s - self._seen_s >= self._hold_off_s:
            changes += self.end()
        if starts:
            self._held, self._begin = name, self._candidate_begin
            self._seen_s = self._told_s = now_s
            changes.append(Change(EventKind.STARTED, name, self._begin))
        return changes

    def wait(self, now_s: float) -> list[Change]:
        """Take an image that shows nothing new, by its stamp in seconds: what holds ends in time."""
        return self.end() if now_s - self._seen_s >= self._hold_off_s else []

    def _hold(self, now_s: float) -> list[Change]:
        if not self._held or now_s - self._told_s < self._interval_s:
            return []
        self._told_s = now_s
        return [Change(EventKind.HELD, self._held, self._begin)]

    def end(self) -> list[Change]:
        """End what holds."""
        held, self._held = self._held, NO_GESTURE
        return [Change(EventKind.ENDED, held, self._begin)] if held else []
