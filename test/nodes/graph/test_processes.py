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

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest
from hand_tracking_dsp.msg import ControllerState, HandArray
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.graph.names import NODES
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
from hand_tracking_dsp.nodes.graph.transport import PROFILE_VARIABLES, transport_in_force

POWER = {"power_node": {"source": "simulated"}}


class Lines:
    """Collects what children print, and waits for a word of it."""

    def __init__(self):
        self.lines: list[tuple[str, str]] = []

    def __call__(self, node, line):
        self.lines.append((node, line))

    def text(self):
        return "\n".join(line for _, line in self.lines)

    def until(self, word, patience_s=120.0):
        deadline = time.monotonic() + patience_s
        while word not in self.text():
            assert time.monotonic() < deadline, f"{word!r} was never printed, but this: {self.text()}"
            time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until_gone(pids, patience_s=120.0):
    deadline = time.monotonic() + patience_s
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, f"of {pids} some are still running"
        time.sleep(0.05)


@pytest.fixture
def lines():
    return Lines()


def test_children_get_the_transport_that_images_need(monkeypatch):
    for name in PROFILE_VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    assert transport_in_force(GraphOptions().child_environment()).warning == ""
    monkeypatch.setenv(PROFILE_VARIABLES[3], "mine.xml")
    environment = GraphOptions().child_environment()
    assert [environment.get(name) for name in PROFILE_VARIABLES.values()] == [None, "mine.xml"]


def test_the_four_nodes_find_each_other_and_stop_without_a_trace(graph, lines):
    hands, states = (
        graph.hear(HandArray, "robot/hands"),
        graph.hear(ControllerState, "robot/controller_state"),
    )
    batteries = graph.hear(BatteryState, "robot/battery_state")
    options = GraphOptions(domain_id=graph.domain_id, namespace="robot", parameters=POWER)
    with NodeProcesses(options, lines) as nodes:
        pids = list(nodes.pids.values())
        assert len(pids) == 4
        graph.until(lambda: any(array.hands for array in hands), "hands were found", 60)
        graph.until(lambda: batteries, "the battery was heard")

        def heard_all():
            names = states and states[-1].observation_names
            return names and states[-1].observation[names.index("battery_charge")] > 0.9

        graph.until(heard_all, "the controller heard of the battery")
        assert not nodes.exited()
        statuses = nodes.stop()
    assert statuses == dict.fromkeys(NODES, 0)
    until_gone(pids)
    assert "Traceback" not in lines.text()


def test_values_from_outside_win_over_every_section_of_the_file(graph, lines, tmp_path):
    file = tmp_path / "any.yaml"
    file.write_text(
        "/**:\n  ros__parameters: {rate_hz: 1.0, source: none}\n"
        "/**/power_node:\n  ros__parameters: {rate_hz: 2.0, source: none}\n"
    )
    states = graph.hear(BatteryState, "charge")
    options = GraphOptions(
        nodes=("power_node",),
        params_file=file,
        parameters=POWER,
        yaml_parameters={"power_node": {"rate_hz": "20"}},
        remaps={"battery_state": "charge"},
        domain_id=graph.domain_id,
    )
    with NodeProcesses(options, lines):
        graph.until(lambda: states, "the battery was heard under its new name")
        assert states[0].location.startswith("simulated")


def test_a_signal_while_a_node_is_starting_stops_it_cleanly(domain_id, lines):
    with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id=domain_id), lines) as nodes:
        # It may take long to get that far beside other tests.
        assert nodes.stop(60.0) == {"power_node": 0}
    assert "Traceback" not in lines.text()


def test_sigterm_stops_a_node_cleanly(domain_id, lines):
    with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id=domain_id), lines) as nodes:
        lines.until("active")
        pid = nodes.pids["power_node"]
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 120
        while not nodes.exited():
            assert time.monotonic() < until
            time.sleep(0.02)
        assert nodes.exited() == {"power_node": 0}


def test_a_node_that_does_not_stop_is_killed(domain_id, lines):
    with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id=domain_id), lines) as nodes:
        lines.until("active")
        os.kill(nodes.pids["power_node"], signal.SIGSTOP)
        assert nodes.stop(grace_s=0.1) == {"power_node": -signal.SIGKILL}


def test_no_node_outlives_a_killed_parent(domain_id):
    program = f"""
        from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
        import time
        with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id={domain_id})) as nodes:
            print("PID", nodes.pids["power_node"], flush=True)
            time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline().split()[1])
        parent.kill()
    until_gone([pid])


def test_a_file_that_breaks_later_ends_a_node_with_a_sentence(domain_id, lines, tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("/**:\n  ros__parameters: {rate_hz: 1.0}\n")
    options = GraphOptions(nodes=("power_node",), params_file=file, domain_id=domain_id)
    file.write_text("][")
    with NodeProcesses(options, lines) as nodes:
        lines.until("The node cannot start:")
        deadline = time.monotonic() + 120
        while not nodes.exited():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert nodes.exited() == {"power_node": 2}
    assert "Traceback" not in lines.text()
    assert ".c:" not in lines.text()


def test_what_a_node_says_is_read_also_where_it_cannot_be_written(domain_id, lines):
    def full(node, line):
        lines(node, line)
        raise OSError(28, "No space left on device")

    with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id=domain_id), full) as nodes:
        lines.until("] active")
        # It may take long to get that far beside other tests.
        assert nodes.stop(60.0) == {"power_node": 0}


@pytest.mark.parametrize("home", [None, "/proc/none"])
def test_a_service_without_a_home_runs(domain_id, lines, monkeypatch, tmp_path, home):
    for name in ("ROS_LOG_DIR", "ROS_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ROS_LOG_DIR", "")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    if home:
        monkeypatch.setenv("HOME", home)
    with NodeProcesses(GraphOptions(nodes=("power_node",), domain_id=domain_id), lines) as nodes:
        lines.until("] active")
        # It may take long to get that far beside other tests.
        assert nodes.stop(60.0) == {"power_node": 0}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"nodes": ("toaster",)}, "There is no node 'toaster': the nodes are camera_node,"),
        ({"domain_id": 102}, "The ROS domain is 102: choose one from 0 to 101."),
    ],
)
def test_refuses_what_cannot_be_started(options, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        GraphOptions(**options)
    assert str(refusal.value).startswith(sentence)
