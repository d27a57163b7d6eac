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

"""Subscription that notes when messages come, counts those lost on the way, and can be made again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

# Publishers that come and go must not fill the memory.
_MOST_PUBLISHERS = 16
# Nobody starts a publisher anew twice in this time, seconds.
_TURNS_S = 2.0


class WatchedSubscription:
    """Subscription of a node, as the diagnostics need it.

    A message's number in its publisher's sequence shows how many before it were lost, or replaced in
    the queue before they were taken. ROS 2 Humble and some middlewares give no such numbers.

    Args:
        node: The node.
        kind: Type of the messages.
        topic: Topic, relative or absolute.
        callback: Function called with every message.
        qos: Quality of service.

    Attributes:
        received_s: Time of the newest message, seconds of the monotonic clock; -inf: none has come.
        lost: Messages that never arrived; None: not known.
        several: Whether more than one publisher is on the topic.
        mixed_s: Time of the newest message before which a message of another publisher had come after one of
            its own, seconds of the monotonic clock; -inf: none.
        by_reference: Whether messages come from this process alone, and none over DDS.
    """

    def __init__(
        self, node: Node, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile
    ) -> None:
        self.received_s = self.mixed_s = -math.inf
        self.lost: int | None = None
        self.several = self.by_reference = False
        self._node = node
        self._kind = kind
        self._topic = topic
        self._callback = callback
        self._qos = qos
        self._numbers: dict[bytes, int] = {}
        self._heard: set[bytes] = set()
        self._last_publisher = b""
        self._last_number, self._fell_s = -1, -math.inf
        self._subscription: Subscription | None = None
        self._connect()

    def renew(self) -> None:
        """Subscribe again: whoever missed the announcement of the old one gets that of the new one."""
        self._disconnect()
        self._connect()

    def destroy(self) -> None:
        """Unsubscribe."""
        self._disconnect()

    def resume(self) -> None:
        """Let messages come that are handed over in another thread."""

    def pause(self) -> None:
        """Keep these away."""

    def note_publishers(self, count: int) -> None:
        """Take the number of publishers on the topic."""
        self.several = count > 1

    def restart_count(self) -> None:
        """Count lost messages from 0 again."""
        self.lost = self.lost and 0

    def _connect(self) -> None:
        # Humble's rclpy calls with the message alone.
        take = self._take_numbered if hasattr(Subscription, "CallbackType") else self._take
        self._subscription = self._node.create_subscription(self._kind, self._topic, take, self._qos)

    def _disconnect(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _take_numbered(self, message: object, info: Mapping[str, Any]) -> None:
        number = info.get("publication_sequence_number")
        publisher = info.get("publisher_gid")
        # Without the publisher's id, the numbers of several cannot be told apart.
        if number is not None and (publisher is not None or not self.several):
            self._count(number, b"" if publisher is None else bytes(publisher["data"]))
        if number is not None:
            self._mix(number, b"" if publisher is None else bytes(publisher["data"]))
        self._take(message)

    def _take(self, message: object) -> None:
        self.received_s = time.monotonic()
        self._callback(message)

    def _mix(self, number: int, publisher: bytes) -> None:
        """Note that publishers take turns, as one that has died and its successor never do.

        Where messages do not tell their publisher, its numbers fall again and again.
        """
        now_s = time.monotonic()
        if publisher != self._last_publisher:
            if publisher in self._heard:
                self.mixed_s = now_s
            elif len(self._heard) == _MOST_PUBLISHERS:
                self._heard.clear()
            self._heard.add(publisher)
            self._last_publisher = publisher
        elif not publisher and number <= self._last_number:
            if now_s - self._fell_s < _TURNS_S:
                self.mixed_s = now_s
            self._fell_s = now_s
        self._last_number = number

    def _count(self, number: int, publisher: bytes) -> None:
        expected = self._numbers.get(publisher, number - 1) + 1
        self.lost = (self.lost or 0) + max(number - expected, 0)
        if publisher not in self._numbers and len(self._numbers) == _MOST_PUBLISHERS:
            self._numbers.clear()
        self._numbers[publisher] = number
