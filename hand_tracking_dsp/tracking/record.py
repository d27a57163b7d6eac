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

"""Records of a JSON file, read and written by the same class, and the readers of their fields.

What is read is written again byte for byte: with its fields in their order, and with those that this
version does not know. A value of another type or range is refused with its place in the file.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, TypeVar

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import ModelError

Reader = Callable[[Any], Any]
"""Checks the JSON value of a field, and turns it into its value here."""

AnyRecord = TypeVar("AnyRecord", bound="Record")

MOST = 2**53
"""Largest whole number that every reader of JSON keeps."""

# Of float32, in which the networks compute.
_LARGEST = 3.4e38
_LONGEST_TEXT = 10_000
_SHOWN = 60


class FieldError(ModelError):
    """A field of a JSON file has a value that cannot be used.

    Attributes:
        where: Its place, for example ".levels[2].macs"; "" for the whole.
        reason: Sentence without its subject.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where.lstrip('.') or 'it'} {reason}")
        self.where = where
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A JSON object.

    Attributes:
        order: Names of the fields that are written, in their order. A new record has all of FIELDS that are
            not None; a field that gets a value later comes last.
        unknown: JSON values of the fields that this version does not know, by name.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {}
    """Its fields in the order of a new record, with their readers."""

    order: tuple[str, ...] = field(default=(), compare=False, repr=False)
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)

    def __post_init__(self) -> None:
        """Complete the order, and check the values.

        Raises:
            ModelError: A value is impossible.
        """
        order = self.order or tuple(name for name in self.FIELDS if getattr(self, name) is not None)
        later = (name for name in self.FIELDS if name not in order and getattr(self, name))
        object.__setattr__(self, "order", (*order, *later))
        self.check()

    def check(self) -> None:
        """Check the values; for subclasses.

        Raises:
            ModelError: A value is impossible.
        """

    @classmethod
    def from_json(cls: type[AnyRecord], entry: Any) -> AnyRecord:  # noqa: ANN401, PYI019 (Self came with Python 3.11)
        """Read a record of a JSON object.

        Raises:
            FieldError: It is no object, or a field is missing, or of another type or range.
            ModelError: The values do not fit each other.
        """
        needed = {one.name for one in dataclasses.fields(cls) if _has_no_default(one)}
        known = {
            name: read_field(entry, name, read)
            for name, read in cls.FIELDS.items()
            if name in needed or name in _json_object(entry)
        }
        unknown = {name: value for name, value in entry.items() if name not in cls.FIELDS}
        return cls(**known, order=tuple(entry), unknown=unknown)

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object; an optional field that has lost its value is left out."""
        optional = {one.name for one in dataclasses.fields(self) if one.default is None}
        lost = {name for name in optional if getattr(self, name) is None}
        return {
            name: self.unknown[name] if name in self.unknown else _to_json(getattr(self, name))
            for name in self.order
            if name not in lost
        }


def read_field(entry: Any, name: str, read: Reader) -> Any:  # noqa: ANN401 (JSON of any form)
    """Read a field of a JSON object.

    Raises:
        FieldError: It is no object, or the field is missing or refused by its reader.
    """
    place = f".{name}"
    if name not in _json_object(entry):
        raise FieldError(place, "is missing")
    with _within(place):
        return read(entry[name])


def as_is(value: Any) -> Any:  # noqa: ANN401 (JSON of any form)
    """Read a JSON value that is kept as it is."""
    return value


def as_text(value: Any) -> str:  # noqa: ANN401 (JSON of any form)
    """Read a text of printable characters and line feeds."""
    if not isinstance(value, str):
        _refuse(value, "a text")
    if not value.replace("\n", "").isprintable():
        _refuse(value, "of printable characters")
    if len(value) > _LONGEST_TEXT:
        _refuse(value, f"at most {_LONGEST_TEXT} characters long")
    return value


def as_name(value: Any) -> str:  # noqa: ANN401 (JSON of any form)
    """Read a name: one line of text that is not empty."""
    if not as_text(value).strip() or "\n" in value:
        _refuse(value, "a line of text")
    return as_text(value)


def as_bool(value: Any) -> bool:  # noqa: ANN401 (JSON of any form)
    """Read true or false."""
    if not isinstance(value, bool):
        _refuse(value, "true or false")
    return value


def whole(low: int = 0, high: int = MOST) -> Reader:
    """Return a reader of a whole number within limits."""

    def read(value: Any) -> int:  # noqa: ANN401 (JSON of any form)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            _refuse(
                value, f"a whole number, {low} to {high}" if high < MOST else f"a whole number from {low}"
            )
        return value

    return read


def number(low: float = -math.inf, high: float = math.inf) -> Reader:
    """Return a reader of a finite number within limits."""

    def read(value: Any) -> float:  # noqa: ANN401 (JSON of any form)
        limits = "" if math.isinf(low) else f", {low:g} to {high:g}" if high < math.inf else f" from {low:g}"
        wrong = isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > _LARGEST
        if not isinstance(value, bool) and isinstance(value, (int, float)) and abs(value) > _LARGEST:
            _refuse(value, f"a number of at most {min(high, _LARGEST):g}")
        if wrong or not low <= value <= high:
            _refuse(value, f"a number{limits}")
        return float(value)

    return read


def each(record: type[Record]) -> Reader:
    """Return a reader of a list of records, which gives a tuple."""
    return list_of(record.from_json)


def list_of(read: Reader) -> Reader:
    """Return a reader of a list, which gives a tuple."""

    def read_all(values: Any) -> tuple[Any, ...]:  # noqa: ANN401 (JSON of any form)
        if not isinstance(values, list):
            _refuse(values, "a list")
        found = []
        for index, value in enumerate(values):
            with _within(f"[{index}]"):
                found.append(read(value))
        return tuple(found)

    return read_all


def object_of(read: Reader) -> Reader:
    """Return a reader of an object whose keys are not fixed, which gives a dict."""

    def read_all(values: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON of any form)
        return {as_name(key): read_field(values, key, read) for key in _json_object(values)}

    return read_all


@contextmanager
def _within(place: str) -> Iterator[None]:
    """Put the place of a value before that of an error in it."""
    try:
        yield
    except FieldError as error:
        where = f"{place}{error.where}"
        raise FieldError(where, error.reason) from None


def _json_object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 (JSON of any form)
    if not isinstance(value, dict):
        _refuse(value, "a JSON object")
    return value


def _refuse(value: object, needed: str) -> NoReturn:
    shown = json.dumps(value, ensure_ascii=False)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    where, reason = "", f"is {visible(shown)}, but must be {needed}"
    raise FieldError(where, reason)


def _has_no_default(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _to_json(value: Any) -> Any:  # noqa: ANN401 (JSON of any form)
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, tuple):
        return [_to_json(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
