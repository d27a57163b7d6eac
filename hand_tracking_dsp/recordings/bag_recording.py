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
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.hands import HANDS_TYPE, tracked_hands
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import BATTERY_TYPE, POWER_TOPIC, POWER_TYPE, BatteryReader
from hand_tracking_dsp.recordings.bags.images import image_connections, pixels
from hand_tracking_dsp.recordings.bags.reader import Bag, open_bag
from hand_tracking_dsp.recordings.bags.trace import power_of_other_types
from hand_tracking_dsp.recordings.image_clock import ImageClock
from hand_tracking_dsp.recordings.recording import RecordedFrame, RecordedHands, count_problem
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import TrackedHand

# An image waits until messages so much younger were read: hands are published after it.
_WAIT_NS = 500_000_000
_TRUTH = "truth"
# Images by which the clocks are judged, as far as their bytes are not too many.
_FIRST_IMAGES = 30
_FIRST_BYTES = 2**25
# Messages that wait for their images, and images where the time of arrival stands still.
_MOST_KEPT = 1000
_MOST_WAITING = 100

_Kept = TypeVar("_Kept")


@dataclass(slots=True)
class _Beside:
    """Messages read beside the images: truth and hands by stamp, and the battery's readings.

    None stands where two messages have one stamp: it is unknown which of them belongs to which image.
    """

    truth: dict[int, tuple[TrueHand, ...] | None] = field(default_factory=dict)
    recorded: dict[int, RecordedHands | None] = field(default_factory=dict)
    battery: BatteryReader = field(default_factory=BatteryReader)
    readings: deque[BatterySample] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))
    last_ns: int = 0

    def take(self, header_ns: int) -> tuple[tuple[TrueHand, ...] | None, RecordedHands | None]:
        """Return the truth and hands of an image; none where its stamp is that of the image before, or 0."""
        alone = header_ns != self.last_ns
        self.last_ns = header_ns
        truth, recorded = self.truth.pop(header_ns, None), self.recorded.pop(header_ns, None)
        return (truth, recorded) if alone else (None, None)


@dataclass(frozen=True, slots=True)
class _ImageMessage:
    """An image as it lies in the bag, and the battery readings since the image before."""

    arrival_ns: int
    connection: Any
    data: bytes
    batteries: tuple[BatterySample, ...]


