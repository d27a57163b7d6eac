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

"""Depth images in a bag: the topic that belongs to a camera's images, by the names of the usual drivers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hand_tracking_dsp.errors import SourceError

_ALIGNED = ("aligned_depth_to_color", "depth_to_rgb", "depth_to_color", "depth_registered")
"""Parts of the names of depth that is aligned to the colour image: of RealSense, Azure Kinect, Orbbec, and of
ZED, Kinect and REP 118."""

_OTHER = ("depth", "stereo")
"""Parts of the names of other depth; that of OAK-D (stereo) and of REP 118 (depth) may be aligned, too."""

_TRANSPORTS = ("compressedDepth", "compressed")
"""image_transport's plugins whose depth images are read, beside the raw ones; the better one first."""

_CAMERA_INFO = "camera_info"
_RAW_TYPE = "sensor_msgs/msg/Image"
_COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"


def is_depth(topic: str) -> bool:
    """Return whether a topic's name is one that depth images have."""
    return _stream(topic) is not None


def depth_topic(connections: Iterable[Any], image_topic: str, named: str = "") -> str:
    """Choose the topic of the depth images that belong to the images on a topic.

    Images that are depth themselves are their own. Of those in the images' namespace the one with the longest
    namespace is taken, then one aligned to the image by its name, then the raw one, then compressedDepth.

    Args:
        connections: Connections of the bag.
        image_topic: Topic of the images.
        named: Topic of the depth images, as the user chose it, also without the transport; "": by the names.

    Raises:
        SourceError: None belongs to it, or there is none of the name.
    """
    counts: dict[str, int] = {}
    for one in connections:
        if _may_be_depth(one, named):
            counts[one.topic] = counts.get(one.topic, 0) + one.msgcount
    counts = {topic: count for topic, count in counts.items() if count} or counts
    there = ", ".join(sorted(counts)) or "no depth images at all"
    if named:
        wanted = [topic for topic in counts if base_topic(topic).strip("/") == base_topic(named).strip("/")]
        exact = [topic for topic in wanted if topic.strip("/") == named.strip("/")]
        if not wanted:
            msg = f"The bag has no depth images on {named}: choose from those it has ({there})."
            raise SourceError(msg)
        return min(exact or wanted, key=lambda topic: (_transport_rank(topic), topic))
    if image_topic in counts:
        return image_topic
    parts = image_topic.strip("/").split("/")
    ranked = []
    for topic in counts:
        space, aligned = _stream(topic) or ([], False)
        if parts[: len(space)] == space:
            ranked.append((-len(space), not aligned, _transport_rank(topic), topic))
    if not ranked:
        msg = f"No depth images belong to {image_topic} by their name: name the topic (the bag has {there})."
        raise SourceError(msg)
    return min(ranked)[-1]


def info_topics(topic: str, image_topic: str) -> tuple[str, ...]:
    """Return the topics on which the camera_info of depth images is looked for, the best first."""
    base, image = base_topic(topic), base_topic(image_topic)
    beside = [f"{name.rpartition('/')[0]}/{_CAMERA_INFO}" for name in (base, image)]
    # ZED's newer drivers publish it below the image's name.
    return (beside[0], f"{base}/{_CAMERA_INFO}", beside[1], f"{image}/{_CAMERA_INFO}")


def _stream(topic: str) -> tuple[list[str], bool] | None:
    """Return the namespace of a depth topic, and whether it is aligned by its name; None: it is no depth."""
    parts = topic.strip("/").split("/")
    for names, aligned in ((_ALIGNED, True), (_OTHER, False)):
        place = next((i for i, part in enumerate(parts) if part in names and _is_stream(parts, i)), None)
        if place is not None:
            # In ZED's depth/depth_registered both say it.
            while place > 0 and parts[place - 1] in _OTHER:
                place -= 1
            return parts[:place], aligned
    return None


def _is_stream(parts: list[str], place: int) -> bool:
    """Return whether a part of a topic's name is a stream: stereo may be a pair of colour cameras, too."""
    return parts[place] != "stereo" or (len(parts) > place + 1 and parts[place + 1].startswith("image"))


def _may_be_depth(connection: Any, named: str) -> bool:  # noqa: ANN401 (rosbags may be absent)
    base = base_topic(connection.topic)
    if connection.msgtype != (_RAW_TYPE if base == connection.topic else _COMPRESSED_TYPE):
        return False
    return is_depth(connection.topic) or (bool(named) and base.strip("/") == base_topic(named).strip("/"))


def base_topic(topic: str) -> str:
    """Return the topic of the raw images of a camera, of the topic of a plugin of image_transport."""
    for transport in _TRANSPORTS:
        topic = topic.removesuffix(f"/{transport}")
    return topic


def _transport_rank(topic: str) -> int:
    """Return the place of a topic's transport among those of a camera; 0: its images are raw."""
    transport = topic.rpartition("/")[2]
    return 1 + _TRANSPORTS.index(transport) if transport in _TRANSPORTS else 0
