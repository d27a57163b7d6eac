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

import ast
import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest
import yaml

from hand_tracking_dsp.nodes.graph.names import NODES, RESTART, SHORT_NAMES
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.resources import share_path

GENERAL = "hand_tracking.launch.py"
PRESETS = {
    "camera.launch.py": {"camera_node"},
    "depthai.launch.py": {"hand_tracker_node", "pruning_controller_node", "power_node"},
    "gesture_teleop.launch.py": {*NODES, "gesture_node", "gesture_teleop_node"},
    "gesture_trigger.launch.py": {*NODES, "gesture_node", "gesture_trigger_node"},
    "realsense.launch.py": {"hand_tracker_node", "pruning_controller_node", "power_node"},
    "replay.launch.py": {"hand_tracker_node", "pruning_controller_node"},
}
PATIENCE_S = 240.0


def tree(file):
    return ast.parse(share_path("launch", file).read_text(encoding="utf-8"))


def constants():
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree(GENERAL).body
        if isinstance(statement, ast.Assign)
    }


def test_starts_what_the_command_up_starts():
    on_request = constants()["ON_REQUEST"]
    assert {node for name, node in SHORT_NAMES.items() if name not in on_request} == set(NODES)


def test_arguments_set_parameters_that_the_nodes_have():
    names = {node: {parameter.name for parameter in table} for node, table in TABLES.items()}
    for parameters in constants()["PARAMETERS"].values():
        for short, parameter in parameters.items():
            assert parameter in names[SHORT_NAMES[short]]


def test_these_are_all_launch_files():
    assert {path.name for path in share_path("launch", GENERAL).parent.glob("*.py")} == {GENERAL, *PRESETS}


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_imports_nothing_that_a_robot_may_lack(file):
    nodes = list(ast.walk(tree(file)))
    modules = {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"hand_tracking_dsp", "json", "launch", "launch_ros", "pathlib"}


@pytest.fixture
def launch(domain_id, monkeypatch):
    pytest.importorskip("launch_ros", reason="launch and launch_ros are not installed (they are not on PyPI)")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
    import launch

    return launch


def source(file):
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    return PythonLaunchDescriptionSource(str(share_path("launch", file)))


class Launched:
    """Runs a launch file until a condition of its output holds, or it ends by itself.

    Attributes:
        lines: Lines that the processes have printed so far.
        pids: Process ids by executable, of the process started last.
        commands: Command lines by executable, likewise.
        statuses: Exit statuses by executable.
    """

    def __init__(self, launch, file, arguments):
        self._launch, self._file, self._arguments = launch, file, arguments
        self.lines: list[str] = []
        self.pids: dict[str, int] = {}
        self.commands: dict[str, list[str]] = {}
        self.statuses: dict[str, int] = {}

    def run(self, until=lambda _: False):
        """Run; until is called with this object whenever something was printed."""
        launch = self._launch
        stop = launch.actions.EmitEvent(event=launch.events.Shutdown(reason="the test has seen enough"))

        def on_output(event):
            self.lines += event.text.decode(errors="replace").splitlines()
            return stop if until(self) else None

        def on_start(event, _):
            name = event.process_name.rpartition("-")[0]
            self.pids[name], self.commands[name] = event.pid, event.cmd

        def on_exit(event, _):
            self.statuses[event.process_name.rpartition("-")[0]] = event.returncode

        handlers = [
            launch.event_handlers.OnProcessIO(on_stdout=on_output, on_stderr=on_output),
            launch.event_handlers.OnProcessStart(on_start=on_start),
            launch.event_handlers.OnProcessExit(on_exit=on_exit),
        ]
        description = launch.LaunchDescription(
            [
                *map(launch.actions.RegisterEventHandler, handlers),
                # Launch kills what has not ended after five seconds, which a busy machine may need.
                launch.actions.SetLaunchConfiguration("sigterm_timeout", str(PATIENCE_S)),
                launch.actions.IncludeLaunchDescription(
                    source(self._file), launch_arguments=self._arguments.items()
                ),
                launch.actions.TimerAction(period=PATIENCE_S, actions=[stop]),
            ]
        )
        service = launch.LaunchService(noninteractive=True)
        service.include_launch_description(description)
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(service.run_async())
        finally:
            loop.close()
        return self

    def active(self, namespace=""):
        """Name the nodes that have become active."""
        prefix = f"{namespace}." if namespace else ""
        return {
            node
            for node in SHORT_NAMES.values()
            if any(line.endswith(f"[{prefix}{node}]: active") for line in self.lines)
        }


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_every_argument_is_described(launch, file):
    description = source(file).get_launch_description(launch.LaunchContext())
    arguments = description.get_launch_arguments(conditional_inclusion=True)
    assert {"namespace", "params_file", "source", "log_level", "composed", *SHORT_NAMES} <= {
        argument.name for argument in arguments
    }
    # launch adds the choices.
    assert all(one.description.partition(" Valid choices")[0].endswith(".") for one in arguments)


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


