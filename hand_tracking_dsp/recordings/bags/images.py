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

"""Images in a bag: the choice of the topic, and the pixels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError, FrameError, SourceError
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.tracking.types import ChannelOrder, Image

IMAGE_TYPE = "sensor_msgs/msg/Image"
COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"
_COMPRESSED_SUFFIX = "/compressed"
_OVERLAY = "overlay"


def image_connections(connections: Iterable[Any], path: Path, topic: str = "") -> list[Any]:
    """Choose the connections of the topic to read images from, at least one.

    Where a bag has a camera's images raw and, on the same name with /compressed, as JPEG, the raw ones are
    taken. The tracker's own drawings, a topic named overlay, are no camera's where there is another. The
    topic may be left out where there is only one camera.

    Raises:
        SourceError: There is no image, or not on that topic.
        ConfigurationError: There are several topics, and none is named.
    """
    found = list(connections)
    images = [one for one in found if one.msgtype in (IMAGE_TYPE, COMPRESSED_TYPE)]
    names = sorted({one.topic for one in images})
    if not names:
        others = ", ".join(sorted({one.topic for one in found})) or "nothing"
        msg = f"The bag {path} has no image topic (it has {others}): give one with sensor_msgs images."
        raise SourceError(msg)
    # As on ROS 2's command line the leading slash may be left out.
    topic = f"/{topic}" if topic and topic not in names and not topic.startswith("/") else topic
    if topic and topic not in names:
        msg = f"The bag {path} has no images on {topic}: choose from {', '.join(names)}."
        raise SourceError(msg)
    cameras = [name for name in names if name.removesuffix(_COMPRESSED_SUFFIX) not in {*names} - {name}]
    cameras = [name for name in cameras if name.split("/")[-1] != _OVERLAY] or cameras
    if not topic and len(cameras) > 1:
        msg = f"The bag {path} has images on {', '.join(names)}: choose one with --topic."
        raise ConfigurationError(msg)
    return [one for one in images if one.topic == (topic or cameras[0])]


def pixels(message: Any, msgtype: str) -> tuple[Image, ChannelOrder]:  # noqa: ANN401
    """Decode an image message of rosbags: uint8 [height, width, 3], and the order of its channels.

    Raises:
        FrameError: It cannot be decoded.
    """
    try:
        return compressed_to_pixels(message) if msgtype == COMPRESSED_TYPE else image_to_pixels(message)
    except (AttributeError, TypeError, ValueError) as error:
        msg = f"A message is no {msgtype} ({error}): the bag's definition of it is damaged or another's."
        raise FrameError(msg) from error
