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

"""Topics of a node against the graph: names what keeps messages away, else subscribes again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.topic_endpoint_info import TopicEndpointInfo

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.nodes.base.compatibility import OwnEnd, difference, node_names, type_name, who
from hand_tracking_dsp.nodes.base.image_topics import image_topic
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.sharing import SharedPublisher, SharedSubscription
from hand_tracking_dsp.nodes.base.subscription import WatchedSubscription
from hand_tracking_dsp.nodes.base.suggestions import advice
from hand_tracking_dsp.nodes.tables.wiring import SILENT, Expectation

# A publisher that fits and from which nothing comes may only be silent: subscribing again is cheap.
_RENEWAL = BackoffOptions(retry_s=5.0, retry_max_s=60.0)

# Fast DDS keeps a killed process in the graph for 20 s; its successor, which never sees it, has its name.
_LEASE_S = 25.0
# By then a twin of one's own publisher is no node that is just being replaced.
_SETTLED_S = 3.0


@dataclass(slots=True)
class _Input:
    """A subscription, and since when what is wrong with it."""

    end: OwnEnd
    subscription: WatchedSubscription
    backoff: Backoff = field(default_factory=lambda: Backoff(_RENEWAL))
    renew_at_s: float = math.inf
    renewals: int = 0
    told_renewal: bool = False
    several_since_s: float = math.inf


@dataclass(slots=True)
class _Output:
    """A publisher, and since when others are on its topic."""

    end: OwnEnd
    publisher: Publisher
    shared: SharedPublisher | None = None
    several_since_s: float = math.inf


class Wiring:
    """Subscriptions and publishers of a node until cleanup.

    The graph is looked up at most once a second, when the diagnostics are made, and in detail only where
    something is missing.

    Args:
        node: The node.
        expectations: Expectations by the topic's name.
    """

    def __init__(self, node: Node, expectations: Mapping[str, Expectation]) -> None:
        self._node = node
        self._expectations = expectations
        self._inputs: list[_Input] = []
        self._outputs: list[_Output] = []

    def subscribe(
        self,
        kind: type,
        name: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        profile: str,
        *,
        shared: bool = False,
    ) -> WatchedSubscription:
        """Subscribe with the QoS of the parameters qos.<profile>; shared: by reference where possible."""
        make = SharedSubscription if shared else WatchedSubscription
        subscription = make(self._node, kind, image_topic(self._node, name), callback, qos)
        self._inputs.append(_Input(self._end(kind, name, qos, profile), subscription))
        return subscription

    def publish(self, kind: type, name: str, qos: QoSProfile, profile: str) -> Publisher:
        """Create a publisher with the QoS of the parameters qos.<profile>."""
        publisher = self._node.create_publisher(kind, image_topic(self._node, name), qos)
        self._outputs.append(_Output(self._end(kind, name, qos, profile), publisher))
        return publisher

    def share(self, kind: type, name: str, qos: QoSProfile, profile: str) -> SharedPublisher:
        """Create a publisher likewise that also passes messages by reference within this process."""
        publisher = self.publish(kind, name, qos, profile)
        shared = SharedPublisher(self._node, kind, publisher, qos)
        self._outputs[-1].shared = shared
        return shared

    def restart_counts(self) -> None:
        """Count lost messages from 0 again."""
        for own in self._inputs:
            own.subscription.restart_count()

    def resume(self) -> None:
        """Let messages come that are handed over in another node's thread."""
        for own in self._inputs:
            own.subscription.resume()

    def pause(self) -> None:
        """Keep these away, and wait for one that is on its way."""
        for own in self._inputs:
            own.subscription.pause()

    def destroy(self) -> None:
        """Unsubscribe from everything and destroy all publishers."""
        while self._inputs:
            self._inputs.pop().subscription.destroy()
        while self._outputs:
            offered = self._outputs.pop()
            if offered.shared is not None:
                offered.shared.withdraw()
            self._node.destroy_publisher(offered.publisher)

    def describe(self, report: Report) -> None:
        """Add what is wrong with the topics, and how many messages were lost."""
        now_s = time.monotonic()
        for own in self._inputs:
            if name := own.end.expectation.lost:
                lost = own.subscription.lost
                report.values[name] = "unknown" if lost is None else lost
            if own.subscription.by_reference:
                report.values[f"taken by reference {own.end.topic}"] = True
            if own.renewals:
                report.values[f"subscribed again to {own.end.topic}"] = own.renewals
            self._describe_input(own, report, now_s)
        for offered in self._outputs:
            self._describe_output(offered, report, now_s)

    def _end(self, kind: type, name: str, qos: QoSProfile, profile: str) -> OwnEnd:
        topic = self._node.resolve_topic_name(image_topic(self._node, name))
        return OwnEnd(name, topic, kind, qos, profile, self._expectations.get(name, Expectation()))

    def _describe_input(self, own: _Input, report: Report, now_s: float) -> None:
        end, expected = own.end, own.end.expectation
        silent_s = now_s - own.subscription.received_s
        publishers = self._node.count_publishers(end.topic)
        own.subscription.note_publishers(publishers)
        self._describe_several(own, publishers, report, now_s)
        if silent_s <= expected.silence_s and math.isfinite(silent_s) and publishers:
            own.renew_at_s = math.inf
            return
        came = math.isfinite(silent_s)
        overdue = math.isfinite(expected.silence_s) and bool(came or expected.peer)
        since = f"for {silent_s:.0f} s" if came else "yet"
        what = f"No {expected.noun}" if expected.noun else "Nothing"
        head = f"{what} has come on {end.topic} {since}"
        infos = self._node.get_publishers_info_by_topic(end.topic)
        differences = self._differences(end, infos)
        fitting = [info for info, found in zip(infos, differences, strict=True) if not found]
        if fitting:
            self._renew(own, now_s)
            if overdue:
                report.warnings.append(f"{head}, although {who(fitting)} publishes there.")
        else:
            own.renew_at_s = math.inf
        if overdue and (fitting or not infos):
            report.values[f"{SILENT}{end.topic}"] = silent_s
        if infos and not fitting:
            report.warnings += [f"{head}: {sentence}." for sentence in sorted(set(differences))]
        elif not infos and (expected.peer or overdue):
            again = "any more" if came else "there"
            report.warnings.append(f"{head}: nobody publishes {again}. {advice(self._node, end)}")

    def _describe_output(self, own: _Output, report: Report, now_s: float) -> None:
        end = own.end
        self._describe_several(own, self._node.count_publishers(end.topic), report, now_s)
        subscribers = self._node.count_subscribers(end.topic)
        if not subscribers and end.expectation.peer:
            found = advice(self._node, end, subscribers=True)
            report.warnings.append(f"Nobody subscribes to {end.topic}. {found}")
        elif subscribers > own.publisher.get_subscription_count():
            infos = self._node.get_subscriptions_info_by_topic(end.topic)
            sentences = filter(None, self._differences(end, infos, subscribers=True))
            report.warnings += [f"On {end.topic}, {sentence}." for sentence in sorted(set(sentences))]

    def _describe_several(self, own: _Input | _Output, publishers: int, report: Report, now_s: float) -> None:
        """Warn where publishers contradict each other."""
        end = own.end
        if publishers < 2 or not end.expectation.single:
            own.several_since_s = math.inf
            return
        own.several_since_s = min(own.several_since_s, now_s)
        infos = self._node.get_publishers_info_by_topic(end.topic)
        same = [info for info in infos if info.topic_type == type_name(end.kind)]
        if len(same) > 1 and (len(node_names(same)) > 1 or self._all_live(own, now_s)):
            sentence = (
                f"{len(same)} publishers are on {end.topic} ({who(same)}), and their messages contradict "
                f"each other: stop one, or remap {end.name}."
            )
            # A node that also listens to its own topic says it once.
            report.warnings += [sentence] if sentence not in report.warnings else []

    def _all_live(self, own: _Input | _Output, now_s: float) -> bool:
        """Tell whether publishers of one name are several that publish, and not one that was killed."""
        since_s = own.several_since_s
        if now_s - since_s > _LEASE_S:
            return True
        if isinstance(own, _Input):
            return own.subscription.mixed_s > since_s
        mine = self._node.get_fully_qualified_name()
        infos = self._node.get_publishers_info_by_topic(own.end.topic)
        return now_s - since_s > _SETTLED_S and node_names(infos) == [mine]

    def _differences(
        self, end: OwnEnd, others: Iterable[TopicEndpointInfo], *, subscribers: bool = False
    ) -> list[str]:
        """Compare the other ends with the own one; return what differs for each, "": nothing."""
        look_up = "get_publishers_info_by_topic" if subscribers else "get_subscriptions_info_by_topic"
        me, kind = self._node.get_fully_qualified_name(), type_name(end.kind)
        mine = next(
            (
                info
                for info in getattr(self._node, look_up)(end.topic)
                if node_names([info]) == [me] and info.topic_type == kind
            ),
            None,
        )
        return [difference(end, other, mine) for other in others]

    def _renew(self, own: _Input, now_s: float) -> None:
        """Subscribe again from time to time where a publisher fits and messages should come."""
        latched = own.end.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
        never = math.isinf(own.subscription.received_s)
        if not (math.isfinite(own.end.expectation.silence_s) or (latched and never)):
            return
        if math.isinf(own.renew_at_s):
            own.backoff.succeeded()
            own.renew_at_s = now_s + own.backoff.failed()
            own.told_renewal = False
        elif now_s >= own.renew_at_s and not own.subscription.by_reference:
            own.subscription.renew()
            own.renewals += 1
            own.renew_at_s = now_s + own.backoff.failed()
            # Once for each silence: some publishers have nothing to say, and diagnostics has the count.
            if not own.told_renewal:
                own.told_renewal = True
                self._node.get_logger().info(
                    f"Subscribed to {own.end.topic} again: nothing has come from it."
                )
