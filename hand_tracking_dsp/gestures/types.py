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

"""Value types of the gestures room."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from hand_tracking_dsp.hand import Handedness

NO_GESTURE = ""
"""The name where a hand shows none of the gestures."""

BUILT_IN = ("open_palm", "fist", "point", "victory", "thumb_up", "thumb_down", "ok", "pinch")
"""The gestures that are known without examples."""

COUNTS = tuple(f"count_{number}" for number in range(6))
"""Names of the events that report the number of open fingers."""

SWIPES = ("swipe_left", "swipe_right", "swipe_up", "swipe_down")
"""Names of movements."""

PINCH_DRAG = "pinch_drag"
"""Name of the gesture whose offset is a continuous value."""

RESERVED = (*COUNTS, *SWIPES, PINCH_DRAG)
"""Names of events that are no gesture of one image."""


class EventKind(IntEnum):
    """Kinds of events of a gesture; the values are those of msg/GestureEvent.msg."""

    STARTED = 0
    HELD = 1
    ENDED = 2
    MOVED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a palm at a time."""

    stamp_s: float
    x: float
    y: float
    size: float

    def way_to(self, other: Place) -> tuple[float, float]:
        """Give x and y of the way to another place, in palm sizes (the larger of both)."""
        size = max(self.size, other.size)
        return (other.x - self.x) / size, (other.y - self.y) / size


@dataclass(frozen=True, slots=True)
class Reading:
    """Gesture of one hand in one image, read from its joints without memory.

    Attributes:
        name: The gesture that fits best, NO_GESTURE where none fits well enough.
        score: How well it fits, 0 to 1; 0 without a name.
        open_fingers: 0 to 5.
        open_fingers_score: How sure that number is, 0.5 to 1; 0 where too little of the hand is in the
            picture.
        openness: How open thumb, index, middle, ring and little finger are, 0 folded to 1 straight.
        pinch: How close the tips of thumb and index finger are, 0 apart to 1 touching; 0 where the index
            finger is folded as in a fist.
        scores: Score of every gesture, 0 to 1.
    """

    name: str
    score: float
    open_fingers: int
    open_fingers_score: float
    openness: tuple[float, float, float, float, float]
    pinch: float
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ray:
    """A ray in space.

    Attributes:
        origin_m: x, y, z of its beginning, metres.
        direction: x, y, z of a vector of length 1.
    """

    origin_m: tuple[float, float, float]
    direction: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SpatialReading:
    """Distances and directions of one hand in space; NaN and None where they are not known.

    Attributes:
        pinch_m: Between the tip joints of thumb and index finger, metres. These lie inside the flesh: of tips
            that touch they are about a centimetre apart.
        pinch_std_m: Standard deviation of that distance, metres, at worst.
        palm_distance_m: From the camera to the palm, metres.
        pointing: Along the index finger.
    """

    pinch_m: float = math.nan
    pinch_std_m: float = math.nan
    palm_distance_m: float = math.nan
    pointing: Ray | None = None


NOWHERE = SpatialReading()
"""Reading of a hand of which nothing is known in space."""


@dataclass(frozen=True, slots=True)
class HandGesture:
    """The gesture of a followed hand in one image; the fields of msg/Gesture.msg.

    Attributes:
        track_id: Track of the hand.
        handedness: Side of the hand.
        reading: What its joints say in this image.
        held: The gesture after debouncing, NO_GESTURE where none.
        palm: x, y, z of the palm's centre, pixels as in TrackedHand.landmarks.
        palm_size: Length from the wrist to the middle finger's MCP joint, in x, y and z, pixels.
        measurement_age_s: Time since the image in which the network saw the hand last, seconds.
        space: Distances and directions in space; its pointing is None unless the index finger is open.
    """

    track_id: int
    handedness: Handedness
    reading: Reading
    held: str
    palm: tuple[float, float, float]
    palm_size: float
    measurement_age_s: float = 0.0
    space: SpatialReading = NOWHERE


@dataclass(frozen=True, slots=True)
class GestureEvent:
    """Something that happened to a hand's gesture; the fields of msg/GestureEvent.msg.

    Attributes:
        stamp_s: Stamp of the image, seconds.
        track_id: Track of the hand.
        handedness: Side of the hand.
        kind: What happened.
        name: A gesture's name or one of RESERVED.
        score: How well the hand fits it, 0 to 1.
        duration_s: Since the gesture began, or how long the movement took, seconds.
        offset: x (right) and y (down, as seen in the image) of the palm's way since the gesture began,
            palm sizes.
    """

    stamp_s: float
    track_id: int
    handedness: Handedness
    kind: EventKind
    name: str
    score: float
    duration_s: float
    offset: tuple[float, float]
