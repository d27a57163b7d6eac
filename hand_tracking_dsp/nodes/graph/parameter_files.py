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

"""Parameters and names for nodes, checked before a node starts: rcl's own words name its source files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from hand_tracking_dsp.documents import excerpt, read_text, visible
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.tables.by_node import TABLES
from hand_tracking_dsp.nodes.tables.common import is_of_rclpy, unknown_parameter
from hand_tracking_dsp.options import Value
from hand_tracking_dsp.yaml_documents import PlainLoader

_MAX_BYTES = 1 << 20
# Takes camera_nod for camera_node, and left_camera_node for another package's.
_NEAR = 0.85

_NAME = r"[A-Za-z_]\w*"
_NAMESPACE = re.compile(rf"/*({_NAME}(/{_NAME})*)?/*", re.ASCII)
_ALLOWED = "use letters, digits and _, no digit in front"
_TOPIC = re.compile(rf"({_NAME}:)?(~/|/)?{_NAME}(/{_NAME})*", re.ASCII)


class _Loader(PlainLoader):
    """Types plain values as rcl does: no dates, no numbers of base 60, no aliases, and 1e-3 is a number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile(r"^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"),
    list("yYnNtTfFoO"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
    list("-+0123456789."),
)


def parse_value(node: str, parameter: str, text: str) -> Value:
    """Read the value of a node's parameter, text in YAML, and check it.

    Args:
        node: Name of the node.
        parameter: Name of the parameter.
        text: Value.

    Raises:
        ConfigurationError: It is not YAML, the node has no such parameter, or it does not take the value.
    """
    label = f"{node}'s parameter {visible(parameter)}"
    return _accepted(node, parameter, _parsed(text, label) if text.strip() else "", label)


def check_names(namespace: str, remaps: Mapping[str, str]) -> None:
    """Check a namespace, and topics with the new names for them.

    Raises:
        ConfigurationError: ROS has no such name.
    """
    if not _NAMESPACE.fullmatch(namespace):
        msg = f"The namespace {visible(namespace)!r} is none of ROS: {_ALLOWED}, and / between them."
        raise ConfigurationError(msg)
    for name in (*remaps, *remaps.values()):
        if not _TOPIC.fullmatch(name):
            msg = f"The topic {visible(name)!r} is none of ROS: {_ALLOWED}, and / between them."
            raise ConfigurationError(msg)


def check_file(path: Path, nodes: Iterable[str]) -> None:
    """Check a ROS parameter file: its form, and the values that some nodes would take from it.

    Raises:
        ConfigurationError: It cannot be read, or a value cannot be used.
    """
    label = f"The parameter file {path}"
    found = _read(path, label)
    for node in nodes:
        values: dict[str, object] = {}
        for last in ("**", "*", node):  # the more general first: what names the node counts more
            for name, section in found:
                values |= section if name.rpartition("/")[2] == last else {}
        for parameter in values.keys() & {one.name for one in TABLES[node]}:
            _accepted(node, parameter, values[parameter], f"{label}: {node}'s {parameter}")


def mistyped_sections(path: Path) -> list[str]:
    """Name in a sentence each section of a ROS parameter file whose node is none of ours, but nearly so.

    Sections of other packages' nodes are usual in a robot's file.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    label = f"The parameter file {path}"
    names = dict.fromkeys(name.rpartition("/")[2] for name, _ in _read(path, label))
    return [
        f"{label} has a section for {excerpt(name)}, which no node here takes: do you mean {near[0]}?"
        for name in names
        if name not in TABLES and (near := get_close_matches(name, TABLES, 1, _NEAR))
    ]


def _read(path: Path, label: str) -> list[tuple[str, dict[str, object]]]:
    """Read the names of nodes in a ROS parameter file, with their parameters."""
    try:
        text = read_text(path, _MAX_BYTES)
    except OSError as error:
        msg = f"{label} cannot be read ({error.strerror}): give an existing one, or leave out --params."
        raise ConfigurationError(msg) from error
    sections = _parsed(text, label)
    if not isinstance(sections, dict):
        msg = f"{label} has no section for a node: write '/**/camera_node:', and below it 'ros__parameters:'."
        raise ConfigurationError(msg)
    return list(_sections("", sections, label))


def _parsed(text: str, label: str) -> Any:  # noqa: ANN401 (YAML of any form)
    try:
        text.encode()
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except UnicodeEncodeError:
        msg = f"{label} is {visible(text)!r}, which is not in UTF-8: correct it."
        raise ConfigurationError(msg) from None
    except RecursionError:
        msg = f"{label} is nested too deeply: correct it."
        raise ConfigurationError(msg) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" from line {mark.line + 1}, column {mark.column + 1} on" if mark else ""
        msg = f"{label} is not YAML{where}: correct it."
        raise ConfigurationError(msg) from error


def _sections(prefix: str, value: Mapping[Any, Any], label: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the name of every node, with its parameters."""
    for key, below in value.items():
        name = f"{prefix}/{key}"
        if key == "ros__parameters":
            yield prefix, dict(_parameters("", below, label))
        elif isinstance(below, dict):
            yield from _sections(name, below, label)
        else:
            msg = f"{label} gives {visible(name)} a value outside 'ros__parameters:': put it below that."
            raise ConfigurationError(msg)


def _parameters(prefix: str, value: object, label: str) -> Iterator[tuple[str, object]]:
    """Yield names and values; groups are opened by dots."""
    if not isinstance(value, dict):
        msg = f"{label} has 'ros__parameters:' without names and values: add some, or remove it."
        raise ConfigurationError(msg)
    for key, below in value.items():
        name = f"{prefix}{key}"
        if isinstance(below, dict):
            yield from _parameters(f"{name}.", below, label)
        else:
            yield name, below


def _accepted(node: str, name: str, value: object, label: str) -> Value:
    """Check a value.

    Raises:
        ConfigurationError: The node has no such parameter, or does not take the value.
    """
    table = {parameter.name: parameter for parameter in TABLES[node]}
    if name not in table:
        if is_of_rclpy(name):
            return value  # type: ignore[return-value]  # rclpy checks it
        raise ConfigurationError(unknown_parameter(node, name, TABLES[node]))
    accepted = table[name].accept(value, label)
    texts = accepted if isinstance(accepted, tuple) else (accepted,)
    if accepted == () or any(isinstance(one, str) and "\0" in one for one in texts):
        problem = "is empty, but must have at least one member" if accepted == () else "holds a NUL character"
        msg = f"{label} {problem}."
        raise ConfigurationError(msg)
    return accepted
