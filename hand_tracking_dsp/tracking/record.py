"""Records of a JSON file, read and written by the same class.

What is read is written again byte for byte: with its fields in their order, and with those that this
version does not know.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

Reader = Callable[[Any], Any]
"""Turns the JSON value of a field into its value here."""

AnyRecord = TypeVar("AnyRecord", bound="Record")


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
    def from_json(cls: type[AnyRecord], entry: Mapping[str, Any]) -> AnyRecord:  # noqa: PYI019 (Self came with Python 3.11)
        """Read a record of a JSON object.

        Raises:
            KeyError: A field is missing.
            AttributeError, TypeError, ValueError: A field is of another type.
            ModelError: A value is impossible.
        """
        needed = {one.name for one in dataclasses.fields(cls) if _has_no_default(one)}
        known = {
            name: read(entry[name]) for name, read in cls.FIELDS.items() if name in needed or name in entry
        }
        unknown = {name: value for name, value in entry.items() if name not in cls.FIELDS}
        return cls(**known, order=tuple(entry), unknown=unknown)

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object."""
        return {
            name: self.unknown[name] if name in self.unknown else _to_json(getattr(self, name))
            for name in self.order
        }


def as_is(value: Any) -> Any:  # noqa: ANN401 (JSON of any form)
    """Read a JSON value that is kept as it is."""
    return value


def each(record: type[Record]) -> Reader:
    """Return a reader of a list of records, which gives a tuple."""
    return lambda values: tuple(record.from_json(value) for value in values)


def _has_no_default(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _to_json(value: Any) -> Any:  # noqa: ANN401 (JSON of any form)
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, tuple):
        return [_to_json(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
