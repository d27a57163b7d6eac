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
