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

"""Traces out of real bags, written here with rosbags."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags import rosbag2
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.messages.samples import STATS_TYPE
from hand_tracking_dsp.recordings.bags.definitions import new_message, typestore
from hand_tracking_dsp.recordings.bags.trace import read_bag_trace
from hand_tracking_dsp.resources import share_path

NEW_FIELDS = ("drift", "drift_sparser", "drift_ms", "smoothing_residual", "accelerator_utilization")


def old_typestore() -> Any:
    """Definitions as they were before the fields of NEW_FIELDS came."""
    lines = (share_path("msg") / "TrackerStats.msg").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if line.split()[-1:] not in [[name] for name in NEW_FIELDS])
    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg(text, STATS_TYPE))
    return store


def header(store: Any, stamp_s: float) -> Any:
    stamp = store.types["builtin_interfaces/msg/Time"](sec=int(stamp_s), nanosec=round(stamp_s % 1 * 1e9))
    return store.types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera")


def stats(store: Any, stamp_s: float, **given: Any) -> Any:
    message = store.types[STATS_TYPE]
    defaults = {"string": "", "bool": False, "float32": 0.0}
    values = {
        name: defaults.get(kind[1][0] if isinstance(kind[1], tuple) else "", 0)
        for name, kind in store.fielddefs[STATS_TYPE][1]
        if name != "header"
    }
    if "keep" in values:
        values["keep"] = np.zeros(0, np.uint8)
    return message(header=header(store, stamp_s), **{**values, **given})


def write(path: Path, store: Any, *messages: tuple[str, Any], form: str = "mcap") -> Path:
    plugin = rosbag2.StoragePlugin.MCAP if form == "mcap" else rosbag2.StoragePlugin.SQLITE3
    with rosbag2.Writer(path, version=8, storage_plugin=plugin) as writer:
        connections: dict[str, Any] = {}
        for number, (topic, message) in enumerate(messages):
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=store)
            writer.write(connections[topic], number * 1_000_000, bytes(store.serialize_cdr(message, kind)))
    return path


@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_frames_come_with_the_battery_heard_before_them(
    tmp_path: Path, form: str, battery_message: Callable[[float], Any]
) -> None:
    store = typestore()
    bag = write(
        tmp_path / "bag",
        store,
        ("/robot/stats", stats(store, 50.0, applied_level=2, hands=1, total_ms=7.5, drift=3.0)),
        ("/robot/battery_state", battery_message(0.5)),
        ("/other/battery_state", battery_message(0.1)),
        ("/robot/stats", stats(store, 50.1, end_to_end_ms=math.nan, detector_ran=True)),
        form=form,
    )
    first, second = read_bag_trace(bag).frames
    assert (first.stamp_s, first.level, first.hands, first.total_ms, first.drift) == (0.0, 2, 1, 7.5, 3.0)
    assert math.isnan(first.charge)
    assert second.stamp_s == pytest.approx(0.1)
    assert (second.charge, second.power_w, second.detector_ran) == (0.5, 20.0, 1)
    assert math.isnan(second.end_to_end_ms)


def test_the_only_battery_counts_wherever_it_is(
    tmp_path: Path, battery_message: Callable[[float], Any]
) -> None:
    store = typestore()
    messages = [("/battery", battery_message(0.5)), ("/stats", stats(store, 1.0))]
    assert read_bag_trace(write(tmp_path / "bag", store, *messages)).frames[0].charge == 0.5


def test_the_power_on_power_w_goes_before_the_batterys_current(
    tmp_path: Path, battery_message: Callable[[float], Any]
) -> None:
    store = typestore()
    power, battery, other = new_message("std_msgs/msg/Float32"), battery_message(0.5), battery_message(0.5)
    power.data, battery.current = 12.5, math.nan
    other_power = new_message("std_msgs/msg/Float32")
    other_power.data = 99.0
    bag = write(
        tmp_path / "bag",
        store,
        ("/robot/battery_state", other),
        ("/robot/stats", stats(store, 1.0)),
        ("/robot/power_w", power),
        ("/other/power_w", other_power),
        ("/robot/battery_state", battery),
        ("/robot/stats", stats(store, 2.0)),
    )
    assert [frame.power_w for frame in read_bag_trace(bag).frames] == [20.0, 12.5]


def test_a_battery_of_0_to_100_and_a_power_of_another_type_are_named(
    tmp_path: Path, battery_message: Callable[[float], Any]
) -> None:
    store = typestore()
    power = store.types["std_msgs/msg/Float64"](data=9.0)
    bag = write(
        tmp_path / "bag",
        store,
        ("/battery_state", battery_message(55.0)),
        ("/power_w", power),
        ("/stats", stats(store, 1.0)),
    )
    problems: list[str] = []
    trace = read_bag_trace(bag, on_problem=problems.append)
    assert [cost.charge for cost in trace.frames] == pytest.approx([0.55])
    assert "The battery's percentage is 0 to 100" in problems[0]
    assert "/power_w is of std_msgs/msg/Float64, not of std_msgs/msg/Float32: it is left out" in problems[1]


def test_bags_of_older_definitions_lack_the_newer_fields_alone(tmp_path: Path) -> None:
    store = old_typestore()
    bag = write(tmp_path / "bag", store, ("/stats", stats(store, 1.0, applied_level=4, total_ms=9.0)))
    frame = read_bag_trace(bag).frames[0]
    assert (frame.level, frame.total_ms) == (4, 9.0)
    assert all(math.isnan(getattr(frame, name)) for name in NEW_FIELDS)


def test_a_bag_of_a_definition_that_does_not_map_is_named(tmp_path: Path) -> None:
    text = (share_path("msg") / "TrackerStats.msg").read_text(encoding="utf-8")
    for number, (old, new, said) in enumerate(
        [
            (
                "uint8 applied_level",
                "string applied_level",
                "applied_level is string, where this version has",
            ),
            ("uint8 applied_level", "uint8 level_index", "without the stamp, level or number of hands"),
        ]
    ):
        assert old in text
        store = get_typestore(Stores.LATEST)
        store.register(get_types_from_msg(text.replace(old, new), STATS_TYPE))
        bag = write(tmp_path / f"bag{number}", store, ("/stats", stats(store, 1.0)))
        with pytest.raises(SourceError, match=said):
            read_bag_trace(bag)


def test_a_hash_without_a_definition_tells_another_version(tmp_path: Path) -> None:
    store = typestore()
    bag = write(tmp_path / "bag", store, ("/stats", stats(store, 1.0, total_ms=3.0)), form="sqlite3")
    file = bag / "bag.db3"
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM message_definitions")
    database.close()
    assert read_bag_trace(bag).frames[0].total_ms == 3.0
    with sqlite3.connect(file) as database:
        database.execute("UPDATE topics SET type_description_hash = 'RIHS01_00'")
    database.close()
    with pytest.raises(SourceError, match="another version \\(its hash is not this version's"):
        read_bag_trace(bag)


@pytest.mark.parametrize("stamp_s", [0.0, 1.7e9])
def test_frames_whose_stamps_stand_still_have_the_times_of_their_arrival(
    tmp_path: Path, stamp_s: float
) -> None:
    store = typestore()
    bag = write(tmp_path / "bag", store, *[("/stats", stats(store, stamp_s))] * 6)
    said: list[str] = []
    trace = read_bag_trace(bag, on_problem=said.append)
    assert [frame.stamp_s for frame in trace.frames] == pytest.approx([0.001 * n for n in range(6)])
    assert len(said) == 1
    assert "time of" in said[0]
    assert "damaged" not in said[0]


def test_one_of_several_topics_has_to_be_named(tmp_path: Path) -> None:
    store = typestore()
    messages = [("/left/stats", stats(store, 1.0)), ("/stats", stats(store, 1.0, applied_level=1))]
    bag = write(tmp_path / "bag", store, *messages)
    with pytest.raises(ConfigurationError, match="on /left/stats, /stats: choose one with --topic"):
        read_bag_trace(bag)
    with pytest.raises(SourceError, match="on /right: choose from /left/stats, /stats"):
        read_bag_trace(bag, "right")
    assert read_bag_trace(bag, "stats").frames[0].level == 1
    assert read_bag_trace(bag, "/left/stats").frames[0].level == 0


def test_a_bag_without_the_latency_topic_says_what_it_has(
    tmp_path: Path, battery_message: Callable[[float], Any]
) -> None:
    store = typestore()
    bag = write(tmp_path / "bag", store, ("/battery", battery_message(0.5)))
    with pytest.raises(
        SourceError,
        match=r"no topic of hand_tracking_dsp/msg/TrackerStats "
        r"\(it has /battery as sensor_msgs/msg/BatteryState\)",
    ):
        read_bag_trace(bag)


def test_damaged_and_missing_bags_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.mcap").write_bytes(b"something else" * 100)
    with pytest.raises(SourceError, match=r"x\.mcap cannot be read"):
        read_bag_trace(tmp_path / "x.mcap")
    with pytest.raises(SourceError, match=r"There is no bag .*nowhere"):
        read_bag_trace(tmp_path / "nowhere")
