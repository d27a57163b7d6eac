"""Parameters that several nodes have alike."""

from __future__ import annotations

from pathlib import Path

from hand_tracking_dsp.options import Parameter
from hand_tracking_dsp.resources import DEFAULT_BANK, default_bank


def qos(
    topic: str, label: str, reliability: str = "reliable", durability: str = "volatile", depth: int = 10
) -> tuple[Parameter, ...]:
    """Declare the quality of service of a topic, or of several."""
    return (
        Parameter(
            f"qos.{topic}.reliability",
            reliability,
            f"Reliability of {label}.",
            choices=("reliable", "best_effort"),
        ),
        Parameter(
            f"qos.{topic}.durability",
            durability,
            f"Durability of {label}; transient_local: whoever comes late gets the last message.",
            choices=("volatile", "transient_local"),
        ),
        Parameter(
            f"qos.{topic}.depth", depth, f"Messages kept for {label}.", unit="messages", low=1, high=1000
        ),
    )


AUTOSTART = Parameter(
    "autostart", True, "Configure and activate the node by itself; false: a lifecycle manager does."
)
BANK = Parameter("bank", "", f"Folder of the level bank; empty: the package's own, {DEFAULT_BANK}.")


def bank_folder(parameter: str) -> Path:
    """Return the folder of the level bank that the parameter bank names.

    Raises:
        ConfigurationError: The package's own bank is not installed.
    """
    return Path(parameter).expanduser() if parameter else default_bank()
