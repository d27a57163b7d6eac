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

"""Conversion between gestures and their messages."""

from __future__ import annotations

import math
from collections.abc import Iterable

from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import Header

from hand_tracking_dsp.gestures.teleop import ShownHand
from hand_tracking_dsp.gestures.types import EventKind, GestureEvent, HandGesture, Ray
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.msg import Gesture, GestureArray, HandArray
from hand_tracking_dsp.msg import GestureEvent as EventMessage
from hand_tracking_dsp.nodes.messages.conversion import seconds

_NO_RAY = Ray((math.nan,) * 3, (math.nan,) * 3)


def gestures_message(
    gestures: Iterable[HandGesture], hands: HandArray, frame_id_3d: str = ""
) -> GestureArray:
    """Build the message of the gestures that the hands of an image show.

    Args:
        gestures: The gestures.
        hands: Message of the hands.
        frame_id_3d: Frame of what is known in space; "": nothing is.
    """
    from_camera = frame_id_3d == hands.header.frame_id
    return GestureArray(
        header=hands.header,
        image_width=hands.image_width,
        image_height=hands.image_height,
        gestures=[_gesture_message(gesture, from_camera=from_camera) for gesture in gestures],
        frame_id_3d=frame_id_3d,
    )


def event_message(event: GestureEvent, header: Header) -> EventMessage:
    """Build the message of an event; header is that of the image that it was seen in."""
    right, down = event.offset
    return EventMessage(
        header=header,
        track_id=event.track_id,
        handedness=int(event.handedness),
        kind=int(event.kind),
        name=event.name,
        score=event.score,
        duration_s=event.duration_s,
        offset=Vector3(x=right, y=down),
    )


def gesture_event(message: EventMessage) -> GestureEvent:
    """Turn a message into the gestures room's value.

    Raises:
        ValueError: Its kind or handedness is none of the constants.
    """
    return GestureEvent(
        stamp_s=seconds(message.header.stamp),
        track_id=message.track_id,
        handedness=Handedness(message.handedness),
        kind=EventKind(message.kind),
        name=message.name,
        score=message.score,
        duration_s=message.duration_s,
        offset=(message.offset.x, message.offset.y),
    )


def shown_hands(message: GestureArray) -> tuple[ShownHand, ...]:
    """Build the hands that teleoperation needs from a message."""
    return tuple(
        ShownHand(
            track_id=gesture.track_id,
            name=gesture.name,
            held=gesture.held,
            readable=gesture.open_fingers_score > 0,
            palm_px=(gesture.palm.x, gesture.palm.y),
            palm_size_px=gesture.palm_size,
            measurement_age_s=gesture.measurement_age_s,
        )
        for gesture in message.gestures
    )


def _gesture_message(gesture: HandGesture, *, from_camera: bool) -> Gesture:
    reading, space = gesture.reading, gesture.space
    ray = space.pointing or _NO_RAY
    x, y, z = gesture.palm
    return Gesture(
        track_id=gesture.track_id,
        handedness=int(gesture.handedness),
        name=reading.name,
        score=reading.score,
        held=gesture.held,
        open_fingers=reading.open_fingers,
        open_fingers_score=reading.open_fingers_score,
        openness=reading.openness,
        pinch=reading.pinch,
        palm=Point(x=x, y=y, z=z),
        palm_size=gesture.palm_size,
        measurement_age_s=gesture.measurement_age_s,
        pinch_distance_m=space.pinch_m,
        pinch_std_m=space.pinch_std_m,
        pointing_origin=Point(**dict(zip("xyz", ray.origin_m, strict=True))),
        pointing_direction=Vector3(**dict(zip("xyz", ray.direction, strict=True))),
        palm_distance_m=space.palm_distance_m if from_camera else math.nan,
    )
