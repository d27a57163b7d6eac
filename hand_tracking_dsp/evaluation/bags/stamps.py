"""The stamp in the header of a message, ROS 2's or rosbags' alike."""

from __future__ import annotations

from typing import Any


def stamp_ns(message: Any) -> int:  # noqa: ANN401
    """Give the stamp in a message's header, nanoseconds; 0 where nobody set it."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
