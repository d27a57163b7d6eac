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

"""Messages of a bag beside its images: truth, hands and the battery, each given with its image."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sized
from typing import Any, NamedTuple, TypeVar

import numpy as np

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.messages.hands import HANDS_TYPE, tracked_hands
from hand_tracking_dsp.messages.hands_3d import HANDS_3D_TYPE, space_hands
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import BATTERY_TYPE, POWER_TOPIC, POWER_TYPE, BatteryReader
from hand_tracking_dsp.recordings.bags.reader import Bag
from hand_tracking_dsp.recordings.bags.trace import power_of_other_types
from hand_tracking_dsp.recordings.recording import RecordedHands, count_problem
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import TrackedHand

_TRUTH = "truth"
_TRUTH_3D = "truth_3d"
_HANDS = "hands"
_HANDS_3D = "hands_3d"
_MOST_KEPT = 1000

_Kept = TypeVar("_Kept")


class Belongings(NamedTuple):
    """Messages of the stamp of one image; None where there is none, or several."""

    truth: tuple[TrueHand, ...] | None = None
    recorded: RecordedHands | None = None
    truth_3d: tuple[Hand3d, ...] | None = None
    recorded_3d: tuple[Hand3d, ...] | None = None


class _InSpace(NamedTuple):
    """Hands in space, of a frame of coordinates."""

    topic: str
    frame_id: str
    hands: tuple[Hand3d, ...]


class BesideImages:
    """Takes the messages beside the images of a topic, by their stamps.

    None stands where two messages have one stamp: it is unknown which of them belongs to which image.

    Args:
        bag: Bag that is open.
        image_topic: Topic of the images.
        problems: Counts of problems by sentence.

    Attributes:
        connections: Connections to read for it.
        is_stamped: Whether messages that come after their image are among them.
    """

    def __init__(self, bag: Bag, image_topic: str, problems: Counter[str]) -> None:
        self._bag = bag
        self._problems = problems
        by_name = {
            name: _connections(bag.connections, kind, name, image_topic)
            for name, kind in (
                (_TRUTH, HANDS_TYPE),
                (_HANDS, HANDS_TYPE),
                ("battery_state", BATTERY_TYPE),
                (POWER_TOPIC, POWER_TYPE),
                (_TRUTH_3D, HANDS_3D_TYPE),
                (_HANDS_3D, HANDS_3D_TYPE),
            )
        }
        self.connections = [one for found in by_name.values() for one in found]
        self.is_stamped = any(by_name[name] for name in (_TRUTH, _HANDS, _TRUTH_3D, _HANDS_3D))
        self._truth: dict[int, tuple[TrueHand, ...] | None] = {}
        self._recorded: dict[int, RecordedHands | None] = {}
        self._in_space: dict[str, dict[int, _InSpace | None]] = {_TRUTH_3D: {}, _HANDS_3D: {}}
        self._battery = BatteryReader()
        self._readings: deque[BatterySample] = deque(maxlen=_MOST_KEPT)
        self._last_ns = 0

    def batteries(self) -> tuple[BatterySample, ...]:
        """Return the battery's readings since the last call."""
        readings = tuple(self._readings)
        self._readings.clear()
        return readings

    def take(self, header_ns: int, frame_id: str) -> Belongings:
        """Return what belongs to an image; nothing where its stamp is that of the image before, or 0.

        Args:
            header_ns: Stamp of the image, nanoseconds.
            frame_id: Its frame; hands in space of another one, such as a target frame, are left out.
        """
        alone = header_ns != self._last_ns
        self._last_ns = header_ns
        found = Belongings(
            self._truth.pop(header_ns, None),
            self._recorded.pop(header_ns, None),
            self._hands_in(frame_id, self._in_space[_TRUTH_3D].pop(header_ns, None)),
            self._hands_in(frame_id, self._in_space[_HANDS_3D].pop(header_ns, None)),
        )
        return found if alone else Belongings()

    def add(self, connection: Any, arrival_ns: int, data: bytes) -> None:  # noqa: ANN401 (rosbags may be absent)
        """Take a message of one of the connections."""
        topic, arrival_s = connection.topic, arrival_ns * 1e-9
        name = topic.split("/")[-1]
        try:
            message = self._bag.deserialize(data, connection.msgtype)
            if connection.msgtype == BATTERY_TYPE:
                self._readings.append(self._battery.sample(message, arrival_s))
            elif connection.msgtype == POWER_TYPE:
                self._battery.add_power(message, arrival_s)
            elif name in self._in_space:
                found = _InSpace(topic, str(message.header.frame_id), space_hands(message))
                self._keep(topic, self._in_space[name], stamp_ns(message), found)
            elif name == _TRUTH:
                truth = tuple(map(_true_hand, tracked_hands(message)))
                self._keep(topic, self._truth, stamp_ns(message), truth)
            else:
                predicted = getattr(message, "predicted_s", 0.0) > 0
                recorded = RecordedHands(int(message.level), tracked_hands(message), predicted)
                self._keep(topic, self._recorded, stamp_ns(message), recorded)
        except FrameError:  # the bag has counted it
            return
        except (AttributeError, TypeError, ValueError) as error:
            count_problem(self._problems, f"{topic}: a message cannot be used ({error})")

    def end(self) -> None:
        """Count what is left without an image, and what was remarkable about the battery."""
        self._problems.update([*self._battery.remarks, *power_of_other_types(self._bag.connections)])
        left_by_name: dict[str, Sized] = {_TRUTH: self._truth, _HANDS: self._recorded, **self._in_space}
        for name, left in left_by_name.items():
            if left:
                topic = next(one.topic for one in self.connections if one.topic.split("/")[-1] == name)
                self._problems[f"{topic}: the image of a message is not in the bag"] += len(left)

    def _hands_in(self, frame_id: str, found: _InSpace | None) -> tuple[Hand3d, ...] | None:
        """Return hands in space in the frame of an image; None where they are not known there."""
        if found is None or found.frame_id == frame_id:
            return found and found.hands
        count_problem(
            self._problems,
            f"{found.topic}: its hands are in the frame {excerpt(found.frame_id)}, the images in "
            f"{excerpt(frame_id)}, so that they are not compared",
        )
        return None

    def _keep(self, topic: str, by_stamp: dict[int, _Kept | None], header_ns: int, value: _Kept) -> None:
        """Keep what belongs to the image of a stamp; only the latest, and None where a stamp is ambiguous."""
        if header_ns <= 0 or header_ns in by_stamp:
            self._problems[f"{topic}: a message's stamp does not tell which image it belongs to"] += 1
        if header_ns > 0:
            by_stamp[header_ns] = None if header_ns in by_stamp else value
        while len(by_stamp) > _MOST_KEPT:
            del by_stamp[next(iter(by_stamp))]


def _connections(connections: list[Any], kind: str, name: str, image_topic: str) -> list[Any]:
    """Return the connections of the topic of a type and name that goes with an image topic."""
    found = [one for one in connections if one.msgtype == kind and one.topic.split("/")[-1] == name]
    topics = sorted({one.topic for one in found})
    space = image_topic.strip("/").split("/")[0]
    topic = next((one for one in topics if one.strip("/").split("/")[0] == space), next(iter(topics), ""))
    return [one for one in found if one.topic == topic]


def _true_hand(hand: TrackedHand) -> TrueHand:
    world = hand.world_landmarks
    return TrueHand(hand.landmarks, world if np.isfinite(world).all() else None, None, hand.handedness)