class BagRecording:
    """The images of a bag, in the order in which they were received.

    Truth is taken from a topic named truth, recorded hands from one named hands, both of HandArray and of
    the image's own namespace where there are several; the battery from one named battery_state, and
    its power from one named power_w.

    Args:
        path: Path to a rosbag2 folder or file, or to a ROS 1 bag.
        topic: Topic of the images; may be left out where the bag has only one.
        images: Limit of the images' size, and conversions.
    """

    def __init__(self, path: Path, topic: str = "", images: ImageOptions | None = None) -> None:
        self.still = False
        self.problems: Counter[str] = Counter()
        self._path = path
        self._topic = topic
        self._images = images

    def count(self) -> int:
        """Return the number of images that the bag says it has.

        Raises:
            SourceError: It cannot be read, or has no image.
            ConfigurationError: It has several image topics, and none is named.
        """
        with open_bag(self._path) as bag:
            connections = image_connections(bag, self._topic)
            return sum(connection.msgcount for connection in connections)

    def frames(self) -> Iterator[RecordedFrame]:
        """Yield the images; raises as count does."""
        with open_bag(self._path) as bag:
            yield from self._frames(bag)
            self.problems.update(bag.problems)

    def _frames(self, bag: Bag) -> Iterator[RecordedFrame]:
        images = image_connections(bag, self._topic)
        topic = images[0].topic
        truth = _beside(bag.connections, HANDS_TYPE, _TRUTH, topic)
        hands = _beside(bag.connections, HANDS_TYPE, "hands", topic)
        battery = _beside(bag.connections, BATTERY_TYPE, "battery_state", topic)
        power = _beside(bag.connections, POWER_TYPE, POWER_TOPIC, topic)
        beside = _Beside()
        scale = ValueScale(self._images)
        count = 0
        last_ns = -1
        due = self._due(bag, images, [*truth, *hands, *battery, *power], beside)
        first = _first(due)
        clock = ImageClock([times for image in first if (times := _header_times(image))])
        if clock.problem:
            self.problems[f"{topic}: {clock.problem}"] += 1
        for image in chain(first, due):
            frame = self._frame(bag, count, image, beside, scale, clock)
            if frame.image is not None:
                self._check_order(frame, last_ns)
                last_ns = frame.stamp_ns
            count += 1
            yield frame
        self.problems.update([*beside.battery.remarks, *power_of_other_types(bag.connections)])
        for connections, left in ((truth, beside.truth), (hands, beside.recorded)):
            if left:
                name = connections[0].topic
                self.problems[f"{name}: the image of a message is not in the bag"] += len(left)
        if count == 0:
            msg = f"The bag {self._path} has no image on {topic} that can be read: record it again."
            raise SourceError(msg)

    def _due(
        self, bag: Bag, images: list[Any], others: list[Any], beside: _Beside
    ) -> Iterator[_ImageMessage]:
        """Yield the messages of images, each after the messages that belong to it."""
        kinds = {connection.id for connection in images}
        patience_ns = _WAIT_NS if any(one.msgtype == HANDS_TYPE for one in others) else 0
        waiting: deque[_ImageMessage] = deque()
        for connection, arrival_ns, data in bag.messages([*images, *others]):
            if connection.id in kinds:
                waiting.append(_ImageMessage(arrival_ns, connection, data, tuple(beside.readings)))
                beside.readings.clear()
            else:
                self._note(bag, connection, arrival_ns, data, beside)
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
        beside: _Beside,
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
            truth, recorded = beside.take(header_ns)
            image, order = pixels(message, msgtype, scale)
        except (FrameError, AttributeError, TypeError) as error:
            count_problem(self.problems, f"{topic}: {error}")
            return _rejected(index, found, error)
        conversion_ms = (perf_counter() - start) * 1e3
        stamp, arrival_ns, problem = clock.times(header_ns, arrival_ns)
        if problem:
            self.problems[f"{topic}: {problem}"] += 1
        batteries = found.batteries
        return RecordedFrame(
            index, "", stamp, arrival_ns, image, "", order, conversion_ms, truth, recorded, batteries
        )

    def _note(self, bag: Bag, connection: Any, arrival_ns: int, data: bytes, beside: _Beside) -> None:  # noqa: ANN401
        """Take a message beside the images."""
        topic, arrival_s = connection.topic, arrival_ns * 1e-9
        try:
            message = bag.deserialize(data, connection.msgtype)
            if connection.msgtype == BATTERY_TYPE:
                beside.readings.append(beside.battery.sample(message, arrival_s))
            elif connection.msgtype == POWER_TYPE:
                beside.battery.add_power(message, arrival_s)
            elif topic.split("/")[-1] == _TRUTH:
                truth = tuple(map(_true_hand, tracked_hands(message)))
                self._keep(topic, beside.truth, stamp_ns(message), truth)
            else:
                predicted = getattr(message, "predicted_s", 0.0) > 0
                recorded = RecordedHands(int(message.level), tracked_hands(message), predicted)
                self._keep(topic, beside.recorded, stamp_ns(message), recorded)
        except FrameError:  # the bag has counted it
            return
        except (AttributeError, TypeError, ValueError) as error:
            count_problem(self.problems, f"{topic}: a message cannot be used ({error})")

    def _keep(self, topic: str, by_stamp: dict[int, _Kept | None], header_ns: int, value: _Kept) -> None:
        """Keep what belongs to the image of a stamp; only the latest, and None where a stamp is ambiguous."""
        if header_ns <= 0 or header_ns in by_stamp:
            self.problems[f"{topic}: a message's stamp does not tell which image it belongs to"] += 1
        if header_ns > 0:
            by_stamp[header_ns] = None if header_ns in by_stamp else value
        while len(by_stamp) > _MOST_KEPT:
            del by_stamp[next(iter(by_stamp))]

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
    """Return the stamp that an image's bytes begin with, and its arrival, nanoseconds; None if cut off.

    A header begins with its stamp, in ROS 1 with a counter; in CDR four bytes lie before.
    """
    order = ">" if image.connection.ext.serialization_format == "cdr" and image.data[1:2] == b"\0" else "<"
    if len(image.data) < 12:
        return None
    seconds, nanoseconds = struct.unpack_from(f"{order}II", image.data, 4)
    return seconds * 1_000_000_000 + nanoseconds, image.arrival_ns


def _beside(connections: list[Any], kind: str, name: str, image_topic: str) -> list[Any]:
    """Return the connections of the topic of a type and name that goes with an image topic."""
    found = [one for one in connections if one.msgtype == kind and one.topic.split("/")[-1] == name]
    topics = sorted({one.topic for one in found})
    space = image_topic.strip("/").split("/")[0]
    topic = next((one for one in topics if one.strip("/").split("/")[0] == space), next(iter(topics), ""))
    return [one for one in found if one.topic == topic]


def _rejected(index: int, found: _ImageMessage, error: Exception) -> RecordedFrame:
    arrival_ns = found.arrival_ns
    return RecordedFrame(index, "", arrival_ns, arrival_ns, None, str(error), batteries=found.batteries)


def _true_hand(hand: TrackedHand) -> TrueHand:
    world = hand.world_landmarks
    return TrueHand(hand.landmarks, world if np.isfinite(world).all() else None, None, hand.handedness)
