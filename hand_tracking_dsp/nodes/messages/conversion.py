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

"""Messages of ROS 2's classes, and stamps; hand_tracking_dsp.messages does the conversion."""

from __future__ import annotations

import math
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hand_tracking_dsp.messages.build import MessageBuilder
from hand_tracking_dsp.recordings.bags.layouts import Layout, class_fields, layout
from hand_tracking_dsp.tracking.types import Image as Pixels


@cache
def message_class(msgtype: str) -> Any:  # noqa: ANN401
    """Import the class of a message, for example of sensor_msgs/msg/Image.

    Raises:
        ImportError: Its package is not installed.
        AttributeError: Its package has no such message.
    """
    package, _, name = msgtype.split("/")
    return getattr(import_module(f"{package}.msg"), name)


def installed_layout(msgtype: str) -> Layout:
    """Return the layout of a message as it is installed here; raises as message_class does."""
    return layout(msgtype, lambda name: class_fields(message_class(name).get_fields_and_field_types()))


ROS_MESSAGES = MessageBuilder(lambda msgtype: message_class(msgtype)())
"""Messages of ROS 2's classes, to be published."""


def pixels_to_image(pixels: Pixels, header: Header, into: Image | None = None) -> Image:
    """Build a bgr8 message.

    Args:
        pixels: uint8 [height, width, 3], BGR.
        header: Header of the message.
        into: Earlier message to fill again; a fresh one costs page faults for every image.
    """
    if into is None or (into.height, into.width) != pixels.shape[:2]:
        return ROS_MESSAGES.image(pixels, header)
    into.header = header
    np.copyto(np.frombuffer(into.data, dtype=np.uint8).reshape(pixels.shape), pixels)
    return into


def seconds(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return float(stamp.sec) + stamp.nanosec * 1e-9


def age_ms(stamp: Time, now_ns: int) -> float:
    """Return the age of a stamp, milliseconds; NaN where it is zero or lies in the future."""
    age_ns = now_ns - (stamp.sec * 10**9 + stamp.nanosec)
    known = (stamp.sec or stamp.nanosec) and age_ns >= 0
    return age_ns * 1e-6 if known else math.nan
