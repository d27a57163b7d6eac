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

"""Damaged bags: what can be read is given, the rest is named, the input stays as it is."""

from __future__ import annotations

import sqlite3
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap import writer as mcap_writer

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.bags.images import pixels
from hand_tracking_dsp.recordings.bags.mcap_records import CHUNK_HEAD, HEAD, MAGIC, read_chunk, records
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.storage import MOST_BYTES
from hand_tracking_dsp.recordings.bags.writer import BagWriter

FORMATS = ("mcap", "sqlite3")
MAGIC_BYTES = 8


Read = Callable[[Path], tuple[list[int], Counter[str]]]


@pytest.fixture
def read(picture: Callable[[int], Any], fingerprint: Callable[[Path], Any]) -> Read:
    """Give a reader of images: their numbers, which have to be as they were, and the problems."""

    def read_bag(bag: Path) -> tuple[list[int], Counter[str]]:
        before = fingerprint(bag)
        found = []
        with open_bag(bag) as opened:
            for connection, at, message in opened.read():
                image, _ = pixels(message, connection.msgtype)
                assert image.tobytes() == picture(at // 1000).tobytes()
                found.append(at // 1000)
        assert fingerprint(bag) == before
        return found, opened.problems

    return read_bag


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_of_a_truncated_bag_all_before_the_cut_is_read(
    images: Callable[..., Path], form: str, share: float, read: Read, data_file: Callable[[Path], Path]
) -> None:
    bag = images(form, 200)
    file = data_file(bag)
    file.write_bytes(file.read_bytes()[: round(share * file.stat().st_size)])
    found, problems = read(bag)
    assert found == list(range(len(found)))
    # SQLite's pages lie in the order of writing, but for those of its index.
    assert 200 * share * 0.9 - 2 < len(found) < 200
    assert any("cut off" in problem for problem in problems)


def chunks(data: bytes) -> list[tuple[int, int]]:
    """Give begin and end of each chunk's content in an MCAP file that is whole."""
    inside = data[MAGIC_BYTES:-MAGIC_BYTES]
    return [(a + MAGIC_BYTES, b + MAGIC_BYTES) for opcode, a, b in records(inside) if opcode == 6]


@pytest.mark.parametrize("indexed", [True, False])
def test_a_damaged_chunk_is_left_out_alone(
    images: Callable[..., Path], indexed: bool, read: Read, data_file: Callable[[Path], Path]
) -> None:
    bag = images("mcap", 400)
    file = data_file(bag)
    data = bytearray(file.read_bytes())
    places = chunks(bytes(data))
    assert len(places) >= 3
    begin, end = places[1]
    data[begin - HEAD.size : end] = bytes(end - begin + HEAD.size)
    file.write_bytes(data if indexed else data[: places[-1][1] + 1])
    found, problems = read(bag)
    assert found[0] == 0
    assert found[-1] == 399
    assert 200 < len(found) < 400
    assert any("damaged" in problem for problem in problems)


def test_a_wrong_checksum_of_a_compressed_chunk_is_noticed(tmp_path: Path) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream, chunk_size=1000)
        writer.start(profile="ros2")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data")
        channel = writer.register_channel("/x", "cdr", schema)
        for number in range(200):
            text = f"{number:04}".encode()
            writer.add_message(channel, number, b"\0\1\0\0\5\0\0\0" + text + b"\0", number)
        writer.finish()
    data = bytearray((tmp_path / "x.mcap").read_bytes())
    places = chunks(bytes(data))
    data[places[2][1] - 20] ^= 0xFF
    (tmp_path / "x.mcap").write_bytes(data)
    with open_bag(tmp_path / "x.mcap") as opened:
        found = [int(message.data) for _, _, message in opened.read()]
        assert opened.problems == {"a chunk of x.mcap is damaged: messages are missing": 1}
    assert len(places) > 5
    assert 200 - 2 * 200 // len(places) < len(found) < 200


@pytest.mark.parametrize("chunked", [True, False])
def test_a_recording_that_was_not_closed_is_read(tmp_path: Path, chunked: bool) -> None:
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream, chunk_size=500, use_chunking=chunked)
        writer.start(profile="ros2")
        schema = writer.register_schema("std_msgs/msg/UInt8", "ros2msg", b"uint8 data")
        channel = writer.register_channel("/x", "cdr", schema)
        for number in range(100):
            writer.add_message(channel, 1000 - number, b"\0\1\0\0" + bytes([number]), number)
    with open_bag(tmp_path / "x.mcap") as opened:
        found = [message.data for _, _, message in opened.read()]
        assert opened.connections[0].msgcount == len(found)
        (problem,) = opened.problems
        assert problem.startswith(
            "x.mcap was not closed, as when its recorder is killed: it is read from its"
        )
    assert sorted(found) == list(range(len(found)))
    assert len(found) == 100 if not chunked else len(found) > 60
    assert chunked or found == sorted(found, reverse=True)


