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

"""Reading whole bags: order, several files, compression, ROS's own variations."""

from __future__ import annotations

import errno
import os
import random
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rosbags import rosbag2

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.recordings.bags.definitions import typestore
from hand_tracking_dsp.recordings.bags.images import pixels
from hand_tracking_dsp.recordings.bags.reader import open_bag

FORMATS = ("mcap", "sqlite3")


@pytest.fixture
def numbers(picture: Callable[[int], Any]) -> Callable[[Path], list[int]]:
    """Give a reader of bags of pictures that were numbered in the order of their writing."""
    by_bytes = {picture(number).tobytes(): number for number in range(30)}

    def read(bag: Path) -> list[int]:
        with open_bag(bag) as opened:
            found = [by_bytes[bytes(message.data)] for _, _, message in opened.read()]
            assert not opened.problems
        return found

    return read


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_written_is_read_in_order_and_nothing_is_changed(
    images: Callable[..., Path], picture: Callable[[int], Any], fingerprint: Callable[[Path], Any], form: str
) -> None:
    bag = images(form)
    before = fingerprint(bag)
    with open_bag(bag) as opened:
        (connection,) = opened.connections
        assert (connection.topic, connection.msgtype) == ("/image_raw", "sensor_msgs/msg/Image")
        assert connection.msgcount == 30
        assert opened.span_ns == (0, 29_000)
        read = list(opened.messages([connection]))
        assert [at for _, at, _ in read] == [1000 * i for i in range(30)]
        for number, (_, at, data) in enumerate(read):
            message = opened.deserialize(data, connection.msgtype)
            image, order = pixels(message, connection.msgtype)
            assert order == "bgr"
            assert stamp_ns(message) == at
            np.testing.assert_array_equal(image, picture(number))
        assert not opened.problems
    assert fingerprint(bag) == before


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_alone_is_a_bag_too(
    images: Callable[..., Path], numbers: Callable[[Path], list[int]], form: str
) -> None:
    file = next(path for path in images(form).iterdir() if path.name != "metadata.yaml")
    assert numbers(file) == list(range(30))


@pytest.mark.parametrize("form", FORMATS)
def test_messages_come_by_their_stamps_and_repeated_ones_stay(
    images: Callable[..., Path], numbers: Callable[[Path], list[int]], form: str
) -> None:
    stamps = [1000 * i for i in range(30)]
    random.Random(1).shuffle(stamps)
    stamps[3] = stamps[4] = stamps[20]
    bag = images(form, stamps=stamps)
    assert numbers(bag) == [number for _, number in sorted((at, number) for number, at in enumerate(stamps))]


@pytest.mark.parametrize("form", FORMATS)
def test_reading_may_begin_later(images: Callable[..., Path], form: str) -> None:
    with open_bag(images(form)) as opened:
        found = [at for _, at, _ in opened.messages(start_ns=20_000)]
    assert found == [1000 * i for i in range(20, 30)]


@pytest.mark.parametrize("form", FORMATS)
def test_several_files_are_one_bag(images: Callable[..., Path], form: str) -> None:
    first = images(form, stamps=[1, 2, 3], name="first")
    second = images(form, stamps=[4, 5], name="second")
    suffix = ".mcap" if form == "mcap" else ".db3"
    (first / f"first{suffix}").rename(first / f"bag_2{suffix}")
    shutil.copy(second / f"second{suffix}", first / f"bag_10{suffix}")
    metadata = first / "metadata.yaml"
    about = yaml.safe_load(metadata.read_text())
    names = [f"bag_2{suffix}", f"bag_10{suffix}"]
    about["rosbag2_bagfile_information"]["relative_file_paths"] = [f"old/name/{name}" for name in names]
    metadata.write_text(yaml.safe_dump(about))
    with open_bag(first) as opened:
        assert [one.msgcount for one in opened.connections] == [5]
        assert opened.span_ns == (1, 5)
        assert [at for _, at, _ in opened.messages()] == [1, 2, 3, 4, 5]
    metadata.unlink()
    with open_bag(first) as opened:
        assert [at for _, at, _ in opened.messages()] == [1, 2, 3, 4, 5]
        assert [*opened.problems] == [
            "metadata.yaml is missing or damaged: the files are taken by their names"
        ]


