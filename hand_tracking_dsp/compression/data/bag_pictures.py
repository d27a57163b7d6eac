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

"""Extraction of pictures from a bag, to train on like a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.recordings.bags.images import image_connections, pixels
from hand_tracking_dsp.recordings.bags.reader import open_bag

# The loss is below the noise of a camera's image.
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class BagPictures:
    """Numbers of a topic's messages, pictures written, bad images, and other problems by sentence."""

    topic: str
    messages: int
    written: int
    bad: int
    problems: Mapping[str, int]


def write_bag_pictures(
    bag: Path,
    folder: Path,
    count: int,
    topic: str = "",
    on_progress: Callable[[int, int], None] | None = None,
    limit: ImageOptions | None = None,
) -> BagPictures:
    """Write images of a bag into a folder, spread evenly over the bag, one in memory at a time.

    Files are named by the message's number, so that neighbours by name are neighbours in time. A message
    that is not an image is replaced by the next one.

    Args:
        bag: Path to a rosbag2 folder or file (mcap, sqlite3), or a ROS 1 bag; it may be damaged.
        folder: Folder to write to, created if missing.
        count: Highest number of pictures, at least 1.
        topic: Topic of sensor_msgs/Image or CompressedImage; "" where the bag has only one.
        on_progress: Called with the number of pictures written, and of those wanted.
        limit: Limit of the images' size.

    Raises:
        SourceError: The bag is missing or cannot be read, or has no image on that topic.
        ConfigurationError: rosbags is not installed, or no topic is named where there are several.
        OutputError: A picture cannot be written.
    """
    report = on_progress or (lambda *_: None)
    with open_bag(bag) as opened:
        connections = image_connections(opened, topic)
        total = sum(connection.msgcount for connection in connections)
        wanted = np.linspace(0, total - 1, min(count, total)).round()
        written = bad = 0
        scale = ValueScale(limit)
        problem = "the topic has no message"
        for number, (connection, _, data) in enumerate(opened.messages(connections)):
            if written == len(wanted):
                break
            if number < wanted[written]:
                continue
            try:
                image, order = pixels(opened.deserialize(data, connection.msgtype), connection.msgtype, scale)
            except FrameError as error:
                bad += 1
                problem = str(error).rstrip(".")
                continue
            image = image if order == "bgr" else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
            _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            write_bytes(folder / f"{number:08}.jpg", jpeg.tobytes())
            written += 1
            report(written, len(wanted))
    name = connections[0].topic
    if not written:
        msg = (
            f"None of the {total} messages on {name} in {opened.path} is an image ({problem}): "
            "give another topic."
        )
        raise SourceError(msg)
    return BagPictures(name, total, written, bad, dict(opened.problems))
