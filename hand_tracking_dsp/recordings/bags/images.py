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

from typing import Any

import cv2
import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, FrameError, SourceError
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.depth_images import compressed_depth_to_metres
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.recordings.bags.depth_topics import base_topic, is_depth
from hand_tracking_dsp.recordings.bags.reader import Bag
from hand_tracking_dsp.tracking.types import ChannelOrder, Image

IMAGE_TYPE = "sensor_msgs/msg/Image"
COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"
_COMPRESSED = "compressed"
_DEPTH = "compressedDepth"
# image_transport's plugins whose images are not read, though those of some are CompressedImage, too.
_UNREAD = (_DEPTH, "zstd", "ffmpeg", "theora")
_OVERLAY = "overlay"


def image_connections(bag: Bag, topic: str = "", depth: str = "") -> list[Any]:
    """Choose the connections of the topic to read images from, at least one.

    A topic and those of image_transport's plugins below it (/image_raw/compressed and others) are one camera.
    Of those with messages the raw one is taken, else the compressed one. The tracker's own drawings, a topic
    named overlay, and depth images are no camera's where there is another.

    Args:
        bag: Bag that is open.
        topic: Topic of the images or of the camera; may be left out where there is only one camera.
        depth: Topic of depth images whose name does not say so; "": none.

    Raises:
        SourceError: There is no image that can be read, or not on that topic.
        ConfigurationError: There are several cameras, and none is named.
    """
    images = [one for one in bag.connections if _is_read(one) and one.topic.strip("/") != depth.strip("/")]
    counts = {one.topic: 0 for one in images}
    for one in images:
        counts[one.topic] += one.msgcount
    cameras: dict[str, str] = {}
    # Topics with messages go before those without, raw images before compressed ones.
    for name in sorted(counts, key=lambda name: (not counts[name], name != base_topic(name), name)):
        cameras.setdefault(base_topic(name), name)
    unread = sorted(one.topic for one in bag.connections if _transport(one) in _UNREAD and one.msgcount)
    if unread and not any(counts.values()):
        msg = (
            f"The bag {bag.path} has images on {', '.join(unread)} alone, and such are not decoded: record "
            "the raw topic, or the one with /compressed."
        )
        raise SourceError(msg)
    if not cameras:
        msg = (
            f"The bag {bag.path} has no image topic (it has {bag.contents()}): give one with sensor_msgs "
            "images, serialized as CDR or by ROS 1."
        )
        raise SourceError(msg)
    names = {name.strip("/"): name for name in (*counts, *cameras)}
    if topic and topic.strip("/") not in names:
        msg = f"The bag {bag.path} has no images on {topic}: choose from {', '.join(sorted(counts))}."
        raise SourceError(msg)
    if topic:
        chosen = names[topic.strip("/")]
        chosen = chosen if counts.get(chosen) else cameras[base_topic(chosen)]
    else:
        chosen = _only(bag, cameras, counts)
    return [one for one in images if one.topic == chosen]


def _only(bag: Bag, cameras: dict[str, str], counts: dict[str, int]) -> str:
    """Return the topic of the only camera that has images.

    Raises:
        ConfigurationError: There are several.
    """
    found = [name for name in cameras.values() if counts[name]] or list(cameras.values())
    found = [name for name in found if name.split("/")[-1] != _OVERLAY and not is_depth(name)] or found
    if len(found) > 1:
        msg = f"The bag {bag.path} has images on {', '.join(sorted(found))}: choose one with --topic."
        raise ConfigurationError(msg)
    return found[0]


def _is_read(connection: Any) -> bool:  # noqa: ANN401 (rosbags may be absent)
    if connection.msgtype != COMPRESSED_TYPE:
        return bool(connection.msgtype == IMAGE_TYPE)
    return _transport(connection) not in _UNREAD or _is_packed_depth(connection)


def _is_packed_depth(connection: Any) -> bool:  # noqa: ANN401
    """Return whether messages are depth in compressedDepth, whose distances can be shown as pixels."""
    return _transport(connection) == _DEPTH and is_depth(connection.topic)


def _transport(connection: Any) -> str:  # noqa: ANN401
    return str(connection.topic).rpartition("/")[2]


def pixels(
    message: Any,  # noqa: ANN401
    msgtype: str,
    scale: ValueScale | None = None,
) -> tuple[Image, ChannelOrder]:
    """Decode an image message of rosbags: uint8 [height, width, 3], and the order of its channels.

    Args:
        message: The message.
        msgtype: Its type.
        scale: Conversion of values of more than 8 bits, and limits; the same for all images of a topic.

    Raises:
        FrameError: It cannot be decoded.
    """
    try:
        if msgtype == COMPRESSED_TYPE and _DEPTH in message.format:
            return _depth_pixels(message, scale or ValueScale()), "bgr"
        to_pixels = compressed_to_pixels if msgtype == COMPRESSED_TYPE else image_to_pixels
        return to_pixels(message, scale)
    except (AttributeError, TypeError, ValueError) as error:
        msg = f"A message is no {msgtype} ({error}): the bag's definition of it is damaged or another's."
        raise FrameError(msg) from error


def _depth_pixels(message: Any, scale: ValueScale) -> Image:  # noqa: ANN401
    """Show depth in compressedDepth as raw depth in millimetres is shown, uint8 [height, width, 3]."""
    metres = compressed_depth_to_metres(message, scale.options)
    values = np.clip(np.rint(1000 * metres), 0, 65535).astype(np.uint16)
    shown: Image = cv2.cvtColor(scale.range_image(values), cv2.COLOR_GRAY2BGR)
    return shown
