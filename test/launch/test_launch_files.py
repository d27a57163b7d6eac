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

import pytest

from hand_tracking_dsp.nodes.graph.processes import NODES, SHORT_NAMES
from hand_tracking_dsp.resources import share_path

GENERAL = "hand_tracking.launch.py"
PRESETS = {
    "gesture_teleop.launch.py": {"gesture_node", "gesture_teleop_node"},
    "gesture_trigger.launch.py": {"gesture_node", "gesture_trigger_node"},
}


def tree(file):
    return ast.parse(share_path("launch", file).read_text(encoding="utf-8"))


def constants():
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree(GENERAL).body
        if isinstance(statement, ast.Assign)
    }


def test_starts_what_the_command_up_starts():
    known = constants()
    assert known["NODES"] == dict(SHORT_NAMES)
    assert {node for name, node in SHORT_NAMES.items() if name not in known["ON_REQUEST"]} == set(NODES)


def test_these_are_all_launch_files():
    assert {path.name for path in share_path("launch", GENERAL).parent.glob("*.py")} == {GENERAL, *PRESETS}


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_imports_nothing_that_a_robot_may_lack(file):
    nodes = list(ast.walk(tree(file)))
    modules = {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"hand_tracking_dsp", "launch", "launch_ros", "pathlib"}


@pytest.fixture
def launch():
    pytest.importorskip("launch_ros", reason="launch and launch_ros are not installed (they are not on PyPI)")
    return pytest.importorskip("launch", reason="launch is not installed (it is not on PyPI)")


def source(file):
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    return PythonLaunchDescriptionSource(str(share_path("launch", file)))


@pytest.mark.parametrize("file", [GENERAL, *PRESETS])
def test_every_argument_is_described(launch, file):
    description = source(file).get_launch_description(launch.LaunchContext())
    arguments = description.get_launch_arguments(conditional_inclusion=True)
    assert {"namespace", "params_file", "source", "log_level", *SHORT_NAMES} <= {
        argument.name for argument in arguments
    }
    assert all(argument.description.endswith(".") for argument in arguments)


@pytest.mark.parametrize(
    ("file", "arguments", "nodes"),
    [
        (GENERAL, {"image": "eye", "battery": "/base/battery"}, set(NODES)),
        *((file, dict.fromkeys(("camera", "tracker"), "false"), nodes) for file, nodes in PRESETS.items()),
    ],
)
def test_the_nodes_become_active_in_their_namespace_and_end_cleanly(
    launch, domain_id, monkeypatch, file, arguments, nodes
):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
    expected = nodes if file == GENERAL else nodes | {"pruning_controller_node", "power_node"}
    active: set[str] = set()
    statuses: dict[str, int] = {}

    def on_output(event):
        for line in event.text.decode(errors="replace").splitlines():
            active.update(node for node in SHORT_NAMES.values() if line.endswith(f"[robot.{node}]: active"))
        if active == expected:
            return launch.actions.EmitEvent(event=launch.events.Shutdown(reason="all nodes are active"))
        return None

    def on_exit(event, _):
        statuses[event.process_name.rpartition("-")[0]] = event.returncode

    arguments = {"namespace": "robot", **arguments}
    description = launch.LaunchDescription(
        [
            launch.actions.RegisterEventHandler(
                launch.event_handlers.OnProcessIO(on_stdout=on_output, on_stderr=on_output)
            ),
            launch.actions.RegisterEventHandler(launch.event_handlers.OnProcessExit(on_exit=on_exit)),
            launch.actions.IncludeLaunchDescription(source(file), launch_arguments=arguments.items()),
            launch.actions.TimerAction(
                period=60.0, actions=[launch.actions.EmitEvent(event=launch.events.Shutdown())]
            ),
        ]
    )
    service = launch.LaunchService(noninteractive=True)
    service.include_launch_description(description)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(service.run_async())
    finally:
        loop.close()
    assert active == expected
    assert statuses == dict.fromkeys(expected, 0)
