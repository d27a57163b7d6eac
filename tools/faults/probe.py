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

"""Watches a running graph from outside: which topics flow, and what /diagnostics says."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from hand_tracking_dsp.msg import ControllerState, GestureArray, HandArray, SparsityCommand, TrackerStats
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.nodes.graph.spinning import SpinningNode

_ANY = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
_LEVELS = {b"\x00": "OK", b"\x01": "WARN", b"\x02": "ERROR", b"\x03": "STALE"}
FLOWS = ("hands", "stats", "controller_state", "battery_state", "gestures")
"""Topics that flow all the time in a graph that works."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a node said of itself in /diagnostics.

    Attributes:
        at_s: When it was received, by time.monotonic, seconds.
        level: OK, WARN, ERROR or STALE.
        state: The lifecycle state that it named.
        text: The sentence.
    """

    at_s: float
    level: str
    state: str
    text: str


class Probe(SpinningNode):
    """Counts messages by topic and keeps what /diagnostics says, within a ``with`` block.

    Args:
        domain_id: ROS domain, 0 to 101.

    Attributes:
        stranger: Node to publish with.
        counts: Messages received by topic; one that a stranger sent counts as well.
        last: Status by node as it was received last.
        latencies_ms: total_ms of every TrackerStats received.
        levels: Levels that frames ran at, in their order.
        dropped: frames_dropped and frames_rejected of the newest TrackerStats.
    """

    def __init__(self, domain_id: int) -> None:
        super().__init__("faults_probe", domain_id)
        # Never spun: its publishers come and go in another thread than the one that spins.
        self.stranger = Node("stranger", context=self.node.context, enable_rosout=False)
        self.counts: Counter[str] = Counter()
        self.last: dict[str, Said] = {}
        self.latencies_ms: list[float] = []
        self.levels: list[int] = []
        self.dropped = (0, 0)
        self._arrivals: dict[str, float] = {}
        self._history: list[tuple[str, Said]] = []
        self._lock = threading.Lock()
        subscribe = self.node.create_subscription
        subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, QoSProfile(depth=200))
        subscribe(TrackerStats, "stats", self._on_stats, _ANY)
        for kind, topic in (
            (HandArray, "hands"),
            (ControllerState, "controller_state"),
            (BatteryState, "battery_state"),
            (GestureArray, "gestures"),
            (SparsityCommand, "sparsity_command"),
            (Twist, "cmd_vel"),
        ):
            subscribe(kind, topic, lambda _, name=topic: self._arrived(name), _ANY)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end both nodes."""
        self.stranger.destroy_node()
        super().__exit__(kind, error, trace)

    def said(self, node: str, pattern: str, since_s: float, *, noted: bool = False) -> bool:
        """Whether a node has said a sentence that matches, as WARN or ERROR or, if noted, OK, since then."""
        with self._lock:
            return any(
                said.at_s >= since_s
                and (noted or said.level != "OK")
                and re.search(node, name)
                and re.search(pattern, said.text)
                for name, said in reversed(self._history)
            )

    def troubles(self, since_s: float) -> list[str]:
        """List the different sentences of WARN and ERROR since then, each behind its node."""
        with self._lock:
            lines = [
                f"{name} {s.level}: {s.text}"
                for name, s in self._history
                if s.at_s >= since_s and s.level != "OK"
            ]
        return list(dict.fromkeys(lines))

    def flowing_since(self, since_s: float) -> bool:
        """Whether every topic of FLOWS has had a message since then."""
        return all(self._arrivals.get(topic, 0.0) >= since_s for topic in FLOWS)

    def silent(self, since_s: float, nodes: tuple[str, ...]) -> list[str]:
        """List what has not come since then: topics, and nodes that have not said that they are active."""
        missing = [topic for topic in FLOWS if self._arrivals.get(topic, 0.0) < since_s]
        with self._lock:
            for node in nodes:
                said = self.last.get(node)
                if said is None or said.at_s < since_s or said.state != "active":
                    missing.append(f"{node} {said.state if said and said.at_s >= since_s else 'silent'}")
        return missing

    def forget(self) -> None:
        """Drop what was said before the last minute."""
        with self._lock:
            begin = time.monotonic() - 60
            self._history = [(name, said) for name, said in self._history if said.at_s > begin]

    def _arrived(self, topic: str) -> None:
        self.counts[topic] += 1
        self._arrivals[topic] = time.monotonic()

    def _on_stats(self, message: TrackerStats) -> None:
        self._arrived("stats")
        self.latencies_ms.append(message.total_ms)
        self.levels.append(message.applied_level)
        self.dropped = (message.frames_dropped, message.frames_rejected)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        with self._lock:
            for status in message.status:
                name = status.name.partition(":")[0]
                state = next((pair.value for pair in status.values if pair.key == "state"), "")
                level = _LEVELS.get(
                    bytes(status.level) if not isinstance(status.level, int) else bytes([status.level]), ""
                )
                self.last[name] = said = Said(time.monotonic(), level, state, status.message)
                self._history.append((name, said))
