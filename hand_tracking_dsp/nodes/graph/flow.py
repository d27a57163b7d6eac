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

"""Watch over running nodes by what they publish: a process may be alive and its node frozen or deaf."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.tables.wiring import SILENT

FROZEN_S = 15.0
"""Silence of a node's /diagnostics, which come once a second, after which it counts as frozen, seconds."""

STARTING_S = 600.0
"""The same for a node that has not said since its start that it is configured: loading may take minutes."""

DEAF_S = 20.0
"""Time that a node may receive nothing where messages are published, seconds: it first subscribes again."""

_FRESH_S = 2.0
# Who watches may itself not have run for a while; then no silence counts.
_OWN_PAUSE_S = 2.0
_CONFIGURED = ("active", "inactive", "finalized")
_ALL = QoSProfile(depth=1000)
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclass(slots=True)
class _Known:
    """Last report of a node, or its start, and since when it misses which topics."""

    heard_s: float
    state: str = ""
    silent_since_s: dict[str, float] = field(default_factory=dict)


class _Probe:
    """Subscription that only notes that messages come, and since when they do without a pause."""

    def __init__(self, node: Node, topic: str, kind: type) -> None:
        self.received_s = -math.inf
        self.coming_since_s = math.inf
        self._node = node
        self._subscription: Subscription = node.create_subscription(
            kind, topic, self._note, _NEWEST, raw=True
        )

    def _note(self, _: bytes) -> None:
        now_s = time.monotonic()
        if now_s - self.received_s > _FRESH_S:
            self.coming_since_s = now_s
        self.received_s = now_s

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)


class FlowWatch(SpinningNode):
    """Finds nodes that are frozen or deaf; entered with ``with``.

    A node is deaf where it reports for DEAF_S that nothing comes on a topic on which this process
    receives messages all that time. Such a topic is subscribed to only while a node reports it.

    Args:
        nodes: Full names of the nodes, by the names that troubles gives them.
        domain_id: ROS domain; None: the environment's.
    """

    def __init__(self, nodes: Mapping[str, str], domain_id: int | None = None) -> None:
        super().__init__("hand_tracking_watch", domain_id)
        self._nodes = {f"{full.lstrip('/')}: status": node for node, full in nodes.items()}
        self._looked_s = time.monotonic()
        self._known = {node: _Known(self._looked_s) for node in nodes}
        self._probes: dict[str, _Probe] = {}
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, _ALL)

    def forget(self, node: str) -> None:
        """Forget a node that is started again."""
        self._known[node] = _Known(time.monotonic())

    def troubles(self) -> dict[str, str]:
        """Say what is wrong, by node; to be called several times a second."""
        now_s = time.monotonic()
        pause_s = now_s - self._looked_s
        self._looked_s = now_s
        if pause_s > _OWN_PAUSE_S:
            for report in self._known.values():
                report.heard_s += pause_s
        found = {node: self._trouble(report, now_s) for node, report in self._known.items()}
        return {node: sentence for node, sentence in found.items() if sentence}

    def _trouble(self, report: _Known, now_s: float) -> str:
        silent_s = now_s - report.heard_s
        if silent_s > (FROZEN_S if report.state in _CONFIGURED else STARTING_S):
            return f"has not reported in /diagnostics for {silent_s:.0f} s"
        for topic, since_s in report.silent_since_s.items():
            probe = self._probes.get(topic)
            if probe is None or now_s - probe.received_s > _FRESH_S:
                continue
            # A topic may have paused for all: only what came and was missed counts.
            missed_s = now_s - max(since_s, probe.coming_since_s)
            if missed_s > DEAF_S:
                return f"has received nothing for {missed_s:.0f} s on {topic}, where messages come"
        return ""

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name in self._nodes:
                self._note(self._nodes[status.name], status)
        self._probe({topic for report in self._known.values() for topic in report.silent_since_s})

    def _note(self, node: str, status: DiagnosticStatus) -> None:
        values = {pair.key: pair.value for pair in status.values}
        before = self._known[node].silent_since_s
        now_s = time.monotonic()
        silent = {key.removeprefix(SILENT) for key in values if key.startswith(SILENT)}
        since = {topic: before.get(topic, now_s) for topic in silent}
        self._known[node] = _Known(now_s, values.get("state", ""), since)

    def _probe(self, topics: set[str]) -> None:
        """Subscribe to these topics and to no others, in the thread that spins."""
        for topic in self._probes.keys() - topics:
            self._probes.pop(topic).close()
        if missing := topics - self._probes.keys():
            types = dict(self.node.get_topic_names_and_types())
            for topic in missing & types.keys():
                package, folder, name = types[topic][0].split("/")
                kind = getattr(import_module(f"{package}.{folder}"), name)
                self._probes[topic] = _Probe(self.node, topic, kind)
