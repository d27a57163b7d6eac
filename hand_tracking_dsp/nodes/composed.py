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

"""Runs several nodes in one process; the launch files' composed:=true starts it.

ros2 run hand_tracking_dsp composed_nodes camera_node hand_tracker_node camera_node.source=0 --ros-args …
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml
from rclpy.parameter import Parameter
from rclpy.utilities import remove_ros_args

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.graph.names import ALL_NODES


def main() -> int:
    """Run the nodes that the arguments name."""
    try:
        makers = nodes_of(remove_ros_args(sys.argv)[1:])
    except HandTrackingError as error:
        print(error, file=sys.stderr)
        return 2
    return run_node(*makers)


def nodes_of(arguments: list[str]) -> list[Callable[[], ManagedNode]]:
    """Return what makes the nodes.

    Args:
        arguments: Names of nodes, and parameters as NODE.NAME=VALUE, whose value is YAML.

    Raises:
        ConfigurationError: There is no such node, or none at all, or a parameter's node is not among them.
    """
    names = [text for text in arguments if "=" not in text]
    overrides: dict[str, list[Parameter]] = defaultdict(list)
    for text in arguments:
        name, sign, value = text.partition("=")
        if sign:
            node, _, parameter = name.partition(".")
            overrides[node].append(Parameter(parameter, value=yaml.safe_load(value)))
    unknown = [name for name in names if name not in ALL_NODES] + sorted(overrides.keys() - set(names))
    if unknown or not names:
        msg = (
            f"There is no node {unknown[0]!r} to start here: name some of {', '.join(ALL_NODES)}."
            if unknown
            else f"No node is named: name some of {', '.join(ALL_NODES)}."
        )
        raise ConfigurationError(msg)
    return [partial(_kind(name), parameter_overrides=overrides[name]) for name in dict.fromkeys(names)]


def _kind(name: str) -> Any:  # noqa: ANN401 (a class of nodes)
    module = importlib.import_module(f"hand_tracking_dsp.nodes.{name}")
    return getattr(module, "".join(word.title() for word in name.split("_")))


if __name__ == "__main__":
    sys.exit(main())
