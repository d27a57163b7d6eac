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

"""The nodes as child processes: started together, read line by line, stopped without leftovers.

What ``ros2 launch`` does on a robot, for machines that do not have it. Needs no rclpy itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.nodes.graph.division import LINE_FORMAT, divide, said_by
from hand_tracking_dsp.nodes.graph.log_folder import log_arguments
from hand_tracking_dsp.nodes.graph.names import ALL_NODES, NODES, SUPERVISED_VARIABLE
from hand_tracking_dsp.nodes.graph.transport import transport_variables
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.temporary import temporary_folder

Value = bool | int | float | str | Sequence[int | float | str]


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """Nodes to start, and their options.

    Attributes:
        nodes: Names out of ALL_NODES.
        params_file: ROS parameter file for all of them; None: config/hand_tracking.yaml.
        parameters: Values that override the file's, by node and parameter. A str is taken as a
            string, never as YAML.
        yaml_parameters: Likewise, but each value is text in YAML, as on the command line of ROS.
        namespace: Namespace of all nodes; "": none.
        remaps: Topic names by the name to replace, for all nodes.
        domain_id: ROS domain, 0 to 101; None: the environment's.
        log_level: ``debug``, ``info``, ``warn``, ``error`` or ``fatal``.
        environment: Further environment variables of the children.
        composed: Whether camera and tracker share a process; see hand_tracking_dsp.nodes.graph.division.
    """

    nodes: tuple[str, ...] = NODES
    params_file: Path | None = None
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    yaml_parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    namespace: str = ""
    remaps: Mapping[str, str] = field(default_factory=dict)
    domain_id: int | None = None
    log_level: str = "info"
    environment: Mapping[str, str] = field(default_factory=dict)
    composed: bool = False

    def __post_init__(self) -> None:
        """Check every value, since the nodes would name rcl's own source files where one is wrong.

        Raises:
            ConfigurationError: There is no such node or parameter, or a value cannot be used.
        """
        # The tables of all nodes bring libraries that a command does without until it starts nodes.
        from hand_tracking_dsp.nodes.graph.parameter_files import check_file, check_names, parse_value

        for name in (*self.nodes, *self.parameters, *self.yaml_parameters):
            if name not in ALL_NODES:
                msg = f"There is no node {name!r}: the nodes are {', '.join(ALL_NODES)}."
                raise ConfigurationError(msg)
        if self.domain_id is not None and not 0 <= self.domain_id <= 101:
            msg = f"The ROS domain is {self.domain_id}: choose one from 0 to 101."
            raise ConfigurationError(msg)
        check_names(self.namespace, self.remaps)
        if self.params_file is not None:
            check_file(self.params_file, self.nodes)
        for node, values in self.yaml_parameters.items():
            for name, text in values.items():
                parse_value(node, name, text)

    @property
    def processes(self) -> dict[str, tuple[str, ...]]:
        """Names of the nodes by process."""
        return divide(self.nodes, composed=self.composed)

    def nodes_of(self, process: str) -> tuple[str, ...]:
        """Name the nodes of a process; a name that is none of self.processes is a further node's."""
        return self.processes.get(process, (process,))

    def command(self, process: str, overrides: Path) -> list[str]:
        """Build the command line of one process."""
        nodes = self.nodes_of(process)
        module, names = (nodes[0], []) if len(nodes) == 1 else ("composed", list(nodes))
        # Not "python -m": that would put the working directory first, and in a checkout of this
        # package the sources there lack the generated messages.
        code = (
            "import sys; sys.path[:] = filter(None, sys.path); "
            f"from hand_tracking_dsp.nodes.{module} import main; sys.exit(main())"
        )
        params_file = self.params_file or share_path("config", "hand_tracking.yaml")
        command = [sys.executable, "-c", code, *names, "--ros-args", "--log-level", self.log_level]
        command += ["--params-file", str(params_file), "--params-file", str(overrides)]
        if self._prefix:
            command += ["-r", f"__ns:={self._prefix}"]
        for old, new in self.remaps.items():
            command += ["-r", f"{old}:={new}"]
        return command

    def override_file(self) -> str:
        """Write the parameters that override the file's as a second ROS parameter file.

        Not as "-p" arguments: those count less than a section of the file that names the node.
        """
        from hand_tracking_dsp.nodes.graph.parameter_files import parse_value

        lines = []
        for node in ALL_NODES:
            values: dict[str, object] = dict(self.parameters.get(node, {}))
            given = self.yaml_parameters.get(node, {})
            values |= {name: parse_value(node, name, text) for name, text in given.items()}
            if values:
                lines += [f"{self._prefix}/{node}:", "  ros__parameters:"]
                lines += [f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()]
        return "".join(line + "\n" for line in lines)

    @property
    def full_names(self) -> dict[str, str]:
        """Names of the nodes in the graph, by name."""
        return {node: f"{self._prefix}/{node}" for node in self.nodes}

    @property
    def _prefix(self) -> str:
        """The namespace with a slash in front; "" for none."""
        return f"/{self.namespace.strip('/')}".rstrip("/")

    def child_environment(self) -> dict[str, str]:
        """Build the environment of the children."""
        environment = {"RCUTILS_CONSOLE_OUTPUT_FORMAT": LINE_FORMAT} | dict(os.environ)
        environment |= transport_variables(os.environ)
        environment |= {"PYTHONUNBUFFERED": "1", SUPERVISED_VARIABLE: "1"}
        if self.domain_id is not None:
            environment["ROS_DOMAIN_ID"] = str(self.domain_id)
        return environment | dict(self.environment)


