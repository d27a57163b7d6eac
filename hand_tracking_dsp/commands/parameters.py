"""hand-tracking-dsp parameters: the nodes' parameters as YAML or as Markdown tables.

config/hand_tracking.yaml and docs/parameters.md are its output.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping

from hand_tracking_dsp.nodes.parameters import Parameter, Value
from hand_tracking_dsp.nodes.tables import TABLES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--yaml", action="store_true", help="a ROS parameter file with all defaults (default)")
    form.add_argument("--markdown", action="store_true", help="tables for people")


def run(options: argparse.Namespace) -> int:
    """Print the parameters."""
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
        "its node is active; the others are read at configure.",
    ]
    for node, table in tables.items():
        lines += ["", f"## {node}", "", "| Parameter | Default | Allowed | Meaning |", "|---|---|---|---|"]
        for parameter in table:
            meaning = parameter.description + (" *At once.*" if parameter.dynamic else "")
            cells = (
                f"`{parameter.name}`",
                f"`{_scalar(parameter.default)}`",
                parameter.allowed or parameter.kind,
            )
            lines.append(f"| {' | '.join(cells)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _yaml_lines(table: tuple[Parameter, ...]) -> Iterator[str]:
    """Nest names with dots; members of a group stand together in every table."""
    opened: list[str] = []
    for parameter in table:
        *groups, name = parameter.name.split(".")
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
