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

"""Pictures out of real bags, written here with rosbags in the formats of ROS 1 and ROS 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rosbags import rosbag1, rosbag2
from rosbags.typesys import Stores, get_typestore

from hand_tracking_dsp.compression.data.bag_pictures import write_bag_pictures
from hand_tracking_dsp.errors import ConfigurationError, OutputError, SourceError

FORMATS = ("sqlite3", "mcap", "ros1")


class Bag:
    """Writes a small bag: each topic has a list of messages."""

    def __init__(self, path: Path, form: str) -> None:
        self.ros1 = form == "ros1"
        self.store = get_typestore(Stores.ROS1_NOETIC if self.ros1 else Stores.ROS2_HUMBLE)
        self.path = path / "seen.bag" if self.ros1 else path / "seen"
        self._writer: Any
        if self.ros1:
            self._writer = rosbag1.Writer(self.path)
        else:
            plugin = rosbag2.StoragePlugin.MCAP if form == "mcap" else rosbag2.StoragePlugin.SQLITE3
            self._writer = rosbag2.Writer(self.path, version=8, storage_plugin=plugin)

    def write(self, **topics: list[Any]) -> Path:
        serialize = self.store.serialize_ros1 if self.ros1 else self.store.serialize_cdr
        with self._writer as writer:
            for topic, messages in topics.items():
                kind = messages[0].__msgtype__
                connection = writer.add_connection(f"/{topic}", kind, typestore=self.store)
                for i, message in enumerate(messages):
                    writer.write(connection, i * 100_000_000, bytes(serialize(message, kind)))
        return self.path

    def image(self, pixels: NDArray[np.uint8], encoding: str = "bgr8", padding: int = 0, **other: Any) -> Any:
        height, width = pixels.shape[:2]
        rows = np.pad(pixels.reshape(height, -1), ((0, 0), (0, padding)))
        values = {
            "header": self._header(),
            "height": height,
            "width": width,
            "encoding": encoding,
            "is_bigendian": 0,
            "step": rows.shape[1],
            "data": rows.reshape(-1),
        }
        return self.store.types["sensor_msgs/msg/Image"](**{**values, **other})

    def compressed(self, data: bytes) -> Any:
        kind = self.store.types["sensor_msgs/msg/CompressedImage"]
        return kind(header=self._header(), format="jpeg", data=np.frombuffer(data, np.uint8))

    def text(self) -> Any:
        return self.store.types["std_msgs/msg/String"](data="hello")

    def _header(self) -> Any:
        stamp = self.store.types["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
        sequence = {"seq": 0} if self.ros1 else {}
        return self.store.types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera", **sequence)


@pytest.fixture(params=FORMATS)
def bag(request: pytest.FixtureRequest, tmp_path: Path) -> Bag:
    return Bag(tmp_path, request.param)


@pytest.fixture
def mcap(tmp_path: Path) -> Bag:
    return Bag(tmp_path, "mcap")


def grey(value: int, height: int = 8, width: int = 10) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


def values(folder: Path) -> list[int]:
    """Mean brightness of each picture, by name."""
    return [round(float(cv2.imread(str(path)).mean())) for path in sorted(folder.iterdir())]


def test_images_are_taken_evenly_over_the_bag(bag: Bag, tmp_path: Path) -> None:
    path = bag.write(image=[bag.image(grey(10 * i)) for i in range(21)], chatter=[bag.text()] * 30)
    steps: list[tuple[int, int]] = []
    found = write_bag_pictures(path, tmp_path / "out", 5, on_progress=lambda *step: steps.append(step))
    assert (found.topic, found.messages, found.written, found.bad) == ("/image", 21, 5, 0)
    assert values(tmp_path / "out") == [0, 50, 100, 150, 200]
    assert steps == [(i, 5) for i in range(1, 6)]


def test_a_bag_with_fewer_images_gives_them_all(bag: Bag, tmp_path: Path) -> None:
    path = bag.write(image=[bag.image(grey(10 * i)) for i in range(3)])
    assert write_bag_pictures(path, tmp_path / "out", 100).written == 3
    assert values(tmp_path / "out") == [0, 10, 20]


def test_compressed_images_are_decoded(bag: Bag, tmp_path: Path) -> None:
    data = cv2.imencode(".png", grey(77))[1].tobytes()
    path = bag.write(compressed=[bag.compressed(data)] * 2)
    assert write_bag_pictures(path, tmp_path / "out", 2).topic == "/compressed"
    assert values(tmp_path / "out") == [77, 77]


def test_colours_and_padded_rows_come_out_right(mcap: Bag, tmp_path: Path) -> None:
    blue = np.zeros((8, 10, 3), np.uint8)
    blue[:, :, 0] = 200
    red_first = np.ascontiguousarray(blue[:, :, ::-1])
    mono = np.full((8, 10), 90, np.uint8)
    path = mcap.write(
        image=[
            mcap.image(blue, padding=2),
            mcap.image(red_first, "rgb8"),
            mcap.image(red_first, "rgb8", padding=6),
            mcap.image(mono, "mono8", padding=6),
        ]
    )
    write_bag_pictures(path, tmp_path / "out", 4)
    found = [cv2.imread(str(one)).mean(axis=(0, 1)) for one in sorted((tmp_path / "out").iterdir())]
    assert np.abs(np.array(found) - [*[[200, 0, 0]] * 3, [90, 90, 90]]).max() < 3


def test_bad_messages_are_counted_and_the_next_ones_taken(bag: Bag, tmp_path: Path) -> None:
    bad = [
        bag.image(grey(1), data=np.zeros(5, np.uint8)),
        bag.image(grey(1), "no such encoding"),
        bag.image(grey(1), height=0, width=0, step=0, data=np.zeros(0, np.uint8)),
    ]
    path = bag.write(image=[*bad, bag.image(grey(50)), *bad, bag.image(grey(60))])
    found = write_bag_pictures(path, tmp_path / "out", 2)
    assert (found.written, found.bad) == (2, 3)
    assert values(tmp_path / "out") == [50, 60]


def test_a_bag_whose_images_are_all_bad_is_refused(mcap: Bag, tmp_path: Path) -> None:
    path = mcap.write(compressed=[mcap.compressed(b"no jpeg")] * 3)
    with pytest.raises(SourceError, match=r"None of the 3 messages on /compressed in .* is an image"):
        write_bag_pictures(path, tmp_path / "out", 2)


def test_one_of_several_topics_has_to_be_named(mcap: Bag, tmp_path: Path) -> None:
    path = mcap.write(left=[mcap.image(grey(10))], right=[mcap.image(grey(20))])
    with pytest.raises(ConfigurationError, match="has images on /left, /right: choose one with --topic"):
        write_bag_pictures(path, tmp_path / "out", 1)
    with pytest.raises(SourceError, match="no images on /up: choose from /left, /right"):
        write_bag_pictures(path, tmp_path / "out", 1, "/up")
    assert write_bag_pictures(path, tmp_path / "out", 1, "/right").topic == "/right"
    assert values(tmp_path / "out") == [20]


def test_a_bag_without_images_is_refused_and_says_what_it_has(bag: Bag, tmp_path: Path) -> None:
    path = bag.write(chatter=[bag.text()])
    with pytest.raises(SourceError, match=r"has no image topic \(it has /chatter as std_msgs/msg/String\)"):
        write_bag_pictures(path, tmp_path / "out", 1)


def test_of_a_bag_that_is_cut_off_what_is_left_is_taken(bag: Bag, tmp_path: Path) -> None:
    path = bag.write(image=[bag.image(grey(5 * i, 48, 64)) for i in range(40)])
    data = path if path.is_file() else next(p for p in path.iterdir() if p.suffix in {".mcap", ".db3"})
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    if bag.ros1:
        with pytest.raises(SourceError, match=r"cannot be read .*'rosbag reindex' of ROS 1 may repair it"):
            write_bag_pictures(path, tmp_path / "out", 40)
        return
    found = write_bag_pictures(path, tmp_path / "out", 40)
    assert 10 <= found.written <= 20
    assert values(tmp_path / "out") == [5 * i for i in range(found.written)]


@pytest.mark.parametrize("name", ["x.mcap", "x.db3", "x.bag", "x.txt"])
def test_what_is_no_bag_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something else" * 100)
    with pytest.raises(SourceError, match="cannot be read"):
        write_bag_pictures(tmp_path / name, tmp_path / "out", 1)


@pytest.mark.parametrize("make", [lambda path: path / "nowhere.mcap", lambda path: path / "nowhere"])
def test_a_missing_bag_is_named(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(SourceError, match=r"There is no bag .*nowhere"):
        write_bag_pictures(make(tmp_path), tmp_path / "out", 1)


def test_a_picture_that_cannot_be_written_is_told_as_such(mcap: Bag, tmp_path: Path) -> None:
    path = mcap.write(image=[mcap.image(grey(1))])
    (tmp_path / "out" / "00000000.jpg").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be written"):
        write_bag_pictures(path, tmp_path / "out", 1)
