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

"""Records the topics of a running graph into a bag, as bytes; new topics are picked up as they appear."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.messages.conversion import installed_layout, message_class
from hand_tracking_dsp.recordings.bags.definitions import is_known, known_layout
from hand_tracking_dsp.recordings.bags.layouts import difference
from hand_tracking_dsp.recordings.bags.writer import BagWriter, profile

# Deep enough for the disk to be late by some seconds of images.
_DEPTH = 100
_LOOK_S = 0.25


class BagRecorder(SpinningNode):
    """Writes every message with the time at which it was received; leaving the ``with`` block ends it.

    Args:
        writer: Writer of the bag; close it after this.
        topics: Names of the topics; all if empty.
        domain_id: ROS domain; None: the environment's.

    Attributes:
        unknown: Topics that are not recorded, each with the reason.
        lost: Messages that the middleware reports as lost, by topic.
        trouble: Error that ended the writing; None while it goes on.
    """

    def __init__(self, writer: BagWriter, topics: Collection[str] = (), domain_id: int | None = None) -> None:
        super().__init__("hand_tracking_bag_recorder", domain_id)
        self.unknown: dict[str, str] = {}
        self.lost: Counter[str] = Counter()
        self.trouble: HandTrackingError | None = None
        self._writer = writer
        self._wanted = {f"/{topic.lstrip('/')}" for topic in topics}
        self._subscribed: set[str] = set()
        self.node.create_timer(_LOOK_S, self._look)

    def _look(self) -> None:
        """Subscribe to what has appeared."""
        for topic, types in self.node.get_topic_names_and_types():
            if self._wanted and topic not in self._wanted:
                continue
            hidden = any(part.startswith("_") for part in topic.split("/"))
            if topic in self._subscribed or topic in self.unknown or (hidden and not self._wanted):
                continue
            if len(types) > 1:
                self.unknown[topic] = f"its publishers differ in type: {', '.join(types)}"
            else:
                self._subscribe(topic, types[0])

    def _subscribe(self, topic: str, msgtype: str) -> None:
        if not is_known(msgtype):
            self.unknown[topic] = f"the definition of {msgtype} is not known here"
            return
        try:
            kind = message_class(msgtype)
        except (ImportError, AttributeError):
            self.unknown[topic] = f"{msgtype} is not installed here"
            return
        if other := difference(known_layout(msgtype), installed_layout(msgtype)):
            self.unknown[topic] = f"the definition of {msgtype} that would be written is another's ({other})"
            return
        offers = [one.qos_profile for one in self.node.get_publishers_info_by_topic(topic)]
        if not offers:
            return
        # What every publisher can keep, as rosbag2's recorder asks for (Rosbag2QoS::adapt_request_to_offers).
        reliable = all(one.reliability == ReliabilityPolicy.RELIABLE for one in offers)
        transient_local = all(one.durability == DurabilityPolicy.TRANSIENT_LOCAL for one in offers)
        offered = profile(reliable=reliable, transient_local=transient_local)
        self.node.create_subscription(
            kind,
            topic,
            partial(self._write, topic, msgtype, offered),
            request(_DEPTH, reliable=reliable, transient_local=transient_local),
            event_callbacks=_loss_callbacks(partial(self._lose, topic)),
            raw=True,
        )
        self._subscribed.add(topic)

    def _write(self, topic: str, msgtype: str, qos: Any, data: bytes) -> None:  # noqa: ANN401
        if self.trouble is not None:
            return
        try:
            self._writer.write_raw(topic, msgtype, time.time_ns(), data, qos)
        except HandTrackingError as error:
            self.trouble = error

    def _lose(self, topic: str, status: Any) -> None:  # noqa: ANN401
        self.lost[topic] += status.total_count_change


def request(depth: int, *, reliable: bool, transient_local: bool) -> QoSProfile:
    """Make a profile of quality of service."""
    return QoSProfile(
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if transient_local else DurabilityPolicy.VOLATILE,
    )


def _loss_callbacks(on_loss: Any) -> Any:  # noqa: ANN401
    try:
        from rclpy.event_handler import SubscriptionEventCallbacks
    except ImportError:  # ROS 2 Humble
        from rclpy.qos_event import SubscriptionEventCallbacks
    return SubscriptionEventCallbacks(message_lost=on_loss)
