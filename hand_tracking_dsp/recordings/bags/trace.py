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

"""A trace out of a bag in which the tracker's latency topic was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.samples import (
    BATTERY_TYPE,
    POWER_TOPIC,
    POWER_TYPE,
    STATS_TYPE,
    BatteryReader,
    frame_cost,
)
from hand_tracking_dsp.recordings.bags.reader import Bag, open_bag
from hand_tracking_dsp.recordings.image_clock import ImageClock
from hand_tracking_dsp.recordings.trace import Trace


def read_bag_trace(bag: Path, topic: str = "", on_problem: Callable[[str], object] = lambda _: None) -> Trace:
    """Read the latency topic of a bag, and battery and power beside it where they are there.

    Fields that the bag's own definition of the message lacks are NaN.

    Args:
        bag: Path to a rosbag2 folder or file (mcap, sqlite3).
        topic: Topic of TrackerStats, "stats" meaning "/stats"; may be left out where the bag has only one.
        on_problem: Function called with a sentence for everything that could not be read.

    Raises:
        SourceError: The bag is missing or has nothing that can be read, or has no TrackerStats on that topic.
        ConfigurationError: rosbags is not installed, or no topic is named where there are several.
    """
    with open_bag(bag) as opened:
        trace = _read(opened, bag, topic)
        for problem, times in opened.problems.items():
            on_problem(f"In the bag {problem} ({times} times)." if times > 1 else f"In the bag {problem}.")
        return trace


def _read(opened: Bag, bag: Path, topic: str) -> Trace:
    stats = _stats_topic(opened, topic)
    battery = _topic_beside(opened.connections, BATTERY_TYPE, stats, "battery_state")
    power = _topic_beside(opened.connections, POWER_TYPE, battery or stats, POWER_TOPIC)
    chosen = [one for one in opened.connections if one.topic in (stats, battery, power)]
    reader = BatteryReader()
    latest: BatterySample | None = None
    costs: list[FrameCost] = []
    times: list[tuple[int, int]] = []
    for connection, arrival_ns, message in opened.read(chosen):
        arrival_s = arrival_ns * 1e-9
        if connection.topic == stats:
            try:
                costs.append(frame_cost(message, latest))
                times.append((costs[-1].stamp_ns, arrival_ns))
            except (AttributeError, TypeError) as error:
                msg = (
                    f"The topic {stats} of the bag {bag} is another version's, without the stamp, level or "
                    "number of hands of a frame: read it with that version, or record it again."
                )
                raise SourceError(msg) from error
        elif connection.topic == power:
            reader.add_power(message, arrival_s)
        else:
            latest = reader.sample(message, arrival_s)
    opened.problems.update([*reader.remarks, *power_of_other_types(opened.connections)])
    if not costs:
        msg = f"The topic {stats} of the bag {bag} has no message: record it again while the tracker runs."
        raise SourceError(msg)
    clock = ImageClock(times)
    if clock.problem:
        opened.problems[clock.problem] += 1
    for number, (cost, one) in enumerate(zip(costs, times, strict=True)):
        stamp_ns, _, problem = clock.times(*one)
        costs[number] = replace(cost, stamp_ns=stamp_ns)
        if problem:
            opened.problems[problem] += 1
    return Trace.of(costs)


def power_of_other_types(connections: list[Any]) -> list[str]:
    """Return a phrase for each topic that has the name of one of power, but another type: it is not read."""
    others = {
        (connection.topic, connection.msgtype)
        for connection in connections
        if connection.topic.split("/")[-1] == POWER_TOPIC and connection.msgtype != POWER_TYPE
    }
    return [
        f"{topic} is of {msgtype}, not of {POWER_TYPE}: it is left out" for topic, msgtype in sorted(others)
    ]


def _stats_topic(opened: Bag, topic: str) -> str:
    bag = opened.path
    names = sorted({one.topic for one in opened.connections if one.msgtype == STATS_TYPE})
    if not names:
        others = opened.contents()
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


def _topic_beside(connections: list[Any], msgtype: str, other: str, name: str) -> str:
    """Return the topic of a name and type beside another topic, else the only one of it.

    A battery may have any name, its type says enough; "" where it is unclear.
    """
    names = sorted({connection.topic for connection in connections if connection.msgtype == msgtype})
    beside = f"{other.rpartition('/')[0]}/{name}"
    if beside in names:
        return beside
    if msgtype != BATTERY_TYPE:
        names = [topic for topic in names if topic.split("/")[-1] == name]
    return names[0] if len(names) == 1 else ""
