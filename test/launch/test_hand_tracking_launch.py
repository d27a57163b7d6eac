from __future__ import annotations

import ast
import asyncio

import pytest

from hand_tracking_dsp.nodes.processes import SHORT_NAMES, TRANSPORT_VARIABLE, TRANSPORTS
from hand_tracking_dsp.resources import share_path

FILE = "hand_tracking.launch.py"


def constants():
    tree = ast.parse(share_path("launch", FILE).read_text(encoding="utf-8"))
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
    }


def test_starts_what_the_command_up_starts_over_the_same_transport():
    assert constants()["NODES"] == dict(SHORT_NAMES)
    assert constants()["TRANSPORT_VARIABLE"] == TRANSPORT_VARIABLE
    assert constants()["TRANSPORTS"] == TRANSPORTS


def test_imports_nothing_that_a_robot_may_lack():
    tree = ast.parse(share_path("launch", FILE).read_text(encoding="utf-8"))
    modules = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"launch", "launch_ros"}


@pytest.fixture
def launch():
    pytest.importorskip("launch_ros", reason="launch and launch_ros are not installed (they are not on PyPI)")
    return pytest.importorskip("launch", reason="launch is not installed (it is not on PyPI)")


def include(launch, **arguments):
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(share_path("launch", FILE)))
    return launch.actions.IncludeLaunchDescription(source, launch_arguments=arguments.items())


def test_every_argument_is_described(launch):
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(share_path("launch", FILE)))
    arguments = source.get_launch_description(launch.LaunchContext()).get_launch_arguments()
    assert {"namespace", "params_file", "log_level", *SHORT_NAMES} <= {
        argument.name for argument in arguments
    }
    assert all(argument.description.endswith(".") for argument in arguments)


def test_the_nodes_become_active_in_their_namespace_and_end_cleanly(launch, domain_id, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
    active: set[str] = set()
    statuses: dict[str, int] = {}

    def on_output(event):
        for line in event.text.decode(errors="replace").splitlines():
            active.update(node for node in SHORT_NAMES.values() if line.endswith(f"[robot.{node}]: active"))
        if active == set(SHORT_NAMES.values()):
            return launch.actions.EmitEvent(event=launch.events.Shutdown(reason="all nodes are active"))
        return None

    def on_exit(event, _):
        statuses[event.process_name.rpartition("-")[0]] = event.returncode

    description = launch.LaunchDescription(
        [
            launch.actions.RegisterEventHandler(
                launch.event_handlers.OnProcessIO(on_stdout=on_output, on_stderr=on_output)
            ),
            launch.actions.RegisterEventHandler(launch.event_handlers.OnProcessExit(on_exit=on_exit)),
            include(launch, namespace="robot", image="eye", battery="/base/battery"),
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
    assert active == set(SHORT_NAMES.values())
    assert statuses == dict.fromkeys(SHORT_NAMES.values(), 0)
