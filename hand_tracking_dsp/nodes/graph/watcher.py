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

"""Watcher of a running graph: subscribes to what is to be shown, only while somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message

from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.messages.conversion import message_class

# Best effort receives from publishers of either reliability, and holds none of them up.
_SHALLOW = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


class GraphWatcher(SpinningNode):
    """Hands on messages as they come, in a thread of its own; leaving the ``with`` block ends it.

    Args:
        topics: Types of the topics, by name.
        take: Function called with name, message and the time when it was received, nanoseconds.
        is_due: Function of name and time that says whether a message is wanted: the others are not
            deserialized.
        names: Names of topics in the graph by those in topics, where they differ.
        namespace: Namespace of the topics.
        domain_id: ROS domain; None: the environment's.
    """

    def __init__(
        self,
        topics: Mapping[str, str],
        take: Callable[[str, Message, int], None],
        is_due: Callable[[str, int], bool] = lambda _topic, _now_ns: True,
        *,
        names: Mapping[str, str] | None = None,
        namespace: str = "",
        domain_id: int | None = None,
    ) -> None:
        super().__init__("hand_tracking_watcher", domain_id)
        self._topics = topics
        self._take, self._is_due = take, is_due
        self._names = names or {}
        self._namespace = f"/{namespace.strip('/')}" if namespace.strip("/") else ""
        self._subscriptions: list[Any] = []
        self._lock = Lock()

    @property
    def is_listening(self) -> bool:
        """Tell whether it is subscribed."""
        return bool(self._subscriptions)

    def listen(self) -> None:
        """Subscribe."""
        with self._lock:
            if not self._subscriptions:
                self._subscriptions = [self._subscribe(topic, kind) for topic, kind in self._topics.items()]

    def ignore(self) -> None:
        """Unsubscribe: whoever publishes for subscribers alone need not."""
        with self._lock:
            for subscription in self._subscriptions:
                self.node.destroy_subscription(subscription)
            self._subscriptions = []

    def _subscribe(self, topic: str, kind: str) -> Any:  # noqa: ANN401
        made = message_class(kind)
        name = self._names.get(topic, topic)

        def receive(data: bytes) -> None:
            now_ns = time.time_ns()
            if self._is_due(topic, now_ns):
                self._take(topic, deserialize_message(data, made), now_ns)

        path = name if name.startswith("/") else f"{self._namespace}/{name}"
        return self.node.create_subscription(made, path, receive, _SHALLOW, raw=True)
