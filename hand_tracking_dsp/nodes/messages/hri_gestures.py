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

"""Gestures as hri_msgs/Gesture of ROS4HRI (REP 155), a package that few robots have."""

from __future__ import annotations

from typing import Any

from std_msgs.msg import Header

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.types import RESERVED, EventKind, GestureEvent
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.nodes.messages.conversion import message_class

# Not point, which may go anywhere: POINTING_UP says more.
_GESTURES = {
    "fist": "CLOSED_FIST",
    "open_palm": "OPEN_PALM",
    "thumb_down": "THUMB_DOWN",
    "thumb_up": "THUMB_UP",
    "victory": "VICTORY",
}
_OTHER = "OTHER"
# By name, as their values are not those of msg/Hand.msg.
_SIDES = {Handedness.LEFT: "LEFT", Handedness.RIGHT: "RIGHT", Handedness.UNKNOWN: "INDEPENDENT"}


def hri_gesture_class() -> Any:  # noqa: ANN401 (no stubs, and seldom installed)
    """Import the class of hri_msgs/Gesture.

    Raises:
        ConfigurationError: hri_msgs is not installed, or its Gesture knows no gestures of hands.
    """
    try:
        kind = message_class("hri_msgs/msg/Gesture")
    except (ImportError, AttributeError) as error:
        msg = (
            f"hri_gestures is true, but hri_msgs is missing ({error}): "
            f"install it, or set hri_gestures to false."
        )
        raise ConfigurationError(msg) from error
    if not all(hasattr(kind, name) for name in (*_GESTURES.values(), _OTHER, *_SIDES.values())):
        msg = (
            "hri_gestures is true, but the Gesture of this hri_msgs knows no gestures of hands: "
            "install hri_msgs 2.2 or newer, or set hri_gestures to false."
        )
        raise ConfigurationError(msg)
    return kind


def hri_gesture_message(event: GestureEvent, header: Header, kind: Any) -> Any:  # noqa: ANN401
    """Build a message of a gesture that has begun or goes on.

    Args:
        event: What happened.
        header: Header of the image that it was seen in.
        kind: Class of the message.

    Returns:
        The message; None for all that it cannot say: ends, movements, numbers of fingers.
    """
    if event.kind not in (EventKind.STARTED, EventKind.HELD) or event.name in RESERVED:
        return None
    message = kind()
    message.header = header
    message.gesture = getattr(kind, _GESTURES.get(event.name, _OTHER))
    message.handedness = getattr(kind, _SIDES[event.handedness])
    return message
