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

"""Nodes that launch files start, set up, start again and end."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from support.launching import GENERAL, PRESETS, Launched

from hand_tracking_dsp.nodes.graph.names import NODES, RESTART


@pytest.mark.parametrize(
    ("file", "arguments", "nodes"),
    [
        (GENERAL, {"image": "eye", "battery": "/base/battery", "transport": "compressed"}, set(NODES)),
        ("camera.launch.py", {"source": "synthetic"}, {"camera_node"}),
        *(
            (
                f"gesture_{name}.launch.py",
                dict.fromkeys(("camera", "tracker"), "false"),
                {"pruning_controller_node", "power_node", "gesture_node", f"gesture_{name}_node"},
            )
            for name in ("teleop", "trigger")
        ),
    ],
)
def test_the_nodes_become_active_in_their_namespace_and_end_cleanly(launch, file, arguments, nodes):
    launched = Launched(launch, file, {"namespace": "robot", **arguments})
    launched.run(lambda running: running.active("robot") == nodes)
    assert launched.active("robot") == nodes
    if {"camera_node", "hand_tracker_node"} <= nodes:
        nodes = nodes - {"camera_node", "hand_tracker_node"} | {"composed_nodes"}
    assert launched.statuses == dict.fromkeys(nodes, 0)


@pytest.mark.parametrize(
    ("composed", "executables"),
    [
        ({}, {"composed_nodes", "power_node"}),
        ({"composed": "false"}, {"camera_node", "hand_tracker_node", "power_node"}),
    ],
)
def test_camera_and_tracker_share_a_process_unless_asked_not_to(launch, composed, executables):
    arguments = {"controller": "false", "source": "synthetic", "namespace": "robot"}
    launched = Launched(launch, GENERAL, {**arguments, **composed})
    nodes = {"camera_node", "hand_tracker_node", "power_node"}
    launched.run(lambda running: running.active("robot") == nodes)
    assert launched.active("robot") == nodes
    assert launched.statuses == dict.fromkeys(executables, 0)
    assert any("Reading synthetic hand" in line for line in launched.lines)


@pytest.mark.parametrize(
    ("without", "executable", "nodes"),
    [
        (("camera", "tracker", "controller"), "power_node", ("power_node",)),
        (("controller", "power"), "composed_nodes", ("camera_node", "hand_tracker_node")),
    ],
)
def test_what_is_alive_and_frozen_is_started_again_once(launch, without, executable, nodes):
    arguments = {**dict.fromkeys(without, "false"), "namespace": "robot", "respawn": "true"}
    launched = Launched(launch, GENERAL, arguments)
    first: list[int] = []

    def again(running):
        active = [sum(f"{node}]: active" in line for line in running.lines) for node in nodes]
        if not first and all(active):
            first.append(running.pids[executable])
            # The watch has had a report of it by then.
            threading.Timer(5.0, os.kill, (first[0], signal.SIGSTOP)).start()
        return all(count == 2 for count in active)

    launched.run(again)
    restarts = [line for line in launched.lines if line.startswith(RESTART)]
    assert [line.split(" for ")[0] for line in restarts] == [
        f"{RESTART} {'+'.join(nodes)} has not reported in /diagnostics"
    ]
    assert launched.pids[executable] != first[0]
    assert launched.statuses == {executable: 0, "flow_watch": 0}


def test_arguments_reach_the_nodes(launch, tmp_path):
    arguments = {"bank": str(tmp_path), "power": "false", "tracker": "false", "respawn": "true"}
    launched = Launched(launch, GENERAL, {**arguments, "source": "gst:nothing"})

    def told(running):
        text = "\n".join(running.lines)
        return "gst" in text.lower() and str(tmp_path) in text

    launched.run(told)
    text = "\n".join(launched.lines)
    assert str(tmp_path / "bank.json") in text
    # The pipeline is allowed to whoever starts the launch file.
    assert "allow_gstreamer" not in text


def test_nothing_starts_itself_where_a_manager_does(launch):
    arguments = {"autostart": "false", "tracker": "false", "power": "false", "log_level": "debug"}
    launched = Launched(launch, GENERAL, arguments)
    launched.run(lambda running: len(running.pids) == 2 and len(running.lines) > 20)
    assert launched.active() == set()
    assert not any("configure" in line for line in launched.lines)


def test_a_node_that_dies_is_started_again(launch):
    arguments = {"respawn": "true", "respawn_delay": "0.2"}
    launched = Launched(launch, "camera.launch.py", arguments)
    killed = []

    def again(running):
        starts = sum(line.endswith("[camera_node]: active") for line in running.lines)
        if starts == 1 and not killed:
            killed.append(running.pids["camera_node"])
            os.kill(killed[0], signal.SIGKILL)
        return starts == 2

    launched.run(again)
    assert launched.pids["camera_node"] != killed[0]


def test_a_bag_stands_in_for_the_camera_and_all_ends_with_it(launch, synthetic_bag):
    launched = Launched(launch, "replay.launch.py", {"bag": str(synthetic_bag)}).run()
    assert launched.active() == PRESETS["replay.launch.py"]
    assert launched.statuses == dict.fromkeys(
        {"hand_tracker_node", "pruning_controller_node", "hand-tracking-dsp"}, 0
    )
    assert any("image_raw" in line and "messages" in line for line in launched.lines)
    assert not any("No subscriber" in line for line in launched.lines)
