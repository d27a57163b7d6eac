"""Range checks shared by the options of this room."""

from __future__ import annotations

import math

from hand_tracking_dsp.errors import ConfigurationError

MAX_LEVELS = 256
"""A level travels as uint8 in msg/SparsityCommand.msg."""


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Refuse an option that is not a number from low to high.

    Raises:
        ConfigurationError: it is not.
    """
    if not (isinstance(value, (int, float)) and low <= value <= high):
        upper = f"to {high:g}" if math.isfinite(high) else "upwards"
        message = f"{name} is {value!r}: set a number from {low:g} {upper}."
        raise ConfigurationError(message)


def check_integer(name: str, value: int, low: int, high: int) -> None:
    """Refuse an option that is not a whole number from low to high.

    Raises:
        ConfigurationError: it is not.
    """
    if not (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
        message = f"{name} is {value!r}: set a whole number from {low} to {high}."
        raise ConfigurationError(message)
