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

"""Swipes: quick, straight movements of the palm."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import Place

_MOST_PLACES = 256


@dataclass(frozen=True, slots=True)
class Swipe:
    """A movement.

    Attributes:
        name: One of SWIPES.
        begin: Where the palm was when it began.
        straightness: Ratio of the distance and the length of the way, 0 to 1.
    """

    name: str
    begin: Place
    straightness: float


class SwipeFinder:
    """Finds swipes in the places of one palm.

    A swipe is reported as soon as the palm has gone far enough within the time allowed, so that a robot need
    not wait for its end.
    """

    def __init__(self, options: GestureOptions) -> None:
        self._options = options
        self._places: deque[Place] = deque(maxlen=_MOST_PLACES)
        self._ready_s = -math.inf

    def update(self, place: Place) -> Swipe | None:
        """Take the palm's next place; return the swipe that is complete with it, if any."""
        options = self._options
        places = self._places
        places.append(place)
        while place.stamp_s - places[0].stamp_s > options.swipe_max_s:
            places.popleft()
        if place.stamp_s < self._ready_s:
            places.clear()
            return None
        length, last = 0.0, place
        # From the newest back: the shortest movement that is a swipe counts.
        for begin in reversed(places):
            length += math.hypot(*begin.way_to(last))
            last = begin
            x, y = begin.way_to(place)
            distance = math.hypot(x, y)
            if distance < options.swipe_distance:
                continue
            name, straightness = self._direction(x, y), min(distance / length, 1.0)
            if name and straightness >= options.swipe_straightness:
                places.clear()
                self._ready_s = place.stamp_s + options.swipe_cooldown_s
                return Swipe(name, begin, straightness)
        return None

    def _direction(self, x: float, y: float) -> str:
        """Name the direction of a way, "" where it lies between the axes."""
        across, along = sorted((abs(x), abs(y)))
        if across > along * math.tan(math.radians(self._options.swipe_tilt_deg)):
            return ""
        if abs(x) > abs(y):
            return "swipe_right" if x > 0 else "swipe_left"
        return "swipe_down" if y > 0 else "swipe_up"
