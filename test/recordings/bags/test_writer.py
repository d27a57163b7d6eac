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

"""Bags as rosbag2 expects them: metadata.yaml, MCAP records and SQLite tables, as its sources read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcap import reader as mcap_reader
from support.bag_messages import FORMATS, HELLO, TEXT

from hand_tracking_dsp.errors import ConfigurationError, OutputError
from hand_tracking_dsp.recordings.bags.definitions import typestore
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.writer import BagWriter, profile

HANDS = "hand_tracking_dsp/msg/HandArray"
# rosbag2_storage's yaml.hpp reads these, of a bag of version 8, and fails where one is missing.
FIELDS = {
    "version": int,
    "storage_identifier": str,
    "duration": dict,
    "starting_time": dict,
    "message_count": int,
    "topics_with_message_count": list,
    "relative_file_paths": list,
    "compression_format": str,
    "compression_mode": str,
    "files": list,
    "ros_distro": str,
}
QOS_FIELDS = {
    "history",
    "depth",
    "reliability",
    "durability",
    "deadline",
    "lifespan",
    "liveliness",
    "liveliness_lease_duration",
    "avoid_ros_namespace_conventions",
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Give a writer of a bag with a text on a latched topic and one of the package's own messages."""

    def write(form: Any) -> Path:
        store = typestore()
        empty = store.types[HANDS](
            header=store.types["std_msgs/msg/Header"](
                stamp=store.types["builtin_interfaces/msg/Time"](sec=1, nanosec=2), frame_id="camera"
            ),
            image_width=640,
            image_height=480,
            level=0,
            sparsity=0.0,
            hands=[],
            predicted_s=0.0,
        )
        with BagWriter(tmp_path / "bag", form) as writer:
            writer.write_raw("/chatter", TEXT, 5_000_000_007, HELLO, profile(transient_local=True))
            writer.write("/hands", empty, 6_000_000_009, profile(depth=3, reliable=False))
            assert writer.counts == {"/chatter": 1, "/hands": 1}
            assert writer.span_ns == (5_000_000_007, 6_000_000_009)
        return tmp_path / "bag"

    return write


