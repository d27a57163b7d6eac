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

"""Layouts of messages, by definitions in text and by ROS 2's classes."""

from __future__ import annotations

from functools import partial

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from hand_tracking_dsp.recordings.bags.layouts import (
    Layout,
    class_fields,
    conflict,
    difference,
    layout,
    store_fields,
)

NESTED = """pkg/Part[2] fixed
pkg/Part[<=3] parts
string<=20[] names
byte b
char c
================================================================================
MSG: pkg/Part
float64 x
bool[] flags
"""


def of_text(text: str) -> Layout:
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(text, "pkg/msg/Whole"))
    return layout("pkg/msg/Whole", partial(store_fields, store.fielddefs))


def of_classes(**types: dict[str, str]) -> Layout:
    return layout("Whole", lambda name: class_fields(types[name.rpartition("/")[2]]))


def test_nested_fields_are_resolved_alike_from_text_and_from_classes() -> None:
    expected = (
        ("fixed[2].x", "float64"),
        ("fixed[2].flags[]", "bool"),
        ("parts[].x", "float64"),
        ("parts[].flags[]", "bool"),
        ("names[]", "string"),
        ("b", "uint8"),
        ("c", "uint8"),
    )
    assert of_text(NESTED) == expected
    whole = {
        "fixed": "pkg/Part[2]",
        "parts": "sequence<pkg/Part, 3>",
        "names": "sequence<string<20>>",
        "b": "octet",
        "c": "uint8",
    }
    assert of_classes(Whole=whole, Part={"x": "double", "flags": "sequence<boolean>"}) == expected


def test_comments_and_constants_are_no_difference() -> None:
    assert of_text("# of a hand\nuint8 LEFT=1\nuint8 side 3\n") == of_text("uint8 side")
    assert of_text("") == of_classes(Whole={})


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("int8 a\nint8 b", ""),
        ("int8 a", "it has no field b"),
        ("int8 a\nint16 b", "its field b is int16, not int8"),
        ("int8 a\nint8 b\nint8 c", "it has another field c"),
        ("int8 b\nint8 a", "its fields are in another order"),
        ("int8 a\nint8[] b", "it has no field b"),
    ],
)
def test_the_first_difference_is_told(theirs: str, said: str) -> None:
    assert difference(of_text(theirs), of_text("int8 a\nint8 b")) == said


@pytest.mark.parametrize(
    ("theirs", "fits"),
    [
        ("float64 level\nstring name", True),  # numbers are converted
        ("string name", True),  # a field that is missing is not known
        ("uint8 level\nstring name\nint8 more", True),
        ("uint8[4] level", False),
        ("string level", False),
        ("pkg/Level level\n" + "=" * 80 + "\nMSG: pkg/Level\nuint8 index", False),
    ],
)
def test_fields_map_by_name_and_kind(theirs: str, fits: bool) -> None:
    assert (conflict(of_text(theirs), of_text("uint8 level\nstring name")) == "") is fits


def test_lengths_of_arrays_and_types_of_points_do_not_matter() -> None:
    points = "pkg/P{0} joints\n" + "=" * 80 + "\nMSG: pkg/P\n{1} x\n{1} y\n"
    assert conflict(of_text(points.format("[]", "float32")), of_text(points.format("[21]", "float64"))) == ""
