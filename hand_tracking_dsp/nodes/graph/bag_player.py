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

"""Publishes a bag on ROS topics, with /clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rclpy.duration import Duration
from rclpy.exceptions import NameValidationException
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from hand_tracking_dsp.nodes.graph.bag_recorder import request
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.messages.conversion import installed_layout, message_class
from hand_tracking_dsp.recordings.bags.definitions import is_known, known_hash
from hand_tracking_dsp.recordings.bags.layouts import difference
from hand_tracking_dsp.recordings.bags.reader import Bag

_CLOCK = "/clock"
_LATEST_DEPTH = 10
_POLL_S = 0.02
# Others of the same program appear within that time after the first.
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """Options of playing a bag.

    Attributes:
        rate: Seconds of the bag a second, above 0.
        topics: Names of the topics to play; all if empty.
        remaps: New names of topics by those in the bag.
        start_s: Beginning, seconds from the bag's first stamp.
        seconds: Duration, seconds of the bag; may be infinity.
        clock_hz: Lowest rate of /clock, messages a second of real time.
    """

    rate: float = 1.0
    topics: Collection[str] = ()
    remaps: Mapping[str, str] = field(default_factory=dict)
    start_s: float = 0.0
    seconds: float = float("inf")
    clock_hz: float = 50.0


class BagPlayer(SpinningNode):
    """Publishes the messages of a bag as the bytes they are; leaving the ``with`` block ends it.

    Attributes:
        counts: Messages published so far, by topic.
        unknown: Topics that cannot be published, each with the reason.
        topics: Topics that are published.
    """

    def __init__(self, bag: Bag, options: PlayOptions) -> None:
        super().__init__("hand_tracking_bag_player")
        self.counts: Counter[str] = Counter()
        self.unknown: dict[str, str] = {}
        self._bag = bag
        self._options = options
        self._connections: list[Any] = []
        self._publishers: dict[tuple[str, str], tuple[str, Any]] = {}
        self._clock = self.node.create_publisher(Clock, _CLOCK, _LATEST_DEPTH)
        self._tick_ns = round(options.rate / options.clock_hz * 1e9)
        wanted = {f"/{topic.lstrip('/')}" for topic in options.topics}
        for topic, kind in bag.foreign.items():
            if not wanted or topic in wanted:
                self.unknown[topic] = f"it is recorded as {kind}"
        for connection in bag.connections:
            if connection.topic != _CLOCK and (not wanted or connection.topic in wanted):
                self._advertise(connection)
        self.topics = sorted({topic for topic, _ in self._publishers.values()})

    def wait_for_listeners(self, patience_s: float, topic: str = "") -> bool:
        """Wait for a subscriber, and a moment for others; return whether there is any.

        Args:
            patience_s: Longest time to wait, seconds.
            topic: Topic as it is published, which somebody must subscribe, or one below it, as compressed
                images are; any topic if empty or not in the bag.
        """
        name = f"/{topic.strip('/')}"
        publishers = [publisher for _, publisher in self._publishers.values()]
        wanted = [one for one in publishers if f"{one.topic_name}/".startswith(f"{name}/")] or publishers
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            if _is_heard(wanted):
                time.sleep(_SETTLE_S)
                return True
            time.sleep(_POLL_S)
        return _is_heard(wanted)

    def play(self, on_progress: Callable[[float], None] = lambda _position_s: None) -> None:
        """Play once, from the start in the options.

        Args:
            on_progress: Function called with the position, seconds from the bag's first stamp, at least at
                every tick of the clock.
        """
        if self._bag.span_ns is None or not self._connections:
            return
        origin_ns, last_ns = self._bag.span_ns
        first_ns = origin_ns + round(self._options.start_s * 1e9)
        until_ns = min(first_ns + self._options.seconds * 1e9, last_ns)
        begin_s = time.monotonic()

        def now_ns() -> int:
            return first_ns + round((time.monotonic() - begin_s) * self._options.rate * 1e9)

        next_tick_ns = 0
        for connection, stamp_ns, data in self._bag.messages(self._connections, first_ns):
            if stamp_ns > until_ns:
                break
            while (at_ns := now_ns()) < stamp_ns:
                if at_ns >= next_tick_ns:
                    self._tick(at_ns)
                    next_tick_ns = at_ns + self._tick_ns
                    on_progress((at_ns - origin_ns) / 1e9)
                wait_ns = min(stamp_ns, next_tick_ns) - now_ns()
                time.sleep(max(wait_ns / self._options.rate / 1e9, 0.0))
            # No message shall come from the future of those who live by this clock.
            self._tick(at_ns)
            next_tick_ns = at_ns + self._tick_ns
            topic, publisher = self._publishers[connection.topic, connection.msgtype]
            publisher.publish(data)
            self.counts[topic] += 1
            on_progress((stamp_ns - origin_ns) / 1e9)

    def flush(self) -> None:
        """Wait until reliable subscribers have what was published, a moment at most."""
        for _, publisher in self._publishers.values():
            publisher.wait_for_all_acked(Duration(seconds=_SETTLE_S))

    def _tick(self, at_ns: int) -> None:
        clock = Clock()
        clock.clock.sec, clock.clock.nanosec = divmod(at_ns, 1_000_000_000)
        self._clock.publish(clock)

    def _advertise(self, connection: Any) -> None:  # noqa: ANN401
        if connection.ext.serialization_format != "cdr":
            self.unknown[connection.topic] = "its messages are no CDR, which is what ROS 2 speaks"
            return
        try:
            kind = message_class(connection.msgtype)
        except (ImportError, AttributeError, TypeError, ValueError):
            self.unknown[connection.topic] = f"{connection.msgtype or 'its type'} is not installed here"
            return
        if other := self._other_definition(connection):
            self.unknown[connection.topic] = (
                f"its definition of {connection.msgtype} is another than the one installed here ({other})"
            )
            return
        topic = self._options.remaps.get(connection.topic, connection.topic)
        others = {msgtype for (_, msgtype), (name, _) in self._publishers.items() if name == topic}
        if others - {connection.msgtype}:
            self.unknown[connection.topic] = f"{topic} has another type already: {', '.join(others)}"
            return
        try:
            publisher = self.node.create_publisher(kind, topic, _offer(connection.ext.offered_qos_profiles))
        except NameValidationException:
            self.unknown[connection.topic] = f"{topic} is not a name that a topic can have"
            return
        self._publishers[connection.topic, connection.msgtype] = topic, publisher
        self._connections.append(connection)

    def _other_definition(self, connection: Any) -> str:  # noqa: ANN401
        """Say how the bag's definition of a type differs from the installed one; "" if it is not known to.

        Subscribers would misread the bytes of another definition.
        """
        recorded = self._bag.layout(connection.msgtype)
        if recorded is not None:
            return difference(recorded, installed_layout(connection.msgtype))
        if not connection.digest or not is_known(connection.msgtype):
            return ""
        return "" if connection.digest == known_hash(connection.msgtype) else "by its hash"


def _is_heard(publishers: Iterable[Publisher]) -> bool:
    return any(publisher.get_subscription_count() for publisher in publishers)


def _offer(recorded: list[Any]) -> Any:  # noqa: ANN401
    """Offer what the strictest of the recorded publishers did: it satisfies every subscriber of theirs."""
    return request(
        _LATEST_DEPTH,
        reliable=not recorded or any(one.reliability.name != "BEST_EFFORT" for one in recorded),
        transient_local=any(one.durability.name == "TRANSIENT_LOCAL" for one in recorded),
    )
