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

"""Nodes that are alive and do not work are found from outside, in a real graph."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from hand_tracking_dsp.msg import HandArray

from hand_tracking_dsp.nodes.flow_watch import main
from hand_tracking_dsp.nodes.graph import flow
from hand_tracking_dsp.nodes.graph.flow import FlowWatch
from hand_tracking_dsp.nodes.graph.names import RESTART
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
from hand_tracking_dsp.nodes.tables.wiring import SILENT

NODES = {"gesture_node": "/robot/gesture_node"}


class Suspect:
    """Reports as a node does, beside a publisher of hands."""

    def __init__(self, node):
        self.node = node
        self.reports = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.hands = node.create_publisher(HandArray, "/hands", 10)

    def until_watched(self):
        deadline = time.monotonic() + 120
        while not self.reports.get_subscription_count():
            assert time.monotonic() < deadline, "nobody subscribes to /diagnostics"
            time.sleep(0.02)

    def report(self, state="active", **silent_s):
        values = [KeyValue(key="state", value=state)]
        values += [KeyValue(key=f"{SILENT}/{topic}", value=str(since)) for topic, since in silent_s.items()]
        status = DiagnosticStatus(name="robot/gesture_node: status", values=values)
        self.reports.publish(DiagnosticArray(status=[status]))


@pytest.fixture
def suspect(domain_id, monkeypatch):
    monkeypatch.setattr(flow, "FROZEN_S", 1.0)
    monkeypatch.setattr(flow, "DEAF_S", 1.0)
    # A busy machine may not run the test for so long.
    monkeypatch.setattr(flow, "_OWN_PAUSE_S", 60.0)
    monkeypatch.setattr(flow, "_FRESH_S", 60.0)
    context = rclpy.Context()
    context.init(domain_id=domain_id)
    node = rclpy.create_node("suspect", context=context)
    yield Suspect(node)
    node.destroy_node()
    context.try_shutdown()


def first_trouble(watch, act):
    """Act again and again until the watch finds something."""
    deadline = time.monotonic() + 120
    while not (troubles := watch.troubles()):
        assert time.monotonic() < deadline, "the watch has found nothing"
        act()
        time.sleep(0.05)
    return troubles["gesture_node"]


def test_a_node_that_receives_nothing_where_messages_come_is_deaf(suspect, domain_id):
    def act():
        suspect.report(hands="inf")
        suspect.hands.publish(HandArray())

    with FlowWatch(NODES, domain_id) as watch:
        trouble = first_trouble(watch, act)
        assert trouble.startswith("has received nothing for ")
        assert trouble.endswith(" s on /hands, where messages come")
        watch.forget("gesture_node")
        assert watch.troubles() == {}


def test_a_node_whose_topic_is_silent_for_all_is_not_deaf(suspect, domain_id):
    with FlowWatch(NODES, domain_id) as watch:
        suspect.until_watched()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            suspect.report(hands="inf")
            assert watch.troubles() == {}
            time.sleep(0.1)


@pytest.mark.parametrize("came_before", [False, True])
def test_only_the_time_for_which_messages_come_counts_after_a_pause_of_a_topic(
    suspect, domain_id, monkeypatch, came_before
):
    monkeypatch.setattr(flow, "_FRESH_S", 1.0)

    def act():
        suspect.report(hands="inf")
        suspect.hands.publish(HandArray())

    with FlowWatch(NODES, domain_id) as watch:
        suspect.until_watched()
        if came_before:
            first_trouble(watch, act)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            suspect.report(hands="inf")
            watch.troubles()
            time.sleep(0.1)
        again_s = time.monotonic()
        said_s = int(first_trouble(watch, act).split()[4])
        # The figure is rounded.
        assert said_s <= time.monotonic() - again_s + 0.5


def test_a_node_that_no_longer_reports_is_frozen_unless_it_loads(suspect, domain_id):
    with FlowWatch(NODES, domain_id) as watch:
        suspect.until_watched()
        suspect.report("unconfigured")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert watch.troubles() == {}
            time.sleep(0.1)
        suspect.report("active")
        assert first_trouble(watch, lambda: None).startswith("has not reported in /diagnostics for ")


def test_a_node_that_never_says_that_it_is_configured_is_frozen_in_the_end(suspect, domain_id, monkeypatch):
    monkeypatch.setattr(flow, "STARTING_S", 2.0)
    with FlowWatch(NODES, domain_id) as watch:
        assert first_trouble(watch, lambda: None) == "has not reported in /diagnostics for 2 s"
        watch.forget("gesture_node")
        assert watch.troubles() == {}
        suspect.until_watched()
        suspect.report("unconfigured")
        assert first_trouble(watch, lambda: None) == "has not reported in /diagnostics for 2 s"


def test_the_program_prints_a_line_for_a_node_that_is_frozen(domain_id):
    code = (
        "import sys; from hand_tracking_dsp.nodes.graph import flow; flow.FROZEN_S = 1.0; "
        "from hand_tracking_dsp.nodes.flow_watch import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "power_node", "--ros-args", "-r", "__ns:=/robot"]
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain_id)}
    options = GraphOptions(nodes=("power_node",), namespace="robot", domain_id=domain_id)
    said: list[str] = []
    with (
        NodeProcesses(options, lambda _, line: said.append(line)) as nodes,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program,
    ):
        deadline = time.monotonic() + 120
        while not any(line.endswith("active") for line in said):
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        # It goes on until the watch has had a report of it; then it stands still.
        reader = threading.Thread(target=lambda: said.append(program.stdout.readline()))
        reader.start()
        while not any(line.startswith(f"{RESTART} power_node has not reported") for line in said):
            assert time.monotonic() < deadline, said
            os.kill(nodes.pids["power_node"], signal.SIGCONT)
            time.sleep(1.5)
            os.kill(nodes.pids["power_node"], signal.SIGSTOP)
            time.sleep(3)
        reader.join()
        os.kill(nodes.pids["power_node"], signal.SIGCONT)
        program.send_signal(signal.SIGINT)
    assert program.returncode == 0


def test_the_program_asks_for_nodes(capsys):
    assert main(["flow_watch", "--ros-args", "-r", "__ns:=/robot"]) == 2
    assert capsys.readouterr().err == "flow_watch: name the nodes to watch.\n"
