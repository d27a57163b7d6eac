"""What a parameter of a node is, and which values it takes. No rclpy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError

Item = bool | int | float | str
Value = Item | tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a node; the type of its default is its type.

    Attributes:
        name: Name in ROS; a dot opens a group.
        default: Value where nobody sets one; a tuple (of a list) has at least one member.
        description: One sentence for a person.
        unit: Unit of a number, "" for none.
        low: Lowest value of a number or of each in a list.
        high: Highest value of a number or of each in a list.
        choices: The strings allowed, also as members of a list; empty: any.
        dynamic: Whether a change takes effect at once; others are read at configure and cannot be
            set while the node is active.
    """

    name: str
    default: Value
    description: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    dynamic: bool = False

    @property
    def kind(self) -> str:
        """Name of the type for a person, for example "float" or "list of str"."""
        if isinstance(self.default, tuple):
            return f"list of {type(self.default[0]).__name__}"
        return type(self.default).__name__

    @property
    def allowed(self) -> str:
        """The values allowed, for a person; "" where all of the type are."""
        if self.choices:
            return ", ".join(self.choices)
        if math.isinf(self.low) and math.isinf(self.high):
            return ""
        return f"{self.low:.10g} to {self.high:.10g}" + (f" {self.unit}" if self.unit else "")

    def accept(self, value: object) -> Value:
        """Check a value and bring it to the parameter's type.

        Whole numbers are taken for a float and numbers for a string, as YAML writes "rate_hz: 30"
        and "source: 0".

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
            msg = f"Parameter {self.name} is {shown}, but {problem}."
            raise ConfigurationError(msg)
        result = tuple(item for item in converted if item is not None)
        return result if isinstance(self.default, tuple) else result[0]


def _listed(value: object) -> object:
    """Make a list of any sequence but text; rclpy hands out arrays too."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else value


def _converted(value: object, kind: type[Item]) -> Item | None:
    """Bring one value to a type; None where it is of another."""
    if kind is bool or isinstance(value, bool):
        return value if isinstance(value, bool) and kind is bool else None
    if kind is str:
        return str(value) if isinstance(value, (int, float, str)) else None
    if kind is float:
        return float(value) if isinstance(value, (int, float)) else None
    return value if isinstance(value, int) else None
