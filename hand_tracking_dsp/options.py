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

"""Values that can be set, each declared once with its default, unit, range and description.

A field of a dataclass is declared with option; check_options then checks an instance, parameters_of gives
the nodes' parameters and make_options makes the dataclass of their values. Command line, YAML and the tables
of docs/ are made of the same declarations.

    @dataclass(frozen=True, slots=True)
    class SourceOptions:
        width: int = option(640, "Image width asked of the source.", "px", 16, 8192)

        def __post_init__(self) -> None:
            check_options(self)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Protocol, TypeVar

from hand_tracking_dsp.errors import ConfigurationError

Item = bool | int | float | str
Value = Item | tuple[Item, ...]

_Default = TypeVar("_Default", bound=Value)
_NAMES_IN_ROS: Mapping[type, str] = {bool: "bool", int: "integer", float: "double", str: "string"}
_DECLARATION = "hand_tracking_dsp.options"


class Options(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


OptionsType = TypeVar("OptionsType", bound=Options)
"""A dataclass that a function makes."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that can be set; the type of its default is its type.

    Attributes:
        name: Name of the field or, where a node has it, in ROS; a dot opens a group.
        default: Value where nobody sets one; a tuple (of a list) has at least one member.
        description: One sentence for a person.
        unit: Unit of a number, "" for none.
        low: Lowest value of a number or of each in a list.
        high: Highest value of a number or of each in a list.
        choices: The strings allowed, also as members of a list; empty: any.
        dynamic: Whether a node takes up a change at once; other parameters are read at configure and cannot
            be set while the node is active.
        locked: Whether a node, once configured, refuses to change it, because it names what the node opens:
            a file, a folder, a device or an address.
        fixed: Whether a node never changes it while it runs, because it says what others may do with it.
    """

    name: str
    default: Value
    description: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    dynamic: bool = False
    locked: bool = False
    fixed: bool = False

    @property
    def kind(self) -> str:
        """Name of the type as ROS has it, for example "double" or "string array"."""
        if isinstance(self.default, tuple):
            return f"{_NAMES_IN_ROS[type(self.default[0])]} array"
        return _NAMES_IN_ROS[type(self.default)]

    @property
    def allowed(self) -> str:
        """The values allowed, for a person; "" where all of the type are."""
        if self.choices:
            return ", ".join(self.choices)
        if math.isinf(self.low) and math.isinf(self.high):
            return ""
        return f"{self.low:.10g} to {self.high:.10g}" + (f" {self.unit}" if self.unit else "")

    def accept(self, value: object, label: str = "") -> Value:
        """Check a value and convert it to the parameter's type.

        Whole numbers are taken for a double, 2.0 for an integer, and numbers for a string, as YAML writes
        "rate_hz: 30" and "source: 0".

        Args:
            value: Value to check.
            label: Name of the value in the error; "Parameter" and its name if empty.

        Raises:
            ConfigurationError: The value has another type, or lies outside the allowed ones.
        """
        given = _listed(value)
        if isinstance(self.default, tuple):
            kind = type(self.default[0])
            converted = [_converted(item, kind) for item in given] if isinstance(given, list) else [None]
        else:
            converted = [_converted(given, type(self.default))]
        problem = ""
        if None in converted:
            problem = f"must be of type {self.kind}"
        elif any(isinstance(item, (int, float)) and not self.low <= item <= self.high for item in converted):
            problem = f"must be in the range {self.allowed}"
        elif self.choices and not set(converted) <= set(self.choices):
            problem = f"must be one of: {self.allowed}"
        if problem:
            shown = "not set" if value is None else repr(given)
            msg = f"{label or f'Parameter {self.name}'} is {shown}, but {problem}."
            raise ConfigurationError(msg)
        result = tuple(item for item in converted if item is not None)
        return result if isinstance(self.default, tuple) else result[0]


def option(
    default: _Default,
    description: str,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    *,
    choices: tuple[str, ...] = (),
    dynamic: bool = False,
    locked: bool = False,
    fixed: bool = False,
    parameter: bool = True,
) -> _Default:
    """Declare a field of a dataclass.

    Args:
        default: Value where nobody sets one; see Parameter for this and the next seven.
        description: One sentence for a person.
        unit: Unit of a number.
        low: Lowest value.
        high: Highest value.
        choices: The strings allowed.
        dynamic: Whether a node takes up a change at once.
        locked: Whether a node, once configured, refuses to change it.
        fixed: Whether a node never changes it while it runs.
        parameter: Whether the nodes have it as a parameter, too.

    Returns:
        The field; its type is that of the default, as dataclasses.field has it.
    """
    declared = Parameter("", default, description, unit, low, high, choices, dynamic, locked, fixed)
    metadata = {_DECLARATION: (declared, parameter)}
    return field(default=default, metadata=metadata)


dynamic_option = partial(option, dynamic=True)
"""Declares a field whose change a node takes up at once."""


def declaration(kind: type[Options], name: str) -> Parameter:
    """Return the declaration of a field.

    Raises:
        KeyError: There is no such field that was declared with option.
    """
    return {one.name: one for _, one in _declarations(kind)}[name]


def check_options(options: Options) -> None:
    """Check every field that was declared with option, and make an integer of 2.0 where it must be one.

    Raises:
        ConfigurationError: A value has another type than declared, or lies outside its range, or a list is
            empty.
    """
    for _, declared in _declarations(type(options)):
        label = f"{type(options).__name__}.{declared.name}"
        accepted = declared.accept(getattr(options, declared.name), label)
        if accepted == ():
            msg = f"{label} is empty, but must have at least one member."
            raise ConfigurationError(msg)
        if isinstance(declared.default, int):
            object.__setattr__(options, declared.name, accepted)  # also where the dataclass is frozen


def check_order(options: Options, lower: str, upper: str, *, equal: bool = False) -> None:
    """Check that one field lies above another.

    Args:
        options: Options whose fields are declared.
        lower: Name of the field that must be less.
        upper: Name of the field that must be more.
        equal: Whether both may be the same.

    Raises:
        ConfigurationError: It does not.
    """
    below, above = getattr(options, lower), getattr(options, upper)
    if not (above > below or (equal and above == below)):
        needed = "at least" if equal else "above"
        msg = f"{type(options).__name__}.{upper} is {above}, but must be {needed} {lower}, which is {below}."
        raise ConfigurationError(msg)


def parameters_of(
    kind: type[Options],
    prefix: str = "",
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    defaults: Mapping[str, Value] | None = None,
) -> tuple[Parameter, ...]:
    """Return the parameters that a node has of a dataclass, in the order of its fields.

    Args:
        kind: Dataclass whose fields are declared with option.
        prefix: Group in front of the names, for example "simulated.".
        only: Names of the fields to take; all if empty.
        without: Names of the fields to leave out.
        defaults: Defaults of the node that differ from the dataclass's, by field; say why beside them.
    """
    return tuple(
        replace(one, name=prefix + one.name, default=(defaults or {}).get(one.name, one.default))
        for exposed, one in _declarations(kind)
        if exposed and one.name not in without and (not only or one.name in only)
    )


def make_options(
    kind: type[OptionsType],
    values: Mapping[str, Any],
    prefix: str = "",
    **others: Any,  # noqa: ANN401 (fields of any type)
) -> OptionsType:
    """Make a dataclass of values that bear the names of its fields; those without a value keep their default.

    Args:
        kind: Dataclass to make.
        values: Values by prefix and name of a field; other names are passed over.
        prefix: Group in front of the names.
        others: Further fields by name.

    Raises:
        ConfigurationError: A value lies outside its range.
    """
    named = {one.name: values[prefix + one.name] for one in fields(kind) if prefix + one.name in values}
    return kind(**{**named, **others})


def _declarations(kind: type[Options]) -> Iterable[tuple[bool, Parameter]]:
    """Return the fields declared with option, and whether the nodes have each as a parameter."""
    for one in fields(kind):
        if _DECLARATION in one.metadata:
            declared, exposed = one.metadata[_DECLARATION]
            yield exposed, replace(declared, name=one.name)


def _listed(value: object) -> object:
    """Make a list of any sequence but text; rclpy hands out arrays too."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else value


def _converted(value: object, kind: type[Item]) -> Item | None:
    """Convert one value to a type; None where it is of another."""
    if kind is bool or isinstance(value, bool):
        return value if isinstance(value, bool) and kind is bool else None
    if kind is str:
        return str(value) if isinstance(value, (int, float, str)) else None
    if kind is float:
        return float(value) if isinstance(value, Real) else None
    whole = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
    return int(value) if whole else None  # type: ignore[call-overload]
