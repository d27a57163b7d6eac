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

"""Division of the nodes among processes: camera and tracker can share one, which saves every image's way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

TOGETHER = ("camera_node", "hand_tracker_node")
"""Nodes that share a process where they do at all; see hand_tracking_dsp.nodes.base.sharing."""

LINE_FORMAT = "[{severity}] [{name}]: {message}"
"""RCUTILS_CONSOLE_OUTPUT_FORMAT of the nodes, for said_by."""

_LINE = re.compile(r"(\[\w+\]) \[(?:[\w.]+\.)?(\w+)\]: (.*)")


def divide(nodes: Sequence[str], *, composed: bool) -> dict[str, tuple[str, ...]]:
    """Divide nodes among processes.

    Args:
        nodes: Names of the nodes, in starting order.
        composed: Whether those of TOGETHER share a process, where all of them are there.

    Returns:
        Names of its nodes by process, in the same order; its name is that of its node, or several with +.
    """
    together = tuple(node for node in nodes if composed and node in TOGETHER)
    groups = dict.fromkeys(together if node in together else (node,) for node in nodes)
    return {"+".join(group): group for group in groups}


def said_by(line: str, process: str, nodes: Sequence[str]) -> tuple[str, str]:
    """Return who printed a line, a node or the process, and the line without the node's name."""
    found = _LINE.fullmatch(line)
    if found is None or found[2] not in nodes:
        return process, line
    return found[2], f"{found[1]} {found[3]}"


def process_of(node: str, processes: Mapping[str, Sequence[str]]) -> str:
    """Return the name of the process that a node is in; its own name where it is in none."""
    return next((process for process, nodes in processes.items() if node in nodes), node)
