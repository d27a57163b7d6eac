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

"""Messages passed by reference between the nodes of one process, which rclpy has no means for.

A topic is met by its context, its full name and its type. As long as all its publishers are in this process,
the subscriptions here take its messages by reference and are not on DDS at all; a message is sent only where
somebody else subscribes. With a publisher elsewhere they take all messages over DDS, as in a process of
their own, so that no message comes twice.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.context import Context
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSCompatibility, QoSProfile, qos_check_compatible

from hand_tracking_dsp.nodes.base.subscription import WatchedSubscription

_Key = tuple[Context, str, type]
_Member = TypeVar("_Member")

# Members by topic. The tuples are replaced, never changed: they are read for every message without the lock.
_lock = threading.Lock()
_publishers: dict[_Key, tuple[SharedPublisher, ...]] = {}
_subscriptions: dict[_Key, tuple[SharedSubscription, ...]] = {}


class SharedPublisher:
    """Publisher that passes messages by reference within this process, and over DDS to all others.

    Args:
        node: The node.
        kind: Type of the messages on the topic.
        publisher: Publisher over DDS.
        qos: Its quality of service.
    """

    def __init__(self, node: Node, kind: type, publisher: Publisher, qos: QoSProfile) -> None:
        self.qos = qos
        self._publisher = publisher
        # Whoever comes late gets the last message, which must have been sent for that.
        self._latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
        self._key: _Key = (node.context, publisher.topic_name, kind)
        _join(_publishers, self._key, self)

    @property
    def wanted(self) -> bool:
        """True while anybody takes messages."""
        return self._is_sent or bool(self._takers)

    def publish(self, message: object, build: Callable[[], object] | None = None) -> None:
        """Publish a message, which nobody may change afterwards.

        Args:
            message: Message for the subscriptions of this process.
            build: Function that makes the message to be sent, called only where it is; None: the same one.
        """
        takers, is_sent = self._takers, self._is_sent
        for subscription in takers:
            subscription.hand(message)
        if is_sent:
            self._publisher.publish(build() if build else message)

    def withdraw(self) -> None:
        """Pass on nothing any more, so that the publisher over DDS can be destroyed."""
        _leave(_publishers, self._key, self)

    @property
    def _takers(self) -> list[SharedSubscription]:
        return [one for one in _subscriptions.get(self._key, ()) if one.by_reference]

    @property
    def _is_sent(self) -> bool:
        return self._latched or self._publisher.get_subscription_count() > 0


class SharedSubscription(WatchedSubscription):
    """Subscription that takes messages by reference where all publishers are in this process.

    Its callback is then called in the publisher's thread, but only between resume and pause: the node's own
    thread is not the one that could not be in a callback while the node changes its state.
    """

    def __init__(
        self, node: Node, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile
    ) -> None:
        self._key: _Key = (node.context, node.resolve_topic_name(topic), kind)
        self._wake = node.create_guard_condition(self._choose)
        self._handing = threading.Lock()
        self._is_open = self._is_over = False
        super().__init__(node, kind, topic, callback, qos)
        _join(_subscriptions, self._key, self)

    def destroy(self) -> None:
        """Unsubscribe."""
        _leave(_subscriptions, self._key, self)
        self.by_reference, self._is_over = False, True
        self._node.destroy_guard_condition(self._wake)
        super().destroy()

    def note_publishers(self, count: int) -> None:
        """Take the number of publishers on the topic, and choose the way of the messages by it."""
        super().note_publishers(count)
        self._choose()

    def resume(self) -> None:
        """Let messages of this process come."""
        with self._handing:
            self._is_open = True

    def pause(self) -> None:
        """Keep them away; none is in the callback afterwards."""
        with self._handing:
            self._is_open = False

    def hand(self, message: object) -> None:
        """Take a message by reference; an error here is this node's, and not the publisher's."""
        with self._handing:
            self.lost = self.lost or 0
            try:
                if self._is_open:
                    self._take(message)
            except Exception:  # noqa: BLE001 (as an executor's)
                self._node.get_logger().error(f"A callback failed.\n{traceback.format_exc()}")

    def ask_to_choose(self) -> None:
        """Let the node's executor choose again."""
        self._wake.trigger()

    def _connect(self) -> None:
        self._choose()

    def _choose(self) -> None:
        """Choose the way of the messages; only ever called in the node's thread."""
        if self._is_over:
            return
        here = _publishers.get(self._key, ())
        publishers = self._node.count_publishers(self._key[1])
        fits = bool(here) and all(self._can_take_from(one) for one in here)
        if fits and publishers <= len(here):
            self._disconnect()
            self._numbers.clear()
            self.by_reference = True
        else:
            self.by_reference = False
            if self._subscription is None:
                super()._connect()

    def _can_take_from(self, publisher: SharedPublisher) -> bool:
        # The last message of before is DDS's to give.
        if self._qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
            return False
        return qos_check_compatible(publisher.qos, self._qos)[0] != QoSCompatibility.ERROR


def _join(members: dict[_Key, tuple[_Member, ...]], key: _Key, one: _Member) -> None:
    with _lock:
        members[key] = (*members.get(key, ()), one)
        _ask_to_choose(key)


def _leave(members: dict[_Key, tuple[_Member, ...]], key: _Key, one: _Member) -> None:
    with _lock:
        left = tuple(other for other in members.get(key, ()) if other is not one)
        if left:
            members[key] = left
        else:
            members.pop(key, None)
        _ask_to_choose(key)


def _ask_to_choose(key: _Key) -> None:
    for subscription in _subscriptions.get(key, ()):
        subscription.ask_to_choose()
