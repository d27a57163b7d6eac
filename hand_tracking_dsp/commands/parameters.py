"""hand-tracking-dsp parameters: the nodes' parameters as YAML or as Markdown tables, and the observation.

config/hand_tracking.yaml, docs/parameters.md and a table of docs/policy.md are its output.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping

from hand_tracking_dsp.control.observation import OBSERVATION
from hand_tracking_dsp.nodes.tables import TABLES
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


def observation_as_markdown() -> str:
    """Write a table of what a policy sees; docs/policy.md holds it."""
    lines = ["| entry | unit | range | meaning |", "|---|---|---|---|"]
    for field in OBSERVATION:
        unit = "" if field.unit == "1" else field.unit
        lines.append(f"| `{field.name}` | {unit} | {field.low:g} to {field.high:g} | {field.description} |")
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