def print_line(node: str, line: str) -> None:
    """Print a child's line behind its name."""
    print(f"{node:<23} | {line}", flush=True)


class NodeProcesses:
    """Runs nodes as child processes for the length of a ``with`` block.

    Args:
        options: Nodes to start, and their options.
        on_line: Function called with node and line for everything the children print (output and errors),
            from a thread per child; what none of several nodes in a process logged is the process's.
    """

    def __init__(
        self, options: GraphOptions | None = None, on_line: Callable[[str, str], None] = print_line
    ) -> None:
        self.options = options or GraphOptions()
        self._on_line = on_line
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._ending = ExitStack()
        self._overrides = Path()

    def __enter__(self) -> NodeProcesses:
        """Start all nodes.

        Raises:
            OutputError: There is no place for a temporary file.
        """
        log_arguments()
        self._overrides = self._ending.enter_context(temporary_folder()) / "overrides.yaml"
        try:
            write_text(self._overrides, self.options.override_file())
            for process in self.options.processes:
                self.start(process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all nodes."""
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by node, of those that run."""
        return {node: pid for name, pid in self.processes.items() for node in self.options.nodes_of(name)}

    @property
    def processes(self) -> dict[str, int]:
        """Process ids by process, of those that run."""
        return {name: child.pid for name, child in self._children.items() if child.poll() is None}

    def start(self, process: str) -> None:
        """Start one process; also one that has exited."""
        # A child keeps SIGINT pending until it can stop cleanly, also while Python is starting.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            child = subprocess.Popen(
                self.options.command(process, self._overrides),
                env=self.options.child_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # a terminal's Ctrl-C reaches the parent alone
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._children[process] = child
        reader = threading.Thread(target=self._read, args=(process, child), daemon=True)
        reader.start()
        self._readers.append(reader)

    def restart(self, process: str, grace_s: float = 5.0) -> None:
        """End a process, by SIGKILL where it does not stop within ``grace_s``, and start it again."""
        child = self._children[process]
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if child.stdin is not None:
            child.stdin.close()
        self.start(process)

    def exited(self) -> dict[str, int]:
        """Return the exit statuses of the processes that have ended; negative: ended by that signal."""
        return {name: code for name, child in self._children.items() if (code := child.poll()) is not None}

    def stop(self, grace_s: float = 8.0) -> dict[str, int]:
        """Stop all nodes: SIGINT, after ``grace_s`` SIGTERM, and SIGKILL two seconds later.

        Returns:
            Exit status by process; negative: ended by that signal.
        """
        for number, patience_s in ((signal.SIGINT, grace_s), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
            for child in self._children.values():
                if child.poll() is None:
                    os.killpg(child.pid, number)
            deadline = time.monotonic() + patience_s
            while self.pids and time.monotonic() < deadline:
                time.sleep(0.02)
            if not self.pids:
                break
        for child in self._children.values():
            if child.stdin is not None:
                child.stdin.close()
        for reader in self._readers:
            reader.join(timeout=1.0)
        self._readers.clear()
        self._ending.close()
        return self.exited()

    def _read(self, process: str, child: subprocess.Popen[str]) -> None:
        if child.stdout is None:
            return
        nodes = self.options.nodes_of(process)
        with child.stdout as lines:
            for line in lines:
                # Where it cannot be written any more, it is read all the same: the node would wait for that.
                with suppress(OSError):
                    self._on_line(*said_by(visible(line.rstrip("\n")), process, nodes))
