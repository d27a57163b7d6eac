"""A trace out of a bag in which the tracker's latency topic was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.bags.reader import Bag, open_bag
from hand_tracking_dsp.recordings.trace import Trace, TraceBuilder

STATS_TYPE = "hand_tracking_dsp/msg/TrackerStats"
BATTERY_TYPE = "sensor_msgs/msg/BatteryState"


def read_bag_trace(bag: Path, topic: str = "", on_problem: Callable[[str], object] = lambda _: None) -> Trace:
    """Read the latency topic of a bag, and the battery beside it where there is one.

    Fields that the bag's own definition of the message lacks are NaN.

    Args:
        bag: A rosbag2 folder or file (mcap, sqlite3).
        topic: Of TrackerStats, "stats" meaning "/stats"; may be left out where the bag has only one.
        on_problem: Called with a sentence for everything that could not be read.

    Raises:
        SourceError: The bag is missing or has nothing that can be read, or has no TrackerStats on that topic.
        ConfigurationError: rosbags is not installed, or no topic is named where there are several.
    """
    with open_bag(bag) as opened:
        trace = _read(opened, bag, topic)
        for problem, times in opened.problems.items():
            on_problem(f"The bag is damaged: {problem} ({times} times).")
        return trace


def _read(opened: Bag, bag: Path, topic: str) -> Trace:
    stats = _stats_topic(opened.connections, bag, topic)
    battery = _battery_topic(opened.connections, stats)
    chosen = [connection for connection in opened.connections if connection.topic in (stats, battery)]
    builder = TraceBuilder()
    for connection, _, message in opened.read(chosen):
        if connection.topic == stats:
            builder.add_stats(message)
        else:
            builder.add_battery(message)
    if not len(builder):
        msg = f"The topic {stats} of the bag {bag} has no message: record it again while the tracker runs."
        raise SourceError(msg)
    return builder.trace()


def _stats_topic(connections: list[Any], bag: Path, topic: str) -> str:
    names = sorted({connection.topic for connection in connections if connection.msgtype == STATS_TYPE})
    if not names:
        others = ", ".join(sorted({connection.topic for connection in connections})) or "nothing"
        msg = f"The bag {bag} has no topic of {STATS_TYPE} (it has {others}): record the topic stats."
        raise SourceError(msg)
    if not topic and len(names) > 1:
        msg = f"The bag {bag} has {STATS_TYPE} on {', '.join(names)}: choose one with --topic."
        raise ConfigurationError(msg)
    wanted = f"/{topic.lstrip('/')}" if topic else names[0]
    if wanted not in names:
        msg = f"The bag {bag} has no {STATS_TYPE} on {wanted}: choose from {', '.join(names)}."
        raise SourceError(msg)
    return wanted


def _battery_topic(connections: list[Any], stats: str) -> str:
    """Return battery_state beside the topic of stats, else the only battery; "" where it is unclear."""
    names = sorted({connection.topic for connection in connections if connection.msgtype == BATTERY_TYPE})
    beside = f"{stats.rpartition('/')[0]}/battery_state"
    if beside in names:
        return beside
    return names[0] if len(names) == 1 else ""
