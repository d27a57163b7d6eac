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

"""Program beside nodes that something else starts: prints a line for every process that is frozen or deaf.

Nodes that share a process are named together, as hand_tracking_dsp.nodes.graph.division names it:
ros2 run hand_tracking_dsp flow_watch camera_node+hand_tracker_node power_node --ros-args -r __ns:=/robot
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence

from rclpy.utilities import remove_ros_args

from hand_tracking_dsp.nodes.graph.flow import FlowWatch
from hand_tracking_dsp.nodes.graph.names import RESTART

_NAMESPACE = "__ns:="
_POLL_S = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch the nodes that the arguments name until SIGINT or SIGTERM.

    Returns:
        Exit status: 0 after a signal, 2 where no node is named.
    """
    given = list(sys.argv if arguments is None else arguments)
    names = remove_ros_args(given)[1:]
    if not names:
        print("flow_watch: name the nodes to watch.", file=sys.stderr)
        return 2
    if "--enclave" in given[:-1]:
        # FlowWatch initialises ROS without arguments, as it does for the commands.
        os.environ["ROS_SECURITY_ENCLAVE_OVERRIDE"] = given[given.index("--enclave") + 1]
    namespaces = [text.removeprefix(_NAMESPACE) for text in given if text.startswith(_NAMESPACE)]
    namespace = namespaces[-1].strip("/") if namespaces else ""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    processes = {name: name.split("+") for name in names}
    with FlowWatch({node: f"{namespace}/{node}" for nodes in processes.values() for node in nodes}) as watch:
        while not stop.wait(_POLL_S):
            troubles = watch.troubles()
            for process, nodes in processes.items():
                ill = [node for node in nodes if node in troubles]
                if ill:
                    print(f"{RESTART} {process} {troubles[ill[0]]}.", flush=True)
                    for node in nodes:
                        watch.forget(node)
    return 0
