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

"""hand-tracking-dsp up: starts the nodes, prints what they say, and stops them together.

For machines without ``ros2 launch``; on others launch/hand_tracking.launch.py does the same.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.graph.names import ALL_NODES, FOR_DRIVING, NODES, SHORT_NAMES
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses, print_line
from hand_tracking_dsp.nodes.graph.supervision import Supervisor
from hand_tracking_dsp.nodes.graph.transport import transport_in_force

_POLL_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--params", type=Path, metavar="FILE", help="ROS parameter file of all nodes")
    add_node_parameters(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--only",
        metavar="NODES",
        help=f"start only these of {','.join(SHORT_NAMES)}, separated by commas",
    )
    choice.add_argument(
        "--with",
        dest="also",
        metavar="NODES",
        help="start these, too, for example gesture,teleop; without them: camera,tracker,controller,power",
    )
    parser.add_argument("--namespace", default="", help="namespace of all nodes and topics")
    parser.add_argument(
        "--remap", action="append", default=[], metavar="OLD=NEW", help="rename a topic, for all nodes"
    )
    parser.add_argument("--domain", type=int, metavar="ID", help="ROS domain, 0 to 101")
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warn", "error", "fatal"))
    parser.add_argument(
        "--respawn",
        action="store_true",
        help="start a node again when its process ends, or when it no longer reports or receives",
    )
    parser.add_argument(
        "--composed",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="camera and tracker share a process, where both are started: images are passed by reference",
    )


def add_node_parameters(parser: argparse.ArgumentParser) -> None:
    """Declare -p, which may be given several times."""
    parser.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NODE.NAME=VALUE",
        help="set one parameter, for example camera.source=0 or tracker.max_hands=1",
    )


def run(options: argparse.Namespace) -> int:
    """Run the nodes until Ctrl-C, SIGTERM or, without --respawn, the end of one of them.

    A node whose process lives but that no longer reports, or that receives nothing where messages come, is
    named, and with --respawn started again.

    Returns:
        0 after a signal, 1 where a node ended by itself.

    Raises:
        ConfigurationError: An argument cannot be used, or ROS 2 is not to be found.
    """
    require_ros()
    names = nodes_to_start(options.only, options.also)
    graph = GraphOptions(
        nodes=names,
        params_file=options.params,
        parameters=FOR_DRIVING if "gesture_teleop_node" in names else {},
        yaml_parameters=node_parameters(options.parameters),
        namespace=options.namespace,
        remaps=dict(_pair(text, "--remap OLD=NEW") for text in options.remap),
        domain_id=options.domain,
        log_level=options.log_level,
        composed=options.composed,
    )
    from hand_tracking_dsp.nodes.graph.parameter_files import mistyped_sections

    for sentence in mistyped_sections(options.params) if options.params else ():
        print(sentence, file=sys.stderr, flush=True)
    if warning := transport_in_force(graph.child_environment()).warning:
        print(warning, file=sys.stderr, flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    from hand_tracking_dsp.nodes.graph.flow import FlowWatch

    with (
        FlowWatch(graph.full_names, graph.domain_id) as watch,
        NodeProcesses(graph, print_line) as nodes,
    ):
        supervisor = Supervisor(nodes, watch, respawn=options.respawn)
        while not stop.wait(_POLL_S):
            if not supervisor.look():
                return 1
    return 0


def require_ros() -> None:
    """Check that ROS 2 and this package's messages can be imported.

    Raises:
        ConfigurationError: One is missing.
    """
    for module in ("rclpy", "hand_tracking_dsp.msg"):
        if find_spec(module) is None:
            msg = (
                f"The Python module {module} was not found: source the workspace's install/setup.bash first, "
                f"or install ROS 2 with the extra [ros] of this package."
            )
            raise ConfigurationError(msg)


def nodes_to_start(only: str | None, also: str | None) -> tuple[str, ...]:
    """Name the nodes of --only, or the usual ones and those of --with, each once.

    Raises:
        ConfigurationError: There is no such node.
    """
    if only is not None:
        return _named(only)
    return NODES if also is None else tuple(dict.fromkeys((*NODES, *_named(also))))


def _named(names: str) -> tuple[str, ...]:
    return tuple(_node(name.strip()) for name in names.split(","))


def _node(name: str) -> str:
    if name in SHORT_NAMES:
        return SHORT_NAMES[name]
    if name in ALL_NODES:
        return name
    msg = f"There is no node {name!r}: choose from {', '.join(SHORT_NAMES)}."
    raise ConfigurationError(msg)


def node_parameters(texts: list[str]) -> dict[str, dict[str, str]]:
    """Read what was given by -p; GraphOptions checks the values.

    Returns:
        Text in YAML by node and parameter.

    Raises:
        ConfigurationError: One is not of the form NODE.NAME=VALUE, or there is no such node.
    """
    parameters: dict[str, dict[str, str]] = defaultdict(dict)
    for text in texts:
        name, value = _pair(text, "-p NODE.NAME=VALUE")
        short, dot, parameter = name.partition(".")
        if not dot or not parameter:
            msg = (
                f"The argument -p {text} names no node: write NODE.NAME=VALUE, for example camera.rate_hz=15."
            )
            raise ConfigurationError(msg)
        parameters[_node(short)][parameter] = value
    return parameters


def _pair(text: str, form: str) -> tuple[str, str]:
    before, sign, after = text.partition("=")
    if not sign or not before:
        msg = f"The argument {text!r} is not of the form {form}."
        raise ConfigurationError(msg)
    return before, after
