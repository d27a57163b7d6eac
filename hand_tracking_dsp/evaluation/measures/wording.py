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

"""Figures as text, the same in pages, tables and sentences."""

from __future__ import annotations

import math

from hand_tracking_dsp.evaluation.statistics import Interval


def number(value: float, *, sign: bool = False) -> str:
    """Write a figure in four significant digits, from 1000 on without decimals; "-" where it is NaN.

    A change is written with its sign.
    """
    if math.isnan(value):
        return "-"
    plus = "+" if sign else ""
    return f"{value:{plus},.0f}" if math.isfinite(value) and abs(value) >= 1000 else f"{value:{plus}.4g}"


def with_interval(figure: Interval, unit: str = "", *, sign: bool = False) -> str:
    """Write a figure with its unit and, where it has a width, its interval: 3.1 px (2.9 to 3.4)."""
    text = f"{number(figure.value, sign=sign)} {unit}".strip()
    if math.isnan(figure.low) or figure.low == figure.high:
        return text
    return f"{text} ({number(figure.low)} to {number(figure.high)})"