# A launch file of a driver, which writes down what it was given.
DRIVER = """
import json
from pathlib import Path
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction

def note(context):
    Path({path!r}).write_text(json.dumps(dict(context.launch_configurations)))

def generate_launch_description():
    # Such arguments of the driver are no business of this package's nodes.
    own = ("params_file", "respawn", "depth")
    arguments = [DeclareLaunchArgument(name, default_value="drivers") for name in own]
    return LaunchDescription([*arguments, OpaqueFunction(function=note)])
"""


@pytest.mark.parametrize(
    ("preset", "package", "file", "given", "colour", "depth"),
    [
        (
            "realsense.launch.py",
            "realsense2_camera",
            "rs_launch.py",
            {
                "camera_namespace": "camera",
                "camera_name": "eye",
                "enable_color": "true",
                "enable_depth": "true",
                "align_depth.enable": "true",
                "enable_sync": "true",
                "rgb_camera.color_profile": "640x480x30",
                "depth_module.depth_profile": "640x480x30",
            },
            "/camera/eye/color/image_raw",
            "/camera/eye/aligned_depth_to_color/image_raw",
        ),
        *(
            (
                "depthai.launch.py",
                "depthai_ros_driver",
                file,
                {"name": "eye", "namespace": "", "camera_model": "OAK-D"},
                "/eye/rgb/image_raw",
                "/eye/stereo/image_raw",
            )
            for file in ("camera.launch.py", "driver.launch.py")
        ),
    ],
)
def test_presets_of_depth_cameras_start_the_driver_and_take_its_images(
    launch, preset, package, file, given, colour, depth, tmp_path, monkeypatch
):
    notes = tmp_path / "given.json"
    folder = tmp_path / "share" / package / "launch"
    folder.mkdir(parents=True)
    (folder / file).write_text(DRIVER.format(path=str(notes)))
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / package).touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path), prepend=os.pathsep)
    without = dict.fromkeys(("controller", "power"), "false")
    launched = Launched(launch, preset, {"namespace": "robot", "camera_name": "eye", **without})
    launched.run(lambda running: running.active("robot") == {"hand_tracker_node"})
    assert launched.active("robot") == {"hand_tracker_node"}
    found = json.loads(notes.read_text())
    assert {name: found[name] for name in given} == given
    if preset == "depthai.launch.py":
        assert Path(found["params_file"]).samefile(share_path("config", "depthai.yaml"))
    command = launched.commands["hand_tracker_node"]
    assert {f"image_raw:={colour}", f"depth/image_raw:={depth}"} <= set(command)
    files = [Path(command[place + 1]) for place, word in enumerate(command) if word == "--params-file"]
    assert files[0].samefile(share_path("config", "hand_tracking.yaml"))
    assert yaml.safe_load(files[1].read_text())["/**"]["ros__parameters"]["depth.mode"] == "fused"


def test_parameters_of_depthais_driver_are_yaml_for_any_node():
    content = yaml.safe_load(share_path("config", "depthai.yaml").read_text(encoding="utf-8"))
    parameters = content["/**"]["ros__parameters"]
    assert parameters["stereo"] == {"i_align_depth": True, "i_synced": True, "i_subpixel": True}
    assert (parameters["rgb"], parameters["camera"]["i_nn_type"]) == ({"i_synced": True}, "none")