def test_a_page_that_was_overwritten_costs_its_rows_alone(
    images: Callable[..., Path], data_file: Callable[[Path], Path]
) -> None:
    bag = images("sqlite3", 300)
    file = data_file(bag)
    data = bytearray(file.read_bytes())
    page = len(data) // 2 // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    file.write_bytes(data)
    with open_bag(bag) as opened:
        found = [at // 1000 for _, at, _ in opened.messages()]
    assert found[0] == 0
    assert found[-1] == 299
    assert len(found) >= 290


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", [None, "", "[: no yaml", "rosbag2_bagfile_information: 5", "\0\xff"])
def test_metadata_may_be_missing_or_broken(
    images: Callable[..., Path], form: str, text: str | None, read: Read
) -> None:
    bag = images(form)
    (bag / "metadata.yaml").unlink()
    if text is not None:
        (bag / "metadata.yaml").write_bytes(text.encode("latin-1"))
    found, problems = read(bag)
    assert found == list(range(30))
    assert problems == {"metadata.yaml is missing or damaged: the files are taken by their names": 1}


def test_a_file_that_metadata_tells_of_may_be_missing(images: Callable[..., Path], read: Read) -> None:
    bag = images("mcap")
    metadata = bag / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace("  - bag.mcap\n", "  - bag.mcap\n  - bag_1.mcap\n"))
    found, problems = read(bag)
    assert found == list(range(30))
    assert problems == {"bag_1.mcap is missing, though metadata.yaml names it": 1}


@pytest.mark.parametrize("name", ["x.mcap", "x.db3"])
@pytest.mark.parametrize("data", [b"", b"\x89MCAP0\r\n", b"SQLite format 3\0", bytes(100_000)])
def test_files_with_nothing_in_them_are_refused(tmp_path: Path, name: str, data: bytes, read: Read) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=r"x\.(mcap|db3) cannot be read \(.*nothing in it is left"):
        read(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_one_message_that_is_none_costs_itself_alone(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "bag") as writer:
        for number in range(5):
            data = b"\0\1\0\0\5\0\0\0text\0" if number != 2 else b"\0\1\0\0\xff\xff\0\0text\0"
            writer.write_raw("/x", "std_msgs/msg/String", number, data)
    with open_bag(tmp_path / "bag") as opened:
        assert [at for _, at, _ in opened.read()] == [0, 1, 3, 4]
        assert sum(opened.problems.values()) == 1


def test_a_log_that_makes_no_sense_is_named_and_left_alone(
    images: Callable[..., Path], read: Read, data_file: Callable[[Path], Path]
) -> None:
    bag = images("sqlite3")
    log = data_file(bag).with_name("bag.db3-wal")
    log.write_bytes(b"something")
    found, problems = read(bag)
    assert found == list(range(30))
    assert problems == {
        "bag.db3-wal was left by a recorder that did not end: what it did not commit is missing": 1
    }


@pytest.mark.parametrize("shared_memory", [True, False])
def test_rows_in_a_log_that_a_killed_recorder_left_are_read(
    images: Callable[..., Path], data_file: Callable[[Path], Path], shared_memory: bool
) -> None:
    bag = images("sqlite3", 10)
    file = data_file(bag)
    # As rosbag2's preset "resilient" writes; the process ends without closing the database.
    program = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1])\n"
        "database.execute('PRAGMA journal_mode=WAL')\n"
        "database.execute('INSERT INTO messages(topic_id, timestamp, data) SELECT topic_id, 20000, data '\n"
        "                 'FROM messages WHERE timestamp = 9000')\n"
        "database.commit()\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert file.with_name("bag.db3-wal").stat().st_size
    if not shared_memory:
        file.with_name("bag.db3-shm").unlink()
    before = sorted(path.name for path in bag.iterdir())
    with open_bag(bag) as opened:
        assert [at // 1000 for _, at, _ in opened.messages()] == [*range(10), 20]
        assert [*opened.problems] == [
            "bag.db3-wal was left by a recorder that did not end: what it did not commit is missing"
        ]
    assert sorted(path.name for path in bag.iterdir()) == before


def test_rows_that_are_no_messages_are_counted(
    images: Callable[..., Path], read: Read, data_file: Callable[[Path], Path]
) -> None:
    bag = images("sqlite3")
    with sqlite3.connect(data_file(bag)) as database:
        database.execute("UPDATE messages SET timestamp = 'noon' WHERE id = 3")
        database.execute("UPDATE messages SET data = 7 WHERE id = 5")
        database.execute("UPDATE messages SET topic_id = 99 WHERE id = 7")
    database.close()
    found, problems = read(bag)
    assert found == [number for number in range(30) if number not in {2, 4, 6}]
    assert sum(problems.values()) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(FORMATS), data=st.data())
