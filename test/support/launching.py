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

"""The package's launch files, and runs of them."""

from __future__ import annotations

import asyncio

from hand_tracking_dsp.nodes.graph.names import NODES, SHORT_NAMES
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
