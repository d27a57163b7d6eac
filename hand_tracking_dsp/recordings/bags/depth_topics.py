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

_TRANSPORT = "compressedDepth"
_CAMERA_INFO = "camera_info"
_RAW_TYPE = "sensor_msgs/msg/Image"
_COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"


def is_depth(topic: str) -> bool:
    """Return whether a topic's name is one that depth images have."""
    return _stream(topic) is not None


def depth_topic(connections: Iterable[Any], image_topic: str, named: str = "") -> str:
    """Choose the topic of the depth images that belong to the images on a topic.

    Of those in the images' own namespace the one with the longest namespace is taken, then one aligned to
    the image by its name, then the raw one.

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
        wanted = [topic for topic in counts if _base(topic).strip("/") == _base(named).strip("/")]
        exact = [topic for topic in wanted if topic.strip("/") == named.strip("/")]
        if not wanted:
            msg = f"The bag has no depth images on {named}: choose from those it has ({there})."
            raise SourceError(msg)
        return min(exact or wanted, key=len)
    parts = image_topic.strip("/").split("/")
    ranked = []
    for topic in counts:
        space, aligned = _stream(topic) or ([], False)
        if parts[: len(space)] == space:
            ranked.append((-len(space), not aligned, topic.endswith(f"/{_TRANSPORT}"), topic))
    if not ranked:
        msg = f"No depth images belong to {image_topic} by their name: name the topic (the bag has {there})."
        raise SourceError(msg)
    return min(ranked)[-1]


def info_topics(topic: str, image_topic: str) -> tuple[str, ...]:
    """Return the topics on which the camera_info of depth images is looked for, the best first."""
    base, image = _base(topic), image_topic.removesuffix("/compressed")
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
    compressed = connection.topic.endswith(f"/{_TRANSPORT}")
    if connection.msgtype != (_COMPRESSED_TYPE if compressed else _RAW_TYPE):
        return False
    return is_depth(connection.topic) or (
        bool(named) and _base(connection.topic).strip("/") == _base(named).strip("/")
    )


def _base(topic: str) -> str:
    return topic.removesuffix(f"/{_TRANSPORT}")