def test_whatever_bytes_are_wrong_there_are_messages_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    data: st.DataObject,
    data_file: Callable[[Path], Path],
    fingerprint: Callable[[Path], Any],
) -> None:
    bag = tmp_path_factory.mktemp("fuzz") / "bag"
    with BagWriter(bag, form) as writer:
        for number in range(40):
            text = b"\0\1\0\0\5\0\0\0text\0"
            writer.write_raw(f"/topic_{number % 2}", "std_msgs/msg/String", number, text)
    file = data_file(bag)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(content)))
        content[place:place] = data.draw(st.binary(max_size=200))
    file.write_bytes(content)
    before = fingerprint(bag)
    with suppress(SourceError), open_bag(bag) as opened:
        for _, _, message in opened.read():
            assert message is not None
    assert fingerprint(bag) == before


@pytest.mark.parametrize("kind", ["zstd", "lz4"])
@pytest.mark.parametrize("size", [1_000_000, 2**31], ids=["small", "huge"])
def test_a_chunk_of_zeros_or_of_a_huge_size_is_damaged(tmp_path: Path, kind: str, size: int) -> None:
    library = pytest.importorskip(
        {"zstd": "zstandard", "lz4": "lz4.frame"}[kind], reason=f"{kind}'s library is not installed"
    )
    packed = library.compress(bytes(1_000_000))
    data = CHUNK_HEAD.pack(1, 2, size, 0, len(kind)) + kind.encode() + struct.pack("<Q", len(packed)) + packed
    (tmp_path / "x.mcap").write_bytes(MAGIC + HEAD.pack(6, len(data)) + data)
    with (tmp_path / "x.mcap").open("rb") as stream:
        if size > MOST_BYTES:
            with pytest.raises(ValueError, match="not plausible"):
                read_chunk(stream, len(MAGIC))
        else:
            with pytest.raises(ValueError, match="no kind or no content"):
                list(records(read_chunk(stream, len(MAGIC))))


def test_a_chunk_of_a_million_small_records_that_are_no_messages_is_damaged() -> None:
    with pytest.raises(ValueError, match="are no messages"):
        list(records((HEAD.pack(128, 1) + b"x") * 1_000_001))
