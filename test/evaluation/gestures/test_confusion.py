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

from __future__ import annotations

import pytest

from hand_tracking_dsp.evaluation.gestures.confusion import NO_HAND, Confusion, percent


def test_shares_are_of_the_hands_found_and_of_all():
    confusion = Confusion()
    for label, read in (("1", "1"), ("1", "1"), ("1", "2"), ("2", NO_HAND)):
        confusion.add(label, read)
    assert (confusion.hands, confusion.found, confusion.right) == (4, 3, 2)
    assert confusion.accuracy == pytest.approx(2 / 3)
    assert confusion.recall("1") == pytest.approx(2 / 3)
    assert confusion.recall("2") is None
    figures = confusion.figures()
    assert figures["accuracy_of_all"] == 0.5
    assert figures["pairs"] == [
        {"label": "1", "read": "1", "count": 2},
        {"label": "1", "read": "2", "count": 1},
        {"label": "2", "read": NO_HAND, "count": 1},
    ]


def test_the_table_has_a_row_for_each_label_and_what_is_no_gesture_last():
    confusion = Confusion()
    for label, read in (("point", "point"), ("none", "fist"), ("fist", NO_HAND), ("point", "none")):
        confusion.add(label, read)
    lines = confusion.table().splitlines()
    assert lines[0] == "| said \\ read | fist | point | none | no hand | right, of found |"
    assert lines[2:] == [
        "| fist | · | · | · | 1 | - |",
        "| point | · | 1 | 1 | · | 50.0 % |",
        "| none | 1 | · | · | · | 0.0 % |",
    ]


def test_without_hands_there_is_no_share():
    assert Confusion().accuracy is None
    assert Confusion().figures()["accuracy_of_all"] is None
    assert percent(None) == "-"
