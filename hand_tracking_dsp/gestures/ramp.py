"""The shape of every score."""

from __future__ import annotations


def ramp(value: float, zero: float, one: float) -> float:
    """Rise linearly from 0 where value is zero to 1 where it is one; zero may be the larger of them."""
    return min(max((value - zero) / (one - zero), 0.0), 1.0)
