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

"""A bag as a recording: its images, with the truth, the hands and the battery recorded beside them."""

from __future__ import annotations

import struct
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.recordings.bags.images import image_connections, pixels
from hand_tracking_dsp.recordings.bags.reader import Bag, open_bag
from hand_tracking_dsp.recordings.beside_images import BesideImages
from hand_tracking_dsp.recordings.image_clock import ImageClock
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice, DepthMessage, DepthReader
from hand_tracking_dsp.recordings.recording import RecordedFrame, count_problem

# An image waits until messages so much younger were read: hands are published after it.
_WAIT_NS = 500_000_000
# Images by which the clocks are judged, as far as their bytes are not too many.
_FIRST_IMAGES = 30
_FIRST_BYTES = 2**25
# Images that wait where the time of arrival stands still.
_MOST_WAITING = 100


@dataclass(slots=True)
class _ImageMessage:
    """An image as it lies in the bag, the battery readings since the image before, and its depth image."""

    arrival_ns: int
    connection: Any
    data: bytes
    batteries: tuple[BatterySample, ...]
    depth: DepthMessage | None = None

    @property
    def stamp_s(self) -> float:
        """Its stamp, or the time of its arrival where it has none, seconds."""
        return _stamp_s(self.connection, self.arrival_ns, self.data)


class BagRecording:
    """The images of a bag, in the order in which they were received.

    Truth is taken from a topic named truth, recorded hands from one named hands, both of HandArray and of
    the image's own namespace where there are several; the battery from one named battery_state, and
    its power from one named power_w. Hands in space are taken from topics named truth_3d and hands_3d.

    Args:
        path: Path to a rosbag2 folder or file, or to a ROS 1 bag.
        topic: Topic of the images; may be left out where the bag has only one.
        images: Limit of the images' size, and conversions.
        depth: Depth images to read beside them; None: none.
    """

    def __init__(
        self,
        path: Path,
        topic: str = "",
        images: ImageOptions | None = None,
        depth: DepthChoice | None = None,
    ) -> None:
        self.still = False
        self.problems: Counter[str] = Counter()
        self._path = path
        self._topic = topic
        self._images = images
        self._depth = depth

    def count(self) -> int:
        """Return the number of images that the bag says it has.

        Raises:
            SourceError: It cannot be read, or has no image.
            ConfigurationError: It has several image topics, and none is named.
        """
        with open_bag(self._path) as bag:
            connections = image_connections(bag, self._topic, self._depth.topic if self._depth else "")
            return sum(connection.msgcount for connection in connections)

    def frames(self) -> Iterator[RecordedFrame]:
        """Yield the images; raises as count does."""
        with open_bag(self._path) as bag:
            yield from self._frames(bag)
            self.problems.update(bag.problems)

    def _frames(self, bag: Bag) -> Iterator[RecordedFrame]:
        images = image_connections(bag, self._topic, self._depth.topic if self._depth else "")
        topic = images[0].topic
        beside = BesideImages(bag, topic, self.problems)
        depth = None
        if self._depth is not None:
            depth = DepthReader(bag, topic, self._depth, self._images or ImageOptions(), self.problems)
        scale = ValueScale(self._images)
        count = 0
        last_ns = -1
        due = self._due(bag, images, beside, depth)
        first = _first(due)
        clock = ImageClock([times for image in first if (times := _header_times(image))])
        if clock.problem:
            self.problems[f"{topic}: {clock.problem}"] += 1
        for image in chain(first, due):
            frame = self._frame(bag, count, image, beside, depth, scale, clock)
            if frame.image is not None:
                self._check_order(frame, last_ns)
                last_ns = frame.stamp_ns
            count += 1
            yield frame
        beside.end()
        if count == 0:
            msg = f"The bag {self._path} has no image on {topic} that can be read: record it again."
            raise SourceError(msg)

    def _due(
        self, bag: Bag, images: list[Any], beside: BesideImages, depth: DepthReader | None
    ) -> Iterator[_ImageMessage]:
        """Yield the messages of images, each after the messages that belong to it."""
        kinds = {connection.id for connection in images}
        of_depth = [] if depth is None else [one for one in depth.connections if one.id not in kinds]
        patience_ns = _WAIT_NS if beside.is_stamped or of_depth else 0
        waiting: deque[_ImageMessage] = deque()
        for connection, arrival_ns, data in bag.messages([*images, *beside.connections, *of_depth]):
            taken = depth is not None and depth.takes(connection)
            if depth is not None and taken:
                depth.add(connection, _stamp_s(connection, arrival_ns, data), data)
                for image in waiting:
                    image.depth = depth.nearest(image.stamp_s, image.depth)
            if connection.id in kinds:
                image = _ImageMessage(arrival_ns, connection, data, beside.batteries())
                image.depth = None if depth is None else depth.nearest(image.stamp_s)
                waiting.append(image)
            elif not taken:
                beside.add(connection, arrival_ns, data)
            while waiting and (
                arrival_ns - waiting[0].arrival_ns >= patience_ns or len(waiting) > _MOST_WAITING
            ):
                yield waiting.popleft()
        yield from waiting

    def _frame(
        self,
        bag: Bag,
        index: int,
        found: _ImageMessage,
        beside: BesideImages,
        depth: DepthReader | None,
        scale: ValueScale,
        clock: ImageClock,
    ) -> RecordedFrame:
        arrival_ns, topic, msgtype = found.arrival_ns, found.connection.topic, found.connection.msgtype
        start = perf_counter()
        try:
            message = bag.deserialize(found.data, msgtype)
        except FrameError as error:  # the bag has counted it
            return _rejected(index, found, error)
        try:
            header_ns = stamp_ns(message)
            belongings = beside.take(header_ns, str(message.header.frame_id))
            image, order = pixels(message, msgtype, scale)
        except (FrameError, AttributeError, TypeError) as error:
            count_problem(self.problems, f"{topic}: {error}")
            return _rejected(index, found, error)
        conversion_ms = (perf_counter() - start) * 1e3
        stamp, arrival_ns, problem = clock.times(header_ns, arrival_ns)
        if problem:
            self.problems[f"{topic}: {problem}"] += 1
        return RecordedFrame(
            index,
            "",
            stamp,
            arrival_ns,
            image,
            "",
            order,
            conversion_ms,
            belongings.truth,
            belongings.recorded,
            found.batteries,
            None if depth is None else depth.recorded(found.depth, found.stamp_s, message.header.frame_id),
            belongings.truth_3d,
            belongings.recorded_3d,
        )

    def _check_order(self, frame: RecordedFrame, last_ns: int) -> None:
        if frame.stamp_ns == last_ns:
            self.problems["An image has the same stamp as the one before."] += 1
        elif frame.stamp_ns < last_ns:
            self.problems["An image is older than the one before it; the tracker begins again."] += 1


