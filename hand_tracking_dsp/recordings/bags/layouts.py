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

"""Layouts of messages: their fields as they lie in the bytes, to compare definitions of two versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

Layout: TypeAlias = tuple[tuple[str, str], ...]
"""Path of every field in order, nested ones resolved, such as ("hands[].landmarks[21].x", "float64")."""

Fields: TypeAlias = Iterable[tuple[str, str, str]]
"""Name, type and brackets of each field of one message; of an array of 21 the brackets are [21]."""

_SAME = {
    "boolean": "bool",
    "octet": "uint8",
    "byte": "uint8",
    "char": "uint8",
    "float": "float32",
    "double": "float64",
}
_PRIMITIVE = re.compile(r"bool|u?int(8|16|32|64)|float(32|64)|w?string")
# A type in words of rosidl: sequence<T>, sequence<T, 5>, T[5], string<5>.
_SEQUENCE = re.compile(r"sequence<(.*?)(?:, \d+)?>")
_ARRAY = re.compile(r"(.*)(\[\d+\])")
# What an empty message is filled with, which not everyone counts as a field.
_FILLER = "structure_needs_at_least_one_member"


def layout(msgtype: str, fields_of: Callable[[str], Fields]) -> Layout:
    """Resolve the fields of a message.

    Args:
        msgtype: Name of its type.
        fields_of: Function that gives the fields of a type; any error of it is passed on.
    """
    found: list[tuple[str, str]] = []
    for name, kind, brackets in fields_of(msgtype):
        plain = _SAME.get(kind, kind)
        if _PRIMITIVE.fullmatch(plain):
            found.append((name + brackets, plain))
        else:
            found += [(f"{name}{brackets}.{path}", leaf) for path, leaf in layout(kind, fields_of)]
    return tuple(one for one in found if one[0] != _FILLER)


def store_fields(definitions: Mapping[str, Any], msgtype: str) -> Fields:
    """Give the fields of a type in the fielddefs of a store of rosbags; KeyError where it is missing."""
    from rosbags.interfaces import Nodetype

    for name, (kind, detail) in definitions[msgtype][1]:
        if kind in (Nodetype.ARRAY, Nodetype.SEQUENCE):
            (element, of), length = detail
            brackets = f"[{length}]" if kind == Nodetype.ARRAY else "[]"
        else:
            (element, of), brackets = (kind, detail), ""
        yield name, of if element == Nodetype.NAME else of[0], brackets


def class_fields(described: dict[str, str]) -> Fields:
    """Give the fields that a message class of ROS 2 describes by get_fields_and_field_types."""
    for name, words in described.items():
        sequence, array = _SEQUENCE.fullmatch(words), _ARRAY.fullmatch(words)
        element, brackets = (sequence[1], "[]") if sequence else array.groups() if array else (words, "")
        kind = re.sub(r"<\d+>", "", element)
        yield name, "/msg/".join(kind.split("/")), brackets


def difference(theirs: Layout, ours: Layout) -> str:
    """Say in some words what differs first in their layout; "" where both are the same."""
    if theirs == ours:
        return ""
    their, our = dict(theirs), dict(ours)
    for path, kind in ours:
        if path not in their:
            return f"it has no field {path}"
        if their[path] != kind:
            return f"its field {path} is {their[path]}, not {kind}"
    added = next((path for path in their if path not in our), "")
    return f"it has another field {added}" if added else "its fields are in another order"


def conflict(theirs: Layout, ours: Layout) -> str:
    """Say in some words which of their fields means something else than ours of that name; "" if none does.

    Fields that only one of them has do not matter, nor do lengths of arrays and kinds of numbers.
    """
    their, our = ({re.sub(r"\d+", "", path): kind for path, kind in one} for one in (theirs, ours))
    for path, kind in our.items():
        numbers = "string" not in kind
        for other, other_kind in their.items():
            same = other == path and numbers == ("string" not in other_kind)
            if not same and _meet(path, other):
                return f"its field {other} is {other_kind}, where this version has {path}, {kind}"
    return ""


def _meet(path: str, other: str) -> bool:
    """Return whether one path ends where the other has a field of that name."""
    one, two = (path.replace("[]", "").split("."), other.replace("[]", "").split("."))
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]
