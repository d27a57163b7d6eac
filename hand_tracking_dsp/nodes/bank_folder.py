"""Folder of the level bank that tracker, controller and power node share."""

from __future__ import annotations

from pathlib import Path

from hand_tracking_dsp.resources import default_bank


def bank_folder(parameter: str) -> Path:
    """Return the folder of the level bank that the parameter bank names.

    Raises:
        ConfigurationError: The package's own bank is not installed.
    """
    return Path(parameter).expanduser() if parameter else default_bank()
