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

"""Valid MCAP files of other writers: an optional summary, other names of types, encodings and orders."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcap import writer as mcap_writer

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.bags import mcap_index
from hand_tracking_dsp.recordings.bags.images import image_connections
from hand_tracking_dsp.recordings.bags.mcap_records import HEAD, records
from hand_tracking_dsp.recordings.bags.reader import open_bag

Compression, IndexType = mcap_writer.CompressionType, mcap_writer.IndexType

STAMPS = [3, 1, 2, 6, 5, 4, 9, 9, 7, 8]
INDEXES = {
    "none": IndexType.NONE,
    "messages": IndexType.MESSAGE,
    "chunks": IndexType.CHUNK,
    "all": IndexType.ALL,
}
TEXT = b"\0\1\0\0\x04\0\0\0abc\0"


def write(path: Path, stamps: list[int] = STAMPS, **options: Any) -> Path:
    """Write texts on two topics, with an attachment and metadata between them."""
    options = {"chunk_size": 200, "compression": Compression.NONE} | options
    with path.open("wb") as stream:
        writer = mcap_writer.Writer(stream, **options)
        writer.start(profile="ros2")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data")
        channels = [writer.register_channel(name, "cdr", schema) for name in ("/a", "/b")]
        for number, stamp_ns in enumerate(stamps):
            writer.add_message(channels[number % 2], stamp_ns, TEXT, stamp_ns, number)
            if number == 4:
                writer.add_attachment(0, 0, "calibration", "text/plain", b"\x05" * 300)
                writer.add_metadata("robot", {"name": "r2"})
        writer.finish()
    return path


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("compression", [Compression.NONE, Compression.LZ4, Compression.ZSTD])
@pytest.mark.parametrize("chunked", [True, False])
def test_whatever_the_summary_leaves_out_is_looked_up(
    tmp_path: Path, index: str, compression: Any, chunked: bool
) -> None:
    for number, (channels, schemas, statistics, offsets) in enumerate(
        itertools.product([True, False], repeat=4)
    ):
        path = write(
            tmp_path / f"{number}.mcap",
            index_types=INDEXES[index],
            compression=compression,
            use_chunking=chunked,
            repeat_channels=channels,
            repeat_schemas=schemas,
            use_statistics=statistics,
            use_summary_offsets=offsets,
        )
        with open_bag(path) as bag:
            assert [at for _, at, message in bag.read() if message.data == "abc"] == sorted(STAMPS)
            assert [(one.topic, one.msgtype, one.msgcount) for one in bag.connections] == [
                ("/a", "std_msgs/msg/String", 5),
                ("/b", "std_msgs/msg/String", 5),
            ]
            assert bag.span_ns == (1, 9)
            assert [at for _, at, _ in bag.messages(bag.connections[:1], 3)] == [3, 5, 7, 9]
            assert not bag.problems


def test_a_file_that_is_whole_and_empty_is_an_empty_bag(tmp_path: Path) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start()
        writer.finish()
    with open_bag(tmp_path / "x.mcap") as bag:
        assert (bag.connections, bag.span_ns, list(bag.messages()), bag.problems) == ([], None, [], {})
        with pytest.raises(SourceError, match=r"no image topic \(it has nothing\)"):
            image_connections(bag)


def test_a_chunk_without_an_index_is_read_as_well(tmp_path: Path) -> None:
    whole = write(tmp_path / "x.mcap", index_types=IndexType.ALL).read_bytes()
    # Messages of another file are put before the data's end, as by a tool that appends; no index knows them.
    other = write(tmp_path / "y.mcap", [10, 11], use_chunking=False).read_bytes()
    more = b"".join(
        other[8 + begin - HEAD.size : 8 + end] for opcode, begin, end in records(other[8:-8]) if opcode == 5
    )
    place = next(8 + begin - HEAD.size for opcode, begin, _ in records(whole[8:-8]) if opcode == 15)
    footer = len(whole) - 8 - 20
    start = int.from_bytes(whole[footer : footer + 8], "little") + len(more)
    changed = (
        whole[:place] + more + whole[place:footer] + start.to_bytes(8, "little") + bytes(12) + whole[-8:]
    )
    (tmp_path / "z.mcap").write_bytes(changed)
    with open_bag(tmp_path / "z.mcap") as bag:
        assert [at for _, at, _ in bag.messages()] == [*sorted(STAMPS), 10, 11]
        assert not bag.problems


def test_a_summary_that_has_what_is_needed_spares_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.mcap", list(range(2000)))
    reads: list[int] = []
    monkeypatch.setattr(mcap_index, "chunk_bounds", lambda head: reads.append(len(head)))
    monkeypatch.setattr(mcap_index, "read_chunk", lambda *_: pytest.fail("a chunk was read"))
    with open_bag(path) as bag:
        assert sum(one.msgcount for one in bag.connections) == 2000
    # The header, the attachment, the metadata, the data's end; none of some 200 chunks.
    assert len(reads) < 10


@pytest.mark.parametrize("chunked", [True, False])
def test_the_walk_through_a_file_without_summary_needs_no_memory_for_its_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    peaks = []
    monkeypatch.setattr(mcap_index, "_RUN_BYTES", 10_000)
    for count in (1_000, 20_000):
        path = write(
            tmp_path / f"{count}.mcap",
            list(range(count)),
            chunk_size=10_000,
            use_chunking=chunked,
            index_types=IndexType.NONE,
            use_statistics=False,
            repeat_channels=False,
            repeat_schemas=False,
        )
        tracemalloc.start()
        with open_bag(path) as bag:
            assert sum(1 for _ in bag.messages()) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 20 000 messages are 900 kB.
    assert peaks[1] - peaks[0] < 200_000


@pytest.mark.parametrize("compression", [Compression.NONE, Compression.LZ4, Compression.ZSTD])
@pytest.mark.parametrize("chunked", [True, False])
def test_wherever_a_file_is_cut_off_what_lies_before_is_read_and_one_sentence_says_so(
    tmp_path: Path, compression: Any, chunked: bool
) -> None:
    stamps = list(range(60))
    whole = write(
        tmp_path / "x.mcap", stamps, compression=compression, use_chunking=chunked, chunk_size=500
    ).read_bytes()
    ends = [8 + end for opcode, _, end in records(whole[8:-8]) if opcode == (6 if chunked else 5)]
    data_end = next(8 + end for opcode, _, end in records(whole[8:-8]) if opcode == 15)
    for size in range(ends[0], len(whole) - 1, 7):
        (tmp_path / "y.mcap").write_bytes(whole[:size])
        with open_bag(tmp_path / "y.mcap") as bag:
            found = [at for _, at, _ in bag.messages()]
            (problem,) = bag.problems
        assert found == stamps[: len(found)]
        assert found or size < ends[0]
        if size >= data_end:
            assert found == stamps
            assert problem.startswith("y.mcap is cut off in its index")
        elif not chunked:
            assert len(found) == sum(end <= size for end in ends)


def test_zeros_at_the_end_are_what_a_power_cut_leaves(tmp_path: Path) -> None:
    whole = write(tmp_path / "x.mcap", use_chunking=False).read_bytes()
    size = [8 + end for opcode, _, end in records(whole[8:-8]) if opcode == 5][6]
    (tmp_path / "x.mcap").write_bytes(whole[:size] + bytes(4096))
    with open_bag(tmp_path / "x.mcap") as bag:
        assert len(list(bag.messages())) == 7
        assert [*bag.problems] == [
            "x.mcap is cut off, as after a power cut: it is read from its beginning, and its end is missing"
        ]


@pytest.mark.parametrize(
    "name",
    [
        "std_msgs/String",
        "std_msgs/msg/String",
        "std_msgs::msg::String",
        "std_msgs::msg::dds_::String_",
        "std_msgs/msg/dds_/String_",
    ],
)
def test_types_are_known_by_every_name_that_writers_give_them(tmp_path: Path, name: str) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start()
        schema = writer.register_schema(name, "ros2msg", b"string data")
        writer.add_message(writer.register_channel("/x", "cdr", schema), 1, TEXT, 1)
        writer.finish()
    with open_bag(tmp_path / "x.mcap") as bag:
        ((connection, _, message),) = bag.read()
        assert (connection.msgtype, message.data) == ("std_msgs/msg/String", "abc")


def test_messages_of_ros_1_in_mcap_are_read(tmp_path: Path) -> None:
    text = b"Header header\nstring data\n" + b"=" * 80 + b"\nMSG: std_msgs/Header\nuint32 seq\ntime stamp\n"
    text += b"string frame_id\n"
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start(profile="ros1")
        schema = writer.register_schema("robot_msgs/Note", "ros1msg", text)
        about = {"md5sum": "0" * 32, "callerid": "/node"}
        channel = writer.register_channel("/note", "ros1", schema, about)
        data = (7).to_bytes(4, "little") + (5).to_bytes(4, "little") + (6).to_bytes(4, "little")
        data += (3).to_bytes(4, "little") + b"cam" + (2).to_bytes(4, "little") + b"hi"
        writer.add_message(channel, 1, data, 1)
        cdr = writer.register_schema("std_msgs/String", "ros2msg", b"string data")
        writer.add_message(writer.register_channel("/text", "cdr", cdr), 2, TEXT, 2)
        writer.finish()
    with open_bag(tmp_path / "x.mcap") as bag:
        (_, _, note), (_, _, other) = bag.read()
        assert (note.header.stamp.sec, note.header.frame_id, note.data, other.data) == (5, "cam", "hi", "abc")
        assert not bag.problems


@pytest.mark.parametrize(
    ("encoding", "schema_encoding", "said"),
    [
        ("protobuf", "protobuf", "/cam as protobuf foxglove.CompressedImage"),
        ("json", "jsonschema", "/cam as json foxglove.CompressedImage"),
    ],
)
def test_encodings_that_are_not_read_are_named(
    tmp_path: Path, encoding: str, schema_encoding: str, said: str
) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start()
        schema = writer.register_schema("foxglove.CompressedImage", schema_encoding, b"x")
        writer.add_message(writer.register_channel("/cam", encoding, schema), 1, b"{}", 1)
        writer.finish()
    with open_bag(tmp_path / "x.mcap") as bag:
        assert list(bag.messages()) == []
        with pytest.raises(SourceError, match=said):
            image_connections(bag)
        assert not bag.problems


@pytest.mark.parametrize("kind", ["foxglove.RawImage", "sensor_msgs/msg/image", ""])
def test_where_a_topic_is_of_no_image_type_its_type_is_named(tmp_path: Path, kind: str) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start()
        schema = writer.register_schema(kind, "ros2msg", b"uint8 data")
        writer.add_message(writer.register_channel("/image_raw", "cdr", schema), 1, b"\0\1\0\0\7", 1)
        writer.finish()
    said = rf"no image topic \(it has /image_raw as {kind or 'an unknown type'}\)"
    with open_bag(tmp_path / "x.mcap") as bag, pytest.raises(SourceError, match=said):
        image_connections(bag)


@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_files_of_one_bag_are_merged_by_stamp(images: Callable[..., Path], form: str) -> None:
    bag = images(form, stamps=[4000, 6000, 9000], name="first")
    suffix = ".mcap" if form == "mcap" else ".db3"
    for number, stamps in enumerate(([1000, 2000], [3000, 5000, 5000, 8000], [7000])):
        part = images(form, stamps=stamps, name=f"part{number}")
        (part / f"part{number}{suffix}").rename(bag / f"part{number}{suffix}")
    (bag / "metadata.yaml").unlink()
    with open_bag(bag) as opened:
        assert [at // 1000 for _, at, _ in opened.messages()] == [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
        assert [at // 1000 for _, at, _ in opened.messages(start_ns=5500)] == [6, 7, 8, 9]
        assert opened.span_ns == (1000, 9000)
