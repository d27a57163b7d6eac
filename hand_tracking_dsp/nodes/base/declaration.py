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

"""Declares the parameters of a table on a node and guards changes at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.nodes.tables.common import is_of_rclpy, unknown_parameter
from hand_tracking_dsp.options import OptionsType, Parameter, Value, make_options

_ALLOW = "allow_locked_changes"


class DeclaredParameters:
    """The parameters of a node, declared with descriptor and range.

    The node must have been made with ``automatically_declare_parameters_from_overrides=True``. A value
    from outside that cannot be used is remembered as a problem instead of raised, so that the node
    lives and configure can report it.

    Args:
        node: The node to declare them on.
        table: The parameters.
        is_active: Whether the node is active, when only dynamic parameters may change.
        apply: Called with the accepted values of dynamic parameters; may raise HandTrackingError,
            then the change is refused.
    """

    def __init__(
        self,
        node: Node,
        table: Iterable[Parameter],
        is_active: Callable[[], bool],
        apply: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._node = node
        self._table = {parameter.name: parameter for parameter in table}
        self._is_active = is_active
        self._apply = apply
        self._problems: dict[str, str] = {}
        self._kinds: dict[str, RosParameter.Type] = {}
        self._locked = False
        for parameter in self._table.values():
            self._declare(parameter)
        node.add_on_set_parameters_callback(self._on_set)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (the type of the parameter's default)
        """Return a parameter's value."""
        return self._table[name].accept(self._node.get_parameter(name).value)

    def __contains__(self, name: str) -> bool:
        """Return whether the table has a parameter."""
        return name in self._table

    def make(
        self,
        kind: type[OptionsType],
        prefix: str = "",
        changes: Mapping[str, Any] | None = None,
        **others: Any,  # noqa: ANN401 (fields of any type)
    ) -> OptionsType:
        """Make a dataclass of the parameters that bear the names of its fields.

        Args:
            kind: Dataclass to make.
            prefix: Group in front of the names.
            changes: Values that replace those of parameters, by the parameter's name.
            others: Further fields by name.

        Raises:
            ConfigurationError: The values do not fit each other.
        """
        values = {name: self[name] for name in self._table} | dict(changes or {})
        return make_options(kind, values, prefix, **others)

    def group(self, prefix: str) -> dict[str, Any]:
        """Return the parameters whose names begin with a prefix, by the rest of their names."""
        return {name.removeprefix(prefix): self[name] for name in self._table if name.startswith(prefix)}

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names that were set from outside but are no parameters of this node."""
        names = self._node.get_parameters_by_prefix("")
        return tuple(sorted(n for n in names if n not in self._table and not is_of_rclpy(n)))

    def typed(self, changes: Iterable[RosParameter]) -> list[RosParameter]:
        """Convert changes to the types that were declared, so that rclpy takes what YAML takes: 20 for 20.0.

        Raises:
            ConfigurationError: A value has another type than the parameter, or lies outside its range, or the
                parameter is fixed or unknown.
        """
        return [self._typed(change) for change in changes]

    def check(self) -> None:
        """Raise ConfigurationError if a value from outside cannot be used."""
        for problem in self._problems.values():
            raise ConfigurationError(problem)

    def _typed(self, change: RosParameter) -> RosParameter:
        parameter = self._table.get(change.name)
        if parameter is None:
            if is_of_rclpy(change.name):
                return change
            raise ConfigurationError(
                unknown_parameter(self._node.get_name(), change.name, self._table.values())
            )
        if parameter.fixed:
            msg = (
                f"Parameter {parameter.name} says what others may do with the node, and is fixed while it "
                f"runs: start the node again with another value."
            )
            raise ConfigurationError(msg)
        return RosParameter(change.name, self._kinds[change.name], _plain(parameter.accept(change.value)))

    def _declare(self, parameter: Parameter) -> None:
        name = parameter.name
        value = parameter.default
        if self._node.has_parameter(name):
            given = self._node.get_parameter(name).value
            self._node.undeclare_parameter(name)
            try:
                value = parameter.accept(given)
            except ConfigurationError as error:
                self._problems[name] = str(error)
        self._kinds[name] = RosParameter.Type.from_parameter_value(_plain(parameter.default))
        # rclpy would declare an empty list as one of bytes, and then refuse members of any other type.
        first = value or parameter.default if isinstance(parameter.default, tuple) else value
        self._node.declare_parameter(name, _plain(first), _descriptor(parameter), ignore_override=True)
        if first != value:
            Node.set_parameters(self._node, [RosParameter(name, self._kinds[name], _plain(value))])

    def lock(self) -> None:
        """Refuse from now on to change locked parameters, unless allow_locked_changes is set."""
        self._locked = _ALLOW not in self._table or not self[_ALLOW]

    def _check_lock(self, parameter: Parameter, value: Value) -> None:
        if self._locked and parameter.locked and value != self[parameter.name]:
            msg = (
                f"Parameter {parameter.name} says what the node opens or calls, and is locked once the node "
                f"has been configured: start the node again with another value, or with {_ALLOW}."
            )
            raise ConfigurationError(msg)

    def _on_set(self, changes: list[RosParameter]) -> SetParametersResult:
        accepted: dict[str, Value] = {}
        try:
            for change in changes:
                if change.name not in self._table:
                    continue
                parameter = self._table[change.name]
                accepted[change.name] = parameter.accept(change.value)
                self._check_lock(parameter, accepted[change.name])
                if self._is_active() and not parameter.dynamic:
                    msg = (
                        f"Parameter {change.name} takes effect at the next configure: "
                        f"deactivate the node before setting it, then clean up and configure."
                    )
                    raise ConfigurationError(msg)
            if dynamic := {name: accepted[name] for name in accepted if self._table[name].dynamic}:
                self._apply(dynamic)
        except HandTrackingError as error:
            return SetParametersResult(successful=False, reason=str(error))
        for name in accepted:
            self._problems.pop(name, None)
        return SetParametersResult(successful=True)


def _plain(value: Value) -> Any:  # noqa: ANN401 (a scalar or a list)
    return list(value) if isinstance(value, tuple) else value


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    constraints = [f"one of: {parameter.allowed}"] if parameter.choices else []
    constraints += ["locked once the node has been configured"] if parameter.locked else []
    descriptor = ParameterDescriptor(
        name=parameter.name,
        description=parameter.description + unit,
        additional_constraints="; ".join(constraints),
        read_only=parameter.fixed,
    )
    # A step of 0 allows every value between the limits.
    if isinstance(parameter.default, bool):
        return descriptor
    if isinstance(parameter.default, int):
        limits = IntegerRange(from_value=int(parameter.low), to_value=int(parameter.high), step=0)
        descriptor.integer_range = [limits]
    elif isinstance(parameter.default, float):
        span = FloatingPointRange(from_value=float(parameter.low), to_value=float(parameter.high), step=0.0)
        descriptor.floating_point_range = [span]
    return descriptor
