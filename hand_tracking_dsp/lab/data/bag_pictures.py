"""Pictures out of a bag, so that it can be learned from like a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.bags.opening import open_bag
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.types import Image

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
"""The messages that pictures are taken from."""

# What a network sees of the difference to the camera's own image is below its noise.
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class BagPictures:
    """What came out of a bag.

    Attributes:
        topic: Whose messages they were.
        messages: How many the topic has.
        written: Pictures written.
        bad: Messages tried that are no image.
    """

    topic: str
    messages: int
    written: int
    bad: int


def write_bag_pictures(
    bag: Path,
    folder: Path,
    count: int,
    topic: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> BagPictures:
    """Write images of a bag into a folder, spread evenly over the bag, one in memory at a time.

    Files are named by the message's number, so that neighbours by name are neighbours in time. In the
    place of a message that is no image the next one is taken.

    Args:
        bag: A rosbag2 folder or file (mcap, sqlite3), or a ROS 1 bag.
        folder: Where to; made if missing.
        count: Most pictures, at least 1.
        topic: Of sensor_msgs/Image or CompressedImage; may be left out where the bag has only one.
        on_progress: Called with how many pictures are written, and how many are wanted.

    Raises:
        SourceError: The bag is missing or damaged, or has no image on that topic.
        ConfigurationError: rosbags is not installed, or no topic is named where there are several.
        OutputError: A picture cannot be written.
    """
    with open_bag(bag) as reader:
        return _write_pictures(reader, bag, folder, count, topic, on_progress or (lambda *_: None))


def _write_pictures(
    reader: Any,  # noqa: ANN401 (rosbags may be absent)
    bag: Path,
    folder: Path,
    count: int,
    topic: str,
    report: Callable[[int, int], None],
) -> BagPictures:
    connections = _connections(reader.connections, bag, topic)
    total = sum(connection.msgcount for connection in connections)
    wanted = np.linspace(0, total - 1, min(count, total)).round()
    written = bad = 0
    problem = "the topic has no message"
    for number, (connection, _, data) in enumerate(reader.messages(connections)):
        if written == len(wanted):
            break
        if number < wanted[written]:
            continue
        try:
            pixels = _pixels(reader.deserialize(data, connection.msgtype))
        except Exception as error:  # noqa: BLE001 (whatever a wrong message leads to)
            bad += 1
            problem = str(error) or type(error).__name__
            continue
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        write_bytes(folder / f"{number:08}.jpg", jpeg.tobytes())
        written += 1
        report(written, len(wanted))
    name = connections[0].topic
    if not written:
        msg = f"None of the {total} messages on {name} in {bag} is an image ({problem}): give another topic."
        raise SourceError(msg)
    return BagPictures(name, total, written, bad)


def _connections(found: list[Any], bag: Path, topic: str) -> list[Any]:
    """Return the connections of the topic to read.

    Raises:
        SourceError: There is no image, or not on that topic.
        ConfigurationError: There are several topics, and none is named.
    """
    images = [connection for connection in found if connection.msgtype in IMAGE_TYPES]
    names = sorted({connection.topic for connection in images})
    if not names:
        others = ", ".join(sorted({connection.topic for connection in found})) or "nothing"
        msg = f"The bag {bag} has no image topic (it has {others}): give one with sensor_msgs images."
        raise SourceError(msg)
    if topic and topic not in names:
        msg = f"The bag {bag} has no images on {topic}: choose from {', '.join(names)}."
        raise SourceError(msg)
    if not topic and len(names) > 1:
        msg = f"The bag {bag} has images on {', '.join(names)}: choose one with --topic."
        raise ConfigurationError(msg)
    return [connection for connection in images if connection.topic == (topic or names[0])]


def _pixels(message: Any) -> Image:  # noqa: ANN401
    """Decode a message: uint8 [height, width, 3], BGR."""
    from rosbags.image import message_to_cvimage

    step = getattr(message, "step", 0)
    if step:
        # rosbags-image takes rows without padding; padding is shorter than a byte for each pixel.
        row = message.width * (step // message.width)
        if row != step:
            rows = np.asarray(message.data).reshape(message.height, step)
            message.data, message.step = np.ascontiguousarray(rows[:, :row]).reshape(-1), row
    pixels: Image = message_to_cvimage(message, "bgr8")
    if pixels.size == 0:
        msg = "an image has no pixel"
        raise ValueError(msg)
    return np.ascontiguousarray(pixels)
