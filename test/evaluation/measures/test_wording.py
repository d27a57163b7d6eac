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

"""Figures as text."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.evaluation.measures.wording import number, with_interval
from hand_tracking_dsp.evaluation.statistics import Interval


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "-"),
        (0.0, "0"),
        (3.14159, "3.142"),
        (-0.000123456, "-0.0001235"),
        (999.94, "999.9"),
        (12345.6, "12,346"),
        (math.inf, "inf"),
    ],
)
def test_figures_have_four_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_changes_show_their_sign() -> None:
    assert [number(value, sign=True) for value in (1.5, -1.5, 2000)] == ["+1.5", "-1.5", "+2,000"]


def test_an_interval_is_shown_where_it_has_a_width() -> None:
    assert with_interval(Interval(3, 2.5, 3.5), "px") == "3 px (2.5 to 3.5)"
    assert with_interval(Interval(3), "px", sign=True) == "+3 px"
    assert with_interval(Interval(0, 0, 0), "px") == "0 px"
