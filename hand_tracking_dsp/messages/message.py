"""Type of a message, and what every stamped message has."""

from __future__ import annotations

from typing import Any, TypeAlias

Message: TypeAlias = Any
"""A message object of ROS 2, or of rosbags where ROS 2 is not installed: their fields have the same names."""


def stamp_ns(message: Message) -> int:
    """Return the stamp in a message's header, nanoseconds; 0 where it is not set."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
