"""A bag as a recording: its images, with the truth, the hands and the battery recorded beside them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.bags.images import image_connections, pixels
from hand_tracking_dsp.evaluation.bags.opening import Bag, open_bag
from hand_tracking_dsp.evaluation.measures.truth import TrueHand
from hand_tracking_dsp.evaluation.replay.shots import RecordedHands, Shot
from hand_tracking_dsp.sources.messages import HANDS_TYPE, stamp_ns, tracked_hands
from hand_tracking_dsp.tracking.types import TrackedHand

BATTERY_TYPE = "sensor_msgs/msg/BatteryState"

# An image waits until messages so much younger were read: hands are published after it.
_WAIT_NS = 500_000_000
# An older stamp is another clock's, or none.
_PLAUSIBLE_AGE_NS = 10_000_000_000
_DISCHARGING = 2


@dataclass(slots=True)
class _Beside:
    """What was read beside the images, by their stamp; and the battery as it was last."""

    truth: dict[int, tuple[TrueHand, ...]] = field(default_factory=dict)
    recorded: dict[int, RecordedHands] = field(default_factory=dict)
    battery: BatterySample | None = None


class BagFootage:
    """The images of a bag, in the order in which they were received.

    Truth is taken from a topic named truth, recorded hands from one named hands, both of HandArray and of
    the image's own namespace where there are several; the battery likewise from one named battery_state.

    Args:
        path: A rosbag2 folder or file, or a ROS 1 bag.
        topic: Of the images; may be left out where the bag has only one.
    """

    def __init__(self, path: Path, topic: str = "") -> None:
        self.name = path.stem if path.suffix in (".mcap", ".db3", ".bag") else path.name
        self.still = False
        self.problems: Counter[str] = Counter()
        self._path = path
        self._topic = topic

    def count(self) -> int:
        """Return how many images the bag says that it has.

        Raises:
            SourceError: It cannot be read, or has no image.
            ConfigurationError: It has several image topics, and none is named.
        """
        with open_bag(self._path) as bag:
            connections = image_connections(bag.connections, self._path, self._topic)
            return sum(connection.msgcount for connection in connections)

    def shots(self) -> Iterator[Shot]:
        """Give the images; raises as count does."""
        with open_bag(self._path) as bag:
            yield from self._shots(bag)
            self.problems.update(bag.problems)

    def _shots(self, bag: Bag) -> Iterator[Shot]:
        images = image_connections(bag.connections, self._path, self._topic)
        topic = images[0].topic
        truth = _beside(bag.connections, HANDS_TYPE, "truth", topic)
        hands = _beside(bag.connections, HANDS_TYPE, "hands", topic)
        battery = _beside(bag.connections, BATTERY_TYPE, "battery_state", topic)
        wanted = {name: bag_topic for name, bag_topic in (("truth", truth), ("hands", hands)) if bag_topic}
        chosen = [c for c in bag.connections if c.topic in {topic, *wanted.values(), battery}]
        beside = _Beside()
        waiting: deque[tuple[int, Any, bytes]] = deque()
        patience_ns = _WAIT_NS if wanted else 0
        count = 0
        last_ns = -1
        for connection, arrival_ns, data in bag.messages(chosen):
            if connection.topic != topic:
                self._note(bag, connection, data, beside, wanted)
            else:
                waiting.append((arrival_ns, connection, data))
            while waiting and arrival_ns - waiting[0][0] >= patience_ns:
                shot = self._shot(bag, count, *waiting.popleft(), beside)
                last_ns = self._check_order(shot, last_ns)
                count += 1
                yield shot
        while waiting:
            shot = self._shot(bag, count, *waiting.popleft(), beside)
            last_ns = self._check_order(shot, last_ns)
            count += 1
            yield shot
        for name, left in (("truth", beside.truth), ("hands", beside.recorded)):
            if left:
                self.problems[f"{wanted[name]}: the image of a message is not in the bag"] += len(left)
        if count == 0:
            msg = f"The bag {self._path} has no image on {topic} that can be read: record it again."
            raise SourceError(msg)

    def _shot(
        self,
        bag: Bag,
        index: int,
        arrival_ns: int,
        connection: Any,  # noqa: ANN401 (rosbags may be absent)
        data: bytes,
        beside: _Beside,
    ) -> Shot:
        start = perf_counter()
        try:
            message = bag.deserialize(data, connection.msgtype)
        except FrameError as error:  # the bag has counted it
            return Shot(index, "", arrival_ns, arrival_ns, None, str(error))
        header_ns = stamp_ns(message)
        stamp = _plausible(header_ns, arrival_ns)
        try:
            image, order = pixels(message, connection.msgtype)
        except FrameError as error:
            self.problems[f"{connection.topic}: {error}"] += 1
            return Shot(index, "", stamp, arrival_ns, None, str(error))
        conversion_ms = (perf_counter() - start) * 1e3
        return Shot(
            index,
            "",
            stamp,
            arrival_ns,
            image,
            "",
            order,
            conversion_ms,
            beside.truth.pop(header_ns, None),
            beside.recorded.pop(header_ns, None),
            beside.battery,
        )

    def _note(
        self,
        bag: Bag,
        connection: Any,  # noqa: ANN401 (likewise)
        data: bytes,
        beside: _Beside,
        wanted: dict[str, str],
    ) -> None:
        """Take a message beside the images."""
        try:
            message = bag.deserialize(data, connection.msgtype)
            if connection.topic == wanted.get("truth"):
                beside.truth[stamp_ns(message)] = tuple(map(_true_hand, tracked_hands(message)))
                _forget(beside.truth)
            elif connection.topic == wanted.get("hands"):
                beside.recorded[stamp_ns(message)] = RecordedHands(int(message.level), tracked_hands(message))
                _forget(beside.recorded)
            else:
                beside.battery = _battery(message)
        except FrameError:  # the bag has counted it
            return
        except (AttributeError, TypeError, ValueError) as error:
            self.problems[f"{connection.topic}: a message lacks what its type should have ({error})"] += 1

    def _check_order(self, shot: Shot, last_ns: int) -> int:
        if shot.stamp_ns == last_ns:
            self.problems["An image has the same stamp as the one before."] += 1
        elif shot.stamp_ns < last_ns:
            self.problems["An image is older than the one before it; the tracker begins anew."] += 1
        return shot.stamp_ns


def _beside(connections: list[Any], kind: str, name: str, image_topic: str) -> str:
    """Return the topic of a type and name that goes with an image topic; "" where there is none."""
    found = sorted({c.topic for c in connections if c.msgtype == kind and c.topic.split("/")[-1] == name})
    space = image_topic.strip("/").split("/")[0]
    return next((topic for topic in found if topic.strip("/").split("/")[0] == space), next(iter(found), ""))


def _plausible(header_ns: int, arrival_ns: int) -> int:
    """Return the header's stamp, or the time of arrival where that is no stamp of the same clock."""
    return header_ns if header_ns > 0 and abs(arrival_ns - header_ns) < _PLAUSIBLE_AGE_NS else arrival_ns


def _true_hand(hand: TrackedHand) -> TrueHand:
    world = hand.world_landmarks
    return TrueHand(hand.landmarks, world if np.isfinite(world).all() else None, None, hand.handedness)


def _battery(message: Any) -> BatterySample:  # noqa: ANN401
    return BatterySample(
        stamp_s=0.0,
        charge=float(message.percentage),
        power_w=-float(message.voltage) * float(message.current),
        discharging=message.power_supply_status == _DISCHARGING or message.current < 0,
        present=bool(message.present),
    )


def _forget(by_stamp: dict[int, Any], most: int = 1000) -> None:
    """Forget what no image came for."""
    while len(by_stamp) > most:
        del by_stamp[next(iter(by_stamp))]
