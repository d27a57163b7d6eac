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

"""A real ROS 2 graph for every test: its own domain, one context for it, nodes in threads of their own."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.tf2 import stand_in

from hand_tracking_dsp.nodes.graph.transport import transport_variables

# Humble checks the type of every message field, later distributions only where asked to.
os.environ.setdefault("ROS_PYTHON_CHECK_FIELDS", "1")


# Without these no test here is collected; see test/conftest.py.
if find_spec("rclpy") and find_spec("hand_tracking_dsp.msg"):
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
    from geometry_msgs.msg import TransformStamped
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState, GetState
    from rcl_interfaces.srv import SetParameters
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
    from rclpy.parameter import Parameter

    from hand_tracking_dsp.nodes.graph.spinning import shared_context

os.environ.update(transport_variables(os.environ))

PATIENCE_S = 120.0


class Graph:
    """Nodes under test, each in a thread of its own, and an observer that a test drives."""

    def __init__(self, domain_id: int) -> None:
        self.domain_id = domain_id
        self.ending = ExitStack()
        self.context = self.ending.enter_context(shared_context(domain_id))
        self.observer = rclpy.create_node("observer", context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.observer)
        self._nodes: list[tuple[object, SingleThreadedExecutor, threading.Thread]] = []
        self._clients: dict[str, object] = {}

    def start(self, make_node: Callable[..., object], namespace: str = "", arguments=(), **parameters):
        """Start a node with parameters; a dot in a name is written as two underscores."""
        overrides = [Parameter(name.replace("__", "."), value=value) for name, value in parameters.items()]
        node = make_node(
            context=self.context,
            namespace=namespace,
            parameter_overrides=overrides,
            cli_args=["--ros-args", *arguments],
        )
        executor = SingleThreadedExecutor(context=self.context)
        executor.add_node(node)

        def spin() -> None:
            with suppress(ExternalShutdownException):
                executor.spin()

        thread = threading.Thread(target=spin, name=node.get_name())
        thread.start()
        self._nodes.append((node, executor, thread))
        return node

    def until(
        self, condition: Callable[[], object], what: str | Callable[[], str], patience_s: float = PATIENCE_S
    ):
        """Spin the observer until a condition is true, and return its value; fail if it never is.

        Args:
            condition: Function that returns a value.
            what: Condition in words, or a function that returns them once the time is up.
            patience_s: Longest time to wait, seconds.
        """
        deadline = time.monotonic() + patience_s
        while not (value := condition()):
            if time.monotonic() >= deadline:
                pytest.fail(f"waited {patience_s:g} s in vain until {what() if callable(what) else what}")
            self._executor.spin_once(timeout_sec=0.02)
        return value

    def hear(self, kind: type, topic: str, profile=10) -> list:
        """Subscribe; return a list that fills with messages while the observer spins."""
        heard: list = []
        self.observer.create_subscription(kind, topic, heard.append, profile)
        return heard

    def call(self, kind: type, service: str, request):
        """Call a service and return its response."""
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self.observer.create_client(kind, service)
        self.until(client.service_is_ready, f"the service {service} is there")
        future = client.call_async(request)
        self.until(future.done, f"the service {service} answers")
        return future.result()

    def state(self, node: str) -> str:
        """Ask a node for its lifecycle state."""
        return self.call(GetState, f"{node}/get_state", GetState.Request()).current_state.label

    def change_state(self, node: str, transition: str) -> bool:
        """Ask a node for a transition: configure, activate, deactivate, cleanup or shutdown."""
        request = ChangeState.Request(transition=Transition(label=transition))
        return self.call(ChangeState, f"{node}/change_state", request).success

    def until_state(self, node: str, state: str) -> None:
        """Wait until a node is in a lifecycle state."""
        self.until(lambda: self.state(node) == state, f"{node} is {state}")

    def set_parameter(self, node: str, name: str, value):
        """Set a parameter from outside; return the result with successful and reason."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self.call(SetParameters, f"{node}/set_parameters", request).results[0]

    def close(self) -> None:
        """Stop all nodes."""
        for node, executor, thread in self._nodes:
            executor.shutdown()
            thread.join()
            node.release()
            node.destroy_node()
        self._executor.shutdown()
        self.observer.destroy_node()
        self.ending.close()


@pytest.fixture
def graph(domain_id: int) -> Iterator[Graph]:
    """Give an empty graph."""
    graph = Graph(domain_id)
    try:
        yield graph
    finally:
        graph.close()


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Give the folder of a bank of two levels whose networks nobody may open: enough for a controller."""
    network = {"sha256": "0" * 64, "precision": "fp32", "parameters": 1, "macs": 1}
    levels = [
        {"index": index, "name": f"level {index}", "file": f"{index}.onnx", "sparsity": index / 2, **network}
        for index in range(2)
    ]
    manifest = {"schema": 1, "name": "test", "levels": levels, "detectors": []}
    (tmp_path / "bank.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.fixture
def diagnostics(graph: Graph) -> Callable[..., DiagnosticStatus]:
    """Give a function that waits for a status of a node in /diagnostics that meets a condition."""
    heard = graph.hear(DiagnosticArray, "/diagnostics")

    def wait(node: str, condition: Callable[[DiagnosticStatus], object] = bool) -> DiagnosticStatus:
        heard.clear()

        def find() -> DiagnosticStatus | None:
            statuses = [status for array in heard for status in array.status]
            return next((s for s in statuses if s.name == f"{node}: status" and condition(s)), None)

        return graph.until(find, f"/diagnostics shows what is expected of {node}")

    return wait


@pytest.fixture
def tf2(monkeypatch: pytest.MonkeyPatch):
    """Stand in for tf2_ros: it knows camera_optical_frame in base_link, at the latest time."""
    known = TransformStamped()
    known.transform.translation.x = 2.0
    known.transform.rotation.w = known.transform.rotation.z = 0.5**0.5
    state = stand_in(known)
    monkeypatch.setitem(sys.modules, "tf2_ros", state.module)
    return state
