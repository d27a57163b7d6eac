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

"""A graph under test: started as users start it, with a stranger's node beside it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from faults.folders import RATE_HZ, Folders
from faults.probe import Probe
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.nodes.graph.division import divide
from hand_tracking_dsp.nodes.graph.names import ALL_NODES

_START_LIMIT_S = 120.0
_STOP_LIMIT_S = 30.0
_CALL_LIMIT_S = 10.0
_MATCH_LIMIT_S = 3.0
_POLL_S = 0.02
# Twice the time between two reports of a node.
_CALM_S = 2.0
PROCESSES = divide(ALL_NODES, composed=True)
"""Nodes by process; those of one end together."""

_NODE = re.compile(r"hand_tracking_dsp\.nodes\.(\w+) import")


class RunningGraph:
    """All seven nodes under ``hand-tracking-dsp up --respawn``, within a ``with`` block.

    Args:
        folders: Files that the nodes read; made already.
        domain_id: ROS domain, 0 to 101.
        transport: ``raw`` or ``compressed`` images.

    Attributes:
        probe: What is received from the graph.
    """

    def __init__(self, folders: Folders, domain_id: int, transport: str = "raw") -> None:
        self.folders = folders
        self.transport = transport
        self.probe = Probe(domain_id)
        self.domain_id = domain_id
        self._ending = ExitStack()
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> RunningGraph:
        """Start the nodes and wait until all of them work.

        Raises:
            HandTrackingError: They do not.
        """
        self._ending.enter_context(self.probe)
        log = self._ending.enter_context(self.folders.log.open("ab"))
        self._up = subprocess.Popen(self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        start_s = time.monotonic()
        if self.wait_until_back(start_s, _START_LIMIT_S) is None:
            missing = ", ".join(self.probe.silent(start_s, ALL_NODES))
            self.__exit__(None, None, None)
            msg = (
                f"The graph did not start within {_START_LIMIT_S:.0f} s ({missing}): read {self.folders.log}."
            )
            raise HandTrackingError(msg)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the nodes."""
        for node in ALL_NODES:
            self.signal(node, signal.SIGCONT)
        self._up.send_signal(signal.SIGINT)
        try:
            self._up.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._up.kill()
            self._up.wait()
        self._ending.close()

    def _command(self) -> list[str]:
        parameters = {
            "camera.source": self.folders.pictures,
            "camera.rate_hz": RATE_HZ,
            "camera.compressed": str(self.transport == "compressed").lower(),
            "tracker.image_transport": self.transport,
            "tracker.bank": self.folders.bank,
            "controller.bank": self.folders.bank,
            "controller.policy_file": self.folders.policy,
            "power.source": "simulated",
            "power.rate_hz": 5.0,
        }
        words = ["up", "--respawn", "--with", "gesture,teleop,trigger", "--domain", str(self.domain_id)]
        for name, value in parameters.items():
            words += ["-p", f"{name}={value}"]
        return [sys.executable, "-m", "hand_tracking_dsp.cli", *words]

    @property
    def up_runs(self) -> bool:
        """Whether the command that started the nodes is there."""
        return self._up.poll() is None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by node."""
        found: dict[str, int] = {}
        with suppress(OSError):
            children = Path(f"/proc/{self._up.pid}/task/{self._up.pid}/children").read_text(encoding="ascii")
            for pid in children.split():
                with suppress(OSError):
                    line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                    if match := _NODE.search(line):
                        # A process of several nodes has their names for arguments.
                        nodes = [node for node in ALL_NODES if f"\0{node}\0" in line] or [match[1]]
                        found |= dict.fromkeys(nodes, int(pid))
        return found

    def log_size(self) -> int:
        """Bytes that the nodes have printed."""
        return self.folders.log.stat().st_size

    def log_since(self, place: int) -> str:
        """Text that the nodes have printed since then."""
        with self.folders.log.open("rb") as file:
            file.seek(place)
            return file.read().decode(errors="replace")

    def wait_until_back(self, since_s: float, limit_s: float) -> float | None:
        """Wait until everything flows and every node says that it is active.

        Returns:
            Seconds since ``since_s``; None: not within the limit.
        """
        while (elapsed_s := time.monotonic() - since_s) < limit_s:
            if not self.probe.silent(since_s, ALL_NODES):
                return elapsed_s
            time.sleep(_POLL_S)
        return None

    def wait_until_calm(self, limit_s: float = 45.0) -> tuple[str, ...]:
        """Wait until no node warns of anything; return what they warn of at the end of the limit."""
        start_s = time.monotonic()
        while time.monotonic() - start_s < limit_s:
            time.sleep(_CALM_S)
            if not (warnings := self.probe.troubles(time.monotonic() - _CALM_S)):
                return ()
        return tuple(warnings)

    def signal(self, node: str, number: signal.Signals) -> None:
        """Send a signal to the process of a node, where it is there."""
        if pid := self.pids.get(node):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def call(self, kind: type, service: str, request: object) -> Any:  # noqa: ANN401 (any response)
        """Call a service and return its response; None: no answer in time."""
        if service not in self._clients:
            self._clients[service] = self.probe.node.create_client(kind, service)
        client = self._clients[service]
        if not client.wait_for_service(timeout_sec=_CALL_LIMIT_S):
            return None
        answered = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        return future.result() if answered.wait(_CALL_LIMIT_S) else None

    def change_state(self, node: str, transition: str) -> bool:
        """Ask a node for a transition of its life cycle."""
        request = ChangeState.Request(transition=Transition(label=transition))
        response = self.call(ChangeState, f"{node}/change_state", request)
        return bool(response and response.success)

    def set_parameter(self, node: str, name: str, value: object) -> str:
        """Set a parameter of a node.

        Returns:
            The reason of its refusal; "": it was taken.
        """
        message = Parameter(name, value=value).to_parameter_msg()
        response = self.call(
            SetParameters, f"{node}/set_parameters", SetParameters.Request(parameters=[message])
        )
        if response is None:
            return ""
        return "" if response.results[0].successful else response.results[0].reason

    @contextmanager
    def program(self, code: str) -> Iterator[None]:
        """Run a Python program of a stranger for the length of a ``with`` block, and kill it."""
        stranger = subprocess.Popen([sys.executable, "-c", code])
        try:
            yield
        finally:
            stranger.kill()
            stranger.wait()

    @contextmanager
    def stranger(
        self,
        kind: type,
        topic: str,
        make: Callable[[int], object],
        rate_hz: float = RATE_HZ,
        **qos: Any,  # noqa: ANN401
    ) -> Iterator[None]:
        """Publish messages from a stranger's node for the length of a ``with`` block.

        Args:
            kind: Class of the messages.
            topic: Name of the topic.
            make: Function that makes the message of a number, which counts from 0.
            rate_hz: Messages a second.
            qos: Further arguments of QoSProfile.
        """
        publisher = self.probe.stranger.create_publisher(kind, topic, QoSProfile(**{"depth": 10, **qos}))
        stop = threading.Event()

        def publish() -> None:
            deadline_s = time.monotonic() + _MATCH_LIMIT_S
            while not publisher.get_subscription_count() and time.monotonic() < deadline_s:
                if stop.wait(_POLL_S):
                    return
            number = 0
            while not stop.is_set():
                publisher.publish(make(number))
                number += 1
                stop.wait(1 / rate_hz)

        thread = threading.Thread(target=publish, name=f"stranger on {topic}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.probe.stranger.destroy_publisher(publisher)