def _first(due: Iterator[_ImageMessage]) -> list[_ImageMessage]:
    """Take the first images, without more bytes than a few of a large camera have."""
    found: list[_ImageMessage] = []
    size = 0
    for image in due:
        found.append(image)
        size += len(image.data)
        if len(found) >= _FIRST_IMAGES or size >= _FIRST_BYTES:
            break
    return found


def _header_times(image: _ImageMessage) -> tuple[int, int] | None:
    """Return the stamp that an image's bytes begin with, and its arrival, nanoseconds; None if cut off."""
    header_ns = _header_ns(image.connection, image.data)
    return None if header_ns is None else (header_ns, image.arrival_ns)


def _stamp_s(connection: Any, arrival_ns: int, data: bytes) -> float:  # noqa: ANN401 (rosbags may be absent)
    return (_header_ns(connection, data) or arrival_ns) * 1e-9


def _header_ns(connection: Any, data: bytes) -> int | None:  # noqa: ANN401
    """Return the stamp that a message's bytes begin with, nanoseconds; None if they are cut off.

    A header begins with its stamp, in ROS 1 with a counter; in CDR four bytes lie before.
    """
    order = ">" if connection.ext.serialization_format == "cdr" and data[1:2] == b"\0" else "<"
    if len(data) < 12:
        return None
    seconds, nanoseconds = struct.unpack_from(f"{order}II", data, 4)
    return int(seconds * 1_000_000_000 + nanoseconds)


def _rejected(index: int, found: _ImageMessage, error: Exception) -> RecordedFrame:
    arrival_ns = found.arrival_ns
    return RecordedFrame(index, "", arrival_ns, arrival_ns, None, str(error), batteries=found.batteries)
