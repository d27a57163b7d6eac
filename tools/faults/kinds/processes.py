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

"""Nodes that end, stand still, or leave their working state."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from random import Random

from std_srvs.srv import Trigger

from faults.injection import fault
from faults.running_graph import PROCESSES, RunningGraph
from hand_tracking_dsp.nodes.graph.division import TOGETHER, process_of
from hand_tracking_dsp.nodes.graph.names import ALL_NODES, SHORT_NAMES
from hand_tracking_dsp.nodes.graph.stop_trials import busy_processes

_SHORT = {name: short for short, name in SHORT_NAMES.items()}
# Nodes whose silence others depend on, and the pattern of what those say.
_MISSED = {
    **dict.fromkeys(TOGETHER, ("pruning_controller_node|gesture_node", "stats|hands")),
    "power_node": ("pruning_controller_node", "battery"),
    "gesture_node": ("gesture_teleop_node", "gestures"),
}


def _ended(node: str, number: signal.Signals) -> None:
    process = process_of(node, PROCESSES)
    logged = re.escape(f"{process} has ended")

    @fault(f"{_SHORT[node]} ended by {number.name}", logged=logged, ends=PROCESSES[process])
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        graph.signal(node, number)
        yield ""


def _stopped(node: str) -> None:
    watcher, saying = _MISSED.get(node, ("", ""))
    ends = PROCESSES[process_of(node, PROCESSES)]

    @fault(f"{_SHORT[node]} stands still", watcher, saying, logged=f"{node} has not reported", ends=ends)
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        graph.signal(node, signal.SIGSTOP)
        try:
            yield ""
        finally:
            graph.signal(node, signal.SIGCONT)


def _left(node: str, transitions: tuple[str, ...], back: tuple[str, ...]) -> None:
    @fault(f"{_SHORT[node]} after {' and '.join(transitions)}", node, "inactive|unconfigured")
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        for transition in transitions:
            graph.change_state(node, transition)
        try:
            yield ""
        finally:
            for transition in back:
                graph.change_state(node, transition)


def _finalized(node: str) -> None:
    ends = PROCESSES[process_of(node, PROCESSES)]

    @fault(f"{_SHORT[node]} shut down", node, "finalized", ends=ends)
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        graph.change_state(node, "shutdown")
        try:
            yield ""
        finally:
            graph.signal(node, signal.SIGTERM)


for _node in ALL_NODES:
    _ended(_node, signal.SIGKILL)
    _ended(_node, signal.SIGSEGV)
    _ended(_node, signal.SIGTERM)
    _stopped(_node)
    _left(_node, ("deactivate",), ("activate",))
    _left(_node, ("deactivate", "cleanup"), ("configure", "activate"))
    _finalized(_node)


@fault("transitions that the state does not have")
def _wrong_transition(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
    for _ in range(5):
        graph.change_state(random.choice(ALL_NODES), random.choice(("configure", "activate", "cleanup")))
    yield ""


@fault("fifty calls of reset")
def _resets(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    for _number in range(50):
        graph.call(Trigger, "hand_tracker_node/reset", Trigger.Request())
    yield ""


@fault("the machine busy with other work")
def _busy(_: RunningGraph, random: Random) -> Generator[str, None, None]:
    with busy_processes(random.randint(1, 2 * (os.cpu_count() or 1))):
        yield ""


_PARTICIPANT = """
import os, signal, rclpy
rclpy.init(args=[], domain_id={domain})
node = rclpy.create_node("stranger")
from sensor_msgs.msg import Image
publisher = node.create_publisher(Image, "image_raw", 1)
os.kill(os.getpid(), signal.SIGKILL)
"""


@fault("strangers that die while they join")
def _strangers(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    code = _PARTICIPANT.format(domain=graph.domain_id)
    for stranger in [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]:
        stranger.wait()
    yield ""


@fault("a stranger of the tracker's own name")
def _namesake(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    from rclpy.node import Node

    node = Node("hand_tracker_node", context=graph.probe.node.context)
    try:
        yield ""
    finally:
        node.destroy_node()