@pytest.mark.parametrize("form", FORMATS)
def test_metadata_has_what_rosbag2_reads(written: Callable[[str], Path], form: str) -> None:
    bag = written(form)
    about = yaml.safe_load((bag / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert {name: kind for name, kind in FIELDS.items() if not isinstance(about[name], kind)} == {}
    file = "bag.mcap" if form == "mcap" else "bag.db3"
    assert (about["version"], about["storage_identifier"]) == (8, form)
    assert about["relative_file_paths"] == [file]
    assert sorted(path.name for path in bag.iterdir()) == sorted([file, "metadata.yaml"])
    assert about["starting_time"] == {"nanoseconds_since_epoch": 5_000_000_007}
    assert about["duration"] == {"nanoseconds": 1_000_000_002}
    assert about["message_count"] == 2
    assert [set(one) for one in about["files"]] == [{"path", "starting_time", "duration", "message_count"}]
    topics = [one["topic_metadata"] for one in about["topics_with_message_count"]]
    assert [(one["name"], one["type"], one["serialization_format"]) for one in topics] == [
        ("/chatter", TEXT, "cdr"),
        ("/hands", HANDS, "cdr"),
    ]
    assert all(one["type_description_hash"].startswith("RIHS01_") for one in topics)
    assert len(topics[0]["type_description_hash"]) == len("RIHS01_") + 64


@pytest.mark.parametrize("form", FORMATS)
def test_quality_of_service_is_text_with_the_numbers_of_rmw(
    written: Callable[[str], Path], form: str
) -> None:
    about = yaml.safe_load((written(form) / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    texts = [one["topic_metadata"]["offered_qos_profiles"] for one in about["topics_with_message_count"]]
    assert all(isinstance(text, str) for text in texts)
    ((chatter,), (hands,)) = map(yaml.safe_load, texts)
    assert set(chatter) == set(hands) == QOS_FIELDS
    infinite = {"sec": 9223372036, "nsec": 854775807}
    assert chatter["deadline"] == chatter["lifespan"] == chatter["liveliness_lease_duration"] == infinite
    keep_last, reliable, best_effort, transient_local, volatile, automatic = 1, 1, 2, 1, 2, 1
    assert (chatter["history"], chatter["depth"], chatter["liveliness"]) == (keep_last, 10, automatic)
    assert (chatter["reliability"], chatter["durability"]) == (reliable, transient_local)
    assert (hands["depth"], hands["reliability"], hands["durability"]) == (3, best_effort, volatile)


def test_mcap_has_the_records_that_its_plugin_reads(written: Callable[[str], Path]) -> None:
    with (written("mcap") / "bag.mcap").open("rb") as stream:
        reader = mcap_reader.make_reader(stream, validate_crcs=True)
        assert reader.get_header().profile == "ros2"
        summary = reader.get_summary()
        messages = list(reader.iter_messages())
    by_name = {schema.name: schema for schema in summary.schemas.values()}
    assert set(by_name) == {TEXT, HANDS}
    assert all(schema.encoding == "ros2msg" for schema in by_name.values())
    text = by_name[HANDS].data.decode()
    # The definition itself, and behind lines of 80 signs those that it needs, as in rosbag2's own bags.
    parts = text.split("=" * 80 + "\n")
    assert "uint32 image_width" in parts[0]
    assert {part.split("\n")[0] for part in parts[1:]} == {
        "MSG: std_msgs/Header",
        "MSG: builtin_interfaces/Time",
        "MSG: hand_tracking_dsp/Hand",
        "MSG: geometry_msgs/Point",
    }
    assert all(channel.message_encoding == "cdr" for channel in summary.channels.values())
    assert all("offered_qos_profiles" in channel.metadata for channel in summary.channels.values())
    assert summary.statistics.message_count == 2
    assert [(one.topic, message.log_time) for _, one, message in messages] == [
        ("/chatter", 5_000_000_007),
        ("/hands", 6_000_000_009),
    ]


def test_sqlite_has_the_tables_that_its_plugin_reads(written: Callable[[str], Path]) -> None:
    database = sqlite3.connect(written("sqlite3") / "bag.db3")
    columns = {
        table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        for table in ("schema", "metadata", "topics", "message_definitions", "messages")
    }
    assert columns["schema"] == ["schema_version", "ros_distro"]
    assert columns["metadata"] == ["id", "metadata_version", "metadata"]
    topics = ["id", "name", "type", "serialization_format", "offered_qos_profiles"]
    assert columns["topics"] == [*topics, "type_description_hash"]
    assert columns["messages"] == ["id", "topic_id", "timestamp", "data"]
    indexes = [row[1] for row in database.execute("PRAGMA index_list(messages)")]
    assert indexes == ["timestamp_idx"]
    assert database.execute("SELECT schema_version FROM schema").fetchall() == [(4,)]
    assert database.execute("SELECT topic_id, timestamp, data FROM messages LIMIT 1").fetchall() == [
        (1, 5_000_000_007, HELLO)
    ]
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_overwritten(tmp_path: Path, form: Any) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(OutputError, match=r"bag exists already: give another name"):
        BagWriter(tmp_path / "bag", form)
    assert [path.name for path in tmp_path.rglob("*")] == ["bag"]


@pytest.mark.parametrize("form", FORMATS)
def test_another_thread_may_write(tmp_path: Path, form: Any) -> None:
    with BagWriter(tmp_path / "bag", form) as writer, ThreadPoolExecutor(1) as other:
        writer.write_raw("/chatter", TEXT, 1, HELLO)
        other.submit(writer.write_raw, "/other", TEXT, 2, HELLO).result()
    with open_bag(tmp_path / "bag") as bag:
        assert [connection.topic for connection, _, _ in bag.messages()] == ["/chatter", "/other"]


def test_a_bag_without_messages_is_not_kept(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_types_without_a_definition_are_refused(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag") as writer:
        with pytest.raises(ConfigurationError, match=r"nowhere/msg/Nothing of /x cannot be recorded"):
            writer.write_raw("/x", "nowhere/msg/Nothing", 1, b"")
        writer.write_raw("/x", TEXT, 1, HELLO)
    assert (tmp_path / "bag").is_dir()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"bag cannot be written \(Not a directory\)"):
        BagWriter(tmp_path / "file" / "bag")
