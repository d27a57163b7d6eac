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

"""Effects of gesture events: bindings from events to parameters and services, written as text."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.types import SWIPES, EventKind, GestureEvent
from hand_tracking_dsp.options import check_options, dynamic_option
from hand_tracking_dsp.yaml_documents import parse_yaml

FORM = (
    '"GESTURE started|held SECONDS|ended|moved -> set NODE PARAMETER VALUE" or '
    '"GESTURE started|held SECONDS|ended|moved -> call SERVICE [true|false]"'
)
"""How a binding is written."""

Scalar = bool | int | float | str
Setting = Scalar | tuple[Scalar, ...]

_INT64 = 2**63
_ROS_NAME = re.compile(r"(~?/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SetParameter:
    """Sets a parameter of a node.

    Attributes:
        node: Its name; without a slash in front it is looked for in the trigger's own namespace.
        name: Name of the parameter.
        value: A bool, int, float or str, or several of one of these.
    """

    node: str
    name: str
    value: Setting


@dataclass(frozen=True, slots=True)
class CallService:
    """Calls a service.

    Attributes:
        service: Its name; without a slash in front it is looked for in the same namespace.
        data: For a service of type std_srvs/srv/SetBool; None: it is of type std_srvs/srv/Trigger.
    """

    service: str
    data: bool | None


@dataclass(frozen=True, slots=True)
class Binding:
    """An event and what it sets off.

    Attributes:
        text: As it was written.
        gesture: Name that the event must have.
        kind: Kind that it must have.
        after_s: For HELD: how long the gesture must have been held, seconds.
        action: What it sets off.
    """

    text: str
    gesture: str
    kind: EventKind
    after_s: float
    action: SetParameter | CallService


def parse_binding(text: str) -> Binding:
    """Read a binding; FORM says how it is written.

    Raises:
        ConfigurationError: It is written otherwise.
    """
    before, arrow, after = text.partition("->")
    event, action = before.split(), after.split(maxsplit=3)
    if not arrow:
        raise _refusal(text, "has no ->")
    if len(event) < 2:
        raise _refusal(text, "does not name a gesture and what happens to it")
    gesture, when, *rest = event
    if when.upper() not in EventKind.__members__:
        raise _refusal(text, f"says {when!r} where started, held, ended or moved is to stand")
    kind = EventKind[when.upper()]
    if len(rest) != (kind is EventKind.HELD):
        raise _refusal(text, f"has {len(rest)} words behind {when}")
    if (kind is EventKind.MOVED) != (gesture in SWIPES):
        raise _refusal(text, f"says {when} of {gesture}, but swipes have moved, and only they")
    return Binding(text, gesture, kind, _seconds(text, rest[0]) if rest else 0.0, _action(text, action))


def _action(text: str, words: Sequence[str]) -> SetParameter | CallService:
    if len(words) > 1 and not _ROS_NAME.fullmatch(words[1]):
        raise _refusal(text, f"names {words[1]!r}, which cannot be a name in ROS")
    match words:
        case ["set", node, name, value]:
            return SetParameter(node, name, _value(text, value))
        case ["call", service]:
            return CallService(service, None)
        case ["call", service, ("true" | "false") as data]:
            return CallService(service, data == "true")
        case _:
            raise _refusal(text, "does not say behind -> what to set or call")


def _value(text: str, value: str) -> Setting:
    """Read a parameter's value as YAML, as ``ros2 param set`` does."""
    try:
        read = parse_yaml(value)
    except ValueError:
        raise _refusal(text, f"has a value that is not YAML, {value!r}") from None
    members = read if isinstance(read, list) else [read]
    kinds = {type(member) for member in members}
    fits = kinds != {int} or all(-_INT64 <= member < _INT64 for member in members)
    if len(kinds) != 1 or not kinds <= {bool, int, float, str} or not fits:
        raise _refusal(text, f"has a value that no parameter takes, {value!r}")
    return tuple(members) if isinstance(read, list) else members[0]


def _seconds(text: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 3600.0:
        raise _refusal(text, f"says held {word}, which is not a time from 0 to 3600 seconds")
    return value


def _refusal(text: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"The binding {text!r} {problem}; write {FORM}.")


@dataclass(frozen=True, slots=True)
class TriggerOptions:
    """Times of the triggers; what a person meant long ago need not be what they mean now."""

    cooldown_s: float = dynamic_option(1.0, "How long a binding rests after it was set off.", "s", 0, 3600)
    max_age_s: float = dynamic_option(
        1.0,
        "Age above which an event sets off nothing; also how far ahead of the clock here its stamp may be.",
        "s",
        0.05,
        3600,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class GestureTriggers:
    """Finds the bindings that an event sets off.

    A binding to a held gesture is set off once in a holding, by the first event that reports it as long
    enough.

    Attributes:
        bindings: The same.
        options: The same; may be replaced at any time.
        ignored: How often an event that would have set one off came during its rest, and how many came too
            late, by "cooldown" and "age".
    """

    def __init__(self, bindings: Sequence[Binding], options: TriggerOptions) -> None:
        self.bindings = tuple(bindings)
        self.options = options
        self.ignored: Counter[str] = Counter()
        self._set_off_s: dict[Binding, float] = {}
        # Gestures being held that have had their effect, by hand.
        self._done: set[tuple[Binding, int]] = set()

    def react(self, event: GestureEvent, age_s: float, now_s: float) -> tuple[Binding, ...]:
        """Give the bindings that an event sets off.

        Args:
            event: What happened.
            age_s: Age of the event, seconds.
            now_s: Time of a monotonic clock, seconds.
        """
        matching = [binding for binding in self.bindings if self._matches(binding, event)]
        if event.kind is EventKind.HELD:
            self._done.update((binding, event.track_id) for binding in matching)
        else:
            self._done -= {(b, event.track_id) for b in self.bindings if b.gesture == event.name}
        if not abs(age_s) <= self.options.max_age_s:
            self.ignored["age"] += bool(matching)
            return ()
        cooldown_s = self.options.cooldown_s
        rested = [b for b in matching if now_s - self._set_off_s.get(b, -math.inf) >= cooldown_s]
        self.ignored["cooldown"] += len(matching) - len(rested)
        self._set_off_s |= dict.fromkeys(rested, now_s)
        return tuple(rested)

    def _matches(self, binding: Binding, event: GestureEvent) -> bool:
        return (
            (binding.gesture, binding.kind) == (event.name, event.kind)
            and event.duration_s >= binding.after_s
            and (binding, event.track_id) not in self._done
        )