@pytest.mark.parametrize(
    ("form", "mode"),
    [("mcap", "STORAGE"), ("mcap", "FILE"), ("mcap", "MESSAGE"), ("sqlite3", "FILE"), ("sqlite3", "MESSAGE")],
)
def test_compressed_bags_are_read(
    tmp_path: Path, fingerprint: Callable[[Path], Any], form: str, mode: str
) -> None:
    writer = rosbag2.Writer(tmp_path / "bag", version=8, storage_plugin=rosbag2.StoragePlugin[form.upper()])
    writer.set_compression(rosbag2.CompressionMode[mode], rosbag2.CompressionFormat.ZSTD)
    store = typestore()
    texts = [f"number {i}" * 100 for i in range(300)]
    with writer:
        connection = writer.add_connection("/chatter", "std_msgs/msg/String", typestore=store)
        for number, text in enumerate(texts):
            message = store.types["std_msgs/msg/String"](data=text)
            writer.write(connection, number, bytes(store.serialize_cdr(message, message.__msgtype__)))
    before = fingerprint(tmp_path / "bag")
    with open_bag(tmp_path / "bag") as opened:
        assert [message.data for _, _, message in opened.read()] == texts
        assert not opened.problems
    assert fingerprint(tmp_path / "bag") == before


@pytest.mark.parametrize("form", FORMATS)
def test_a_topic_with_two_types_is_two_connections(tmp_path: Path, form: str) -> None:
    store = typestore()
    with rosbag2.Writer(
        tmp_path / "bag", version=8, storage_plugin=rosbag2.StoragePlugin[form.upper()]
    ) as writer:
        for number, kind in enumerate(("std_msgs/msg/String", "std_msgs/msg/UInt8")):
            connection = writer.add_connection("/x", kind, typestore=store)
            message = store.types[kind](data="text" if number == 0 else 7)
            writer.write(connection, number, bytes(store.serialize_cdr(message, kind)))
    with open_bag(tmp_path / "bag") as opened:
        assert [message.data for _, _, message in opened.read()] == ["text", 7]
        second = next(one for one in opened.connections if one.msgtype == "std_msgs/msg/UInt8")
        assert [message.data for _, _, message in opened.read([second])] == [7]


def test_a_bag_without_messages_has_none(tmp_path: Path) -> None:
    with rosbag2.Writer(tmp_path / "bag", version=8, storage_plugin=rosbag2.StoragePlugin.MCAP) as writer:
        writer.add_connection("/x", "std_msgs/msg/String", typestore=typestore())
    with open_bag(tmp_path / "bag") as opened:
        assert [one.topic for one in opened.connections] == ["/x"]
        assert opened.span_ns is None
        assert list(opened.messages()) == []


def test_bytes_that_are_no_message_are_refused_and_counted(images: Callable[..., Path]) -> None:
    with open_bag(images("mcap")) as opened:
        for data in (b"", b"\x00\x01\x00\x00", b"nonsense" * 10):
            with pytest.raises(FrameError, match=r"is no sensor_msgs/msg/Image"):
                opened.deserialize(data, "sensor_msgs/msg/Image")
        with pytest.raises(FrameError, match="is no nowhere/msg/Nothing"):
            opened.deserialize(b"\x00\x01\x00\x00", "nowhere/msg/Nothing")
        assert sorted(opened.problems.values()) == [1, 3]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "no .mcap or .db3 file is in it"),
        (lambda path: path.write_bytes(b""), "its name does not end in .mcap"),
        (lambda path: path.parent, "There is no bag"),
        (os.mkfifo, r"bag: it is a pipe, socket or device, not a file\): it is not a bag"),
        (lambda path: path.symlink_to("bag"), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), "bag: it is a pipe, socket or device"),
    ],
)
def test_what_is_no_bag_is_named(tmp_path: Path, make: Callable[[Path], Any], said: str) -> None:
    make(tmp_path / "bag")
    with pytest.raises(SourceError, match=said), open_bag(tmp_path / "bag"):
        pass


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match=r"cannot be read \(Permission denied\)"), open_bag(tmp_path):
        pass


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("step_ns", [1000, 0])
def test_memory_does_not_grow_with_the_bag(images: Callable[..., Path], form: str, step_ns: int) -> None:
    peaks = []
    for count in (100, 1500):
        stamps = [7 + step_ns * number for number in range(count)]
        with open_bag(images(form, stamps=stamps, name=f"bag{count}")) as opened:
            tracemalloc.start()
            assert sum(1 for _ in opened.read()) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    # The longer one has 13 MB more.
    assert peaks[1] - peaks[0] < 2e6
