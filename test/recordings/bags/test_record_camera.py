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

"""Sources of frames in bags."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.messages.hands import tracked_hands
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.recordings.bags.images import image_connections, pixels
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.record_camera import EPOCH_NS, record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter

OPTIONS = SourceOptions(width=160, height=120, rate_hz=20.0, seed=3, hands=2)


def record(path: Path, form: Any = "mcap", seconds: float = 0.5, quality: int | None = None) -> float:
    with SyntheticHandSource(OPTIONS) as source, BagWriter(path, form) as writer:
        return record_source(source, writer, seconds, quality)


@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_the_synthetic_source_is_recorded_exactly(tmp_path: Path, form: str) -> None:
    assert record(tmp_path / "bag", form) == pytest.approx(0.5)
    source = SyntheticHandSource(OPTIONS)
    frames = [source.read() for _ in range(10)]
    with open_bag(tmp_path / "bag") as opened:
        assert {one.topic: one.msgcount for one in opened.connections} == dict.fromkeys(
            ("/image_raw", "/camera_info", "/truth"), 10
        )
        heard: dict[str, list[Any]] = {one.topic: [] for one in opened.connections}
        for connection, at, message in opened.read():
            assert stamp_ns(message) == at
            assert message.header.frame_id == "camera_optical_frame"
            heard[connection.topic].append(message)
    for number, frame in enumerate(frames):
        image, info, truth = (heard[topic][number] for topic in ("/image_raw", "/camera_info", "/truth"))
        assert frame is not None
        assert frame.truth is not None
        assert stamp_ns(image) == EPOCH_NS + number * 50_000_000
        np.testing.assert_array_equal(pixels(image, "sensor_msgs/msg/Image")[0], frame.image)
        assert (info.k[0], info.k[2], info.width) == (source.intrinsics.fx, source.intrinsics.cx, 160)
        hands = tracked_hands(truth)
        assert len(hands) == len(frame.truth)
        for hand, exact in zip(hands, frame.truth, strict=True):
            np.testing.assert_array_equal(hand.landmarks, exact.joints_px)
            np.testing.assert_array_equal(hand.world_landmarks, exact.joints_m)
            assert hand.handedness == exact.handedness
            assert math.isnan(hand.presence)


@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, form: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        record(tmp_path / folder / "bag", form)
    for file in (tmp_path / "a" / "bag").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / "bag" / file.name).read_bytes()


def test_compressed_images_look_the_same(tmp_path: Path) -> None:
    record(tmp_path / "bag", quality=95)
    first = SyntheticHandSource(OPTIONS).read()
    assert first is not None
    with open_bag(tmp_path / "bag") as opened:
        chosen = image_connections(opened)
        assert [one.topic for one in chosen] == ["/image_raw/compressed"]
        connection, _, message = next(opened.read(chosen))
        image, order = pixels(message, connection.msgtype)
    assert order == "bgr"
    assert np.abs(image.astype(int) - first.image).mean() < 5


def test_a_source_without_depth_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((48, 64, 3), np.uint8))
    with open_source(str(tmp_path), SourceOptions()) as source, BagWriter(tmp_path / "out") as writer:
        with pytest.raises(SourceError, match="gives no depth: record it without --depth"):
            record_source(source, writer, math.inf, None, depth=True)
        assert not writer.counts


def test_a_folder_is_recorded_to_its_end(tmp_path: Path) -> None:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64, 3), 10 * number, np.uint8))
    out = tmp_path / "out"
    with open_source(str(tmp_path), SourceOptions(rate_hz=10)) as source, BagWriter(out) as writer:
        assert record_source(source, writer, math.inf, None) == pytest.approx(0.4)
    with open_bag(out) as opened:
        # Neither truth nor intrinsics are known.
        assert [one.topic for one in opened.connections] == ["/image_raw"]
        found = [int(message.data[0]) for _, _, message in opened.read()]
    assert found == [0, 10, 20, 30]


class Unplugged(SyntheticHandSource):
    """A source that vanishes after three frames."""

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        if self._next == 3:
            msg = "The camera has vanished."
            raise SourceError(msg)
        return super().read(timeout_s)


def test_what_a_source_gave_before_it_vanished_stays(tmp_path: Path) -> None:
    with Unplugged(OPTIONS) as source, BagWriter(tmp_path / "bag") as writer:
        with pytest.raises(SourceError, match="vanished"):
            record_source(source, writer, 10.0, None)
        assert writer.counts["/image_raw"] == 3
    with open_bag(tmp_path / "bag") as opened:
        assert len(list(opened.messages(image_connections(opened)))) == 3
        assert not opened.problems


def variable_video(path: Path, times_ms: list[int]) -> None:
    """Write a video whose frames have these times: those of a constant rate are changed in the file."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    if not writer.isOpened():
        pytest.skip("OpenCV cannot write Matroska here")
    for number in range(len(times_ms)):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    place = 0
    for number, time_ms in enumerate(times_ms):
        # Each block: its track, its time, and that it is a key frame.
        place = data.index(b"\x81" + (100 * number).to_bytes(2, "big") + b"\x80", place)
        data[place + 1 : place + 3] = time_ms.to_bytes(2, "big")
        place += 4
    path.write_bytes(data)


def test_the_frames_of_a_video_keep_their_variable_times(tmp_path: Path) -> None:
    times_ms = [0, 100, 150, 400, 410, 900]
    variable_video(tmp_path / "x.mkv", times_ms)
    with (
        open_source(str(tmp_path / "x.mkv"), SourceOptions()) as source,
        BagWriter(tmp_path / "bag") as writer,
    ):
        record_source(source, writer, math.inf, None)
    with open_bag(tmp_path / "bag") as opened:
        stamps = [at - EPOCH_NS for _, at, _ in opened.messages()]
    if stamps == [100_000_000 * number for number in range(len(times_ms))]:
        pytest.skip("this OpenCV knows no times of frames")
    assert [round(stamp / 1e6) for stamp in stamps] == times_ms


def test_a_video_that_begins_again_has_times_that_rise(tmp_path: Path) -> None:
    variable_video(tmp_path / "x.mkv", [0, 100, 150])
    with open_source(str(tmp_path / "x.mkv"), SourceOptions(loop=True)) as source:
        times = [frame.at_s(source.rate_hz) for _ in range(7) if (frame := source.read())]
    assert times == sorted(set(times))
    assert len(times) == 7
