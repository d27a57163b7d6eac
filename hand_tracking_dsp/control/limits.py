"""Number of levels, and the check of one against a bank's."""

from __future__ import annotations

from hand_tracking_dsp.errors import ConfigurationError

MAX_LEVELS = 256
"""A level travels as uint8 in msg/SparsityCommand.msg."""


def check_integer(name: str, value: int, low: int, high: int) -> None:
    """Refuse a value that is not a whole number from low to high.

    Raises:
        ConfigurationError: It is not.
    """
    if not (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
        message = f"{name} is {value!r}: set a whole number from {low} to {high}."
        raise ConfigurationError(message)
