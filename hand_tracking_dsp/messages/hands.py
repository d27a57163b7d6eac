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

"""Hands out of messages."""

from __future__ import annotations

import math

import numpy as np

from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.tracking.types import Floats, Region, TrackedHand

HANDS_TYPE = "hand_tracking_dsp/msg/HandArray"


def tracked_hands(message: Message) -> tuple[TrackedHand, ...]:
    """Turn a HandArray message into the tracking room's values."""
    return tuple(map(tracked_hand, message.hands))


def tracked_hand(message: Message) -> TrackedHand:
    """Turn a Hand message into the tracking room's value.

    Fields that an older definition of the message lacks are NaN; the track then is 0, the side unknown,
    and the hand measured.
    """
    return TrackedHand(
        track_id=getattr(message, "track_id", 0),
        handedness=side_of(getattr(message, "handedness", Handedness.UNKNOWN)),
        handedness_score=getattr(message, "handedness_score", math.nan),
        presence=getattr(message, "presence", math.nan),
        landmarks=points(message.landmarks),
        world_landmarks=points(getattr(message, "world_landmarks", None)),
        region=Region(
            *(getattr(message, f"region_{name}", math.nan) for name in ("x", "y", "size", "rotation"))
        ),
        measured=getattr(message, "measured", True),
        measurement_age_s=getattr(message, "measurement_age_s", 0.0),
        error_percent=getattr(message, "error_percent", math.nan),
    )


def side_of(value: int) -> Handedness:
    """Return the side that a field tells; UNKNOWN where it is none of the constants."""
    return Handedness(value) if value in Handedness.__members__.values() else Handedness.UNKNOWN


def points(field: Message) -> Floats:
    """Turn an array of 21 points into float32 [21, 3]; NaN where the field is None."""
    if field is None:
        return np.full((JOINT_COUNT, 3), np.nan, dtype=np.float32)
    # A number too large for float32 becomes infinite, which users of the hand must check for anyway.
    with np.errstate(over="ignore"):
        return np.array([(point.x, point.y, point.z) for point in field], dtype=np.float32)
