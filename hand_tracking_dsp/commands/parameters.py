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

"""hand-tracking-dsp parameters: the nodes' parameters as YAML or as Markdown tables, and the observation.

config/hand_tracking.yaml, docs/parameters.md and a table of docs/policy.md are its output.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence

from hand_tracking_dsp.commands.output import markdown_table
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION, ObservationField
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.options import Parameter, Value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--yaml", action="store_true", help="a ROS parameter file with all defaults (default)")
    form.add_argument("--markdown", action="store_true", help="tables for people")
    form.add_argument("--observation", action="store_true", help="what a policy sees, as a table")


def run(options: argparse.Namespace) -> int:
    """Print the parameters, or the observation."""
    if options.observation:
        print(observation_as_markdown(), end="")
        return 0
    print(as_markdown(TABLES) if options.markdown else as_yaml(TABLES), end="")
    return 0


def as_yaml(tables: Mapping[str, tuple[Parameter, ...]]) -> str:
    """Write a ROS parameter file with the default of every parameter, in any namespace."""
    lines = [
        "# Every parameter with its default; printed by hand-tracking-dsp parameters --yaml.",
        "# docs/parameters.md describes them. /** stands for any namespace.",
    ]
    for node, table in tables.items():
        lines += ["", f"/**/{node}:", "  ros__parameters:"]
        lines += _yaml_lines(table)
    return "\n".join(lines) + "\n"


def as_markdown(tables: Mapping[str, tuple[Parameter, ...]]) -> str:
    """Write a table for every node."""
    lines = [
        "# Parameters",
        "",
        "Printed by `hand-tracking-dsp parameters --markdown`. A parameter marked *at once* can be set while",
        "its node is active; the others are read at configure. One marked *locked* says what the node opens",
        "or calls, and cannot be changed once the node has been configured, unless the node was started with",
        "`allow_locked_changes`. One marked *fixed* cannot be changed while its node runs, in no state",
        "([security.md](security.md)).",
    ]
    for node, table in tables.items():
        rows = [
            (
                f"`{one.name}`",
                f"`{_scalar(one.default)}`",
                one.allowed or one.kind,
                one.description
                + (" *At once.*" if one.dynamic else "")
                + (" *Locked.*" if one.locked else "")
                + (" *Fixed.*" if one.fixed else ""),
            )
            for one in table
        ]
        headings = ("Parameter", "Default", "Allowed", "Meaning")
        lines += ["", f"## {node}", "", markdown_table(headings, rows, left=4)]
    return "\n".join(lines) + "\n"


def observation_as_markdown() -> str:
    """Write tables of what a policy sees, at all and of each point; docs/policy.md holds them."""
    tables = (_fields_as_markdown(OBSERVATION), _fields_as_markdown(POINT_OBSERVATION))
    return "\nOf each operating point:\n\n".join(tables)


def _fields_as_markdown(fields: Sequence[ObservationField]) -> str:
    rows = [
        (
            f"`{field.name}`",
            "" if field.unit == "1" else field.unit,
            f"{field.low:g} to {field.high:g}",
            field.description,
        )
        for field in fields
    ]
    return markdown_table(("entry", "unit", "range", "meaning"), rows, left=4) + "\n"


def _yaml_lines(table: tuple[Parameter, ...]) -> Iterator[str]:
    """Nest names with dots; members of a group stand together in every table.

    A group that bears the name of a parameter cannot be nested: its members are written with their dots.
    """
    opened: list[str] = []
    names = {parameter.name for parameter in table}
    for parameter in table:
        *groups, name = parameter.name.split(".")
        if names & {".".join(groups[:depth]) for depth in range(1, len(groups) + 1)}:
            groups, name = [], parameter.name
        shared = 0
        while shared < min(len(groups), len(opened)) and groups[shared] == opened[shared]:
            shared += 1
        for depth in range(shared, len(groups)):
            yield "  " * (depth + 2) + f"{groups[depth]}:"
        opened = groups
        yield "  " * (len(groups) + 2) + f"{name}: {_scalar(parameter.default)}"


def _scalar(value: Value) -> str:
    # JSON's scalars and lists are YAML's.
    return json.dumps(value, ensure_ascii=False)
