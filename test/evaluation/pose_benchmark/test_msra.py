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

"""Loader of MSRA15 on a tiny data set of its layout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import MSRA
from hand_tracking_dsp.evaluation.pose_benchmark.msra import MsraDataset

FRAME = "P0/1/000000_depth.bin"
# Two rows of three columns from column 100 and row 50 on, mm.
PATCH = np.array([[0, 300, 310], [np.nan, 32001, -5]], "<f4")
HEADER = (320, 240, 100, 50, 103, 52)


def depth_bin(header: tuple[int, ...] = HEADER, patch: np.ndarray = PATCH) -> bytes:
    return struct.pack("<6i", *header) + patch.tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a data set of two people, of one and of two gestures."""
    for gesture in ("P0/1", "P3/TIP", "P3/9"):
        place = tmp_path / gesture
        place.mkdir(parents=True)
        line = "10.0 20.0 -300.0 " * 21
        (place / "joint.txt").write_text(f"2\n{line}\n{line}\n")
        for number in range(2):
            (place / f"{number:06d}_depth.bin").write_bytes(depth_bin())
    return tmp_path


def test_a_frame_has_depth_joints_camera_and_name(folder: Path) -> None:
    sample = MsraDataset(folder)[0]
    assert sample.name == FRAME
    assert sample.camera == MSRA.camera
    assert sample.depth_m.shape == (240, 320)
    assert sample.depth_m.dtype == np.float32
    np.testing.assert_allclose(sample.depth_m[50:52, 100:103], [[0, 0.3, 0.31], [0, 0, 0]], rtol=1e-6)
    assert np.count_nonzero(sample.depth_m) == 2
    # Its y points up and its z towards the camera.
    np.testing.assert_allclose(sample.joints_m, [(0.01, -0.02, 0.3)] * 21, rtol=1e-6)
    expected = (160 + 241.42 / 30, 120 - 241.42 / 15, 0.3)
    np.testing.assert_allclose(sample.joints_uvd, [expected] * 21, rtol=1e-6)


def test_people_can_be_chosen_and_gestures_are_in_the_published_order(folder: Path) -> None:
    assert len(MsraDataset(folder)) == 6
    others = MsraDataset(folder, ["P3"])
    assert [sample.name for sample in others.samples()] == [
        f"P3/{gesture}/{number:06d}_depth.bin" for gesture in ("9", "TIP") for number in range(2)
    ]


def test_an_image_without_a_hand_is_empty(folder: Path) -> None:
    (folder / FRAME).write_bytes(depth_bin((320, 240, 5, 5, 5, 5), PATCH[:0]))
    assert not MsraDataset(folder)[0].depth_m.any()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "ends within its header"),
        (depth_bin()[:23], "ends within its header"),
        (depth_bin((640, 480, *HEADER[2:])), "states 640x480 pixels where MSRA15 has 320x240"),
        (depth_bin((-320, 240, *HEADER[2:])), "states -320x240 pixels"),
        (depth_bin((320, 240, 100, 50, 99, 52)), "states the columns 100 to 99"),
        (depth_bin((320, 240, -3, 50, 0, 52)), "states the columns -3 to 0"),
        (depth_bin((320, 240, 318, 50, 321, 52)), "columns 318 to 321 .*which 320x240 pixels do not have"),
        (depth_bin((320, 240, 100, 0, 103, 2**31 - 1)), "rows 0 to 2147483647"),
        (depth_bin()[:-1], "has 47 bytes where its header states 48"),
        (depth_bin() + b"\0", "has 49 bytes where its header states 48"),
    ],
)
def test_a_damaged_image_is_named(data: bytes, sentence: str, folder: Path) -> None:
    (folder / FRAME).write_bytes(data)
    with pytest.raises(FrameError, match=sentence) as raised:
        MsraDataset(folder)[0]
    assert FRAME in str(raised.value)


def test_what_is_too_large_is_not_read(folder: Path) -> None:
    (folder / FRAME).write_bytes(bytes(24 + 4 * 320 * 240 + 1))
    with pytest.raises(SourceError, match=f"{FRAME} cannot be read .it is larger than"):
        MsraDataset(folder)[0]


LINE = "1 2 -300 " * 21


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1, has '' where the number of frames belongs"),
        ("two\n", "line 1, has 'two' where the number of frames belongs"),
        ("-1\n", "line 1, has '-1' where"),
        ("9" * 12, "line 1, has '999999999999' where"),
        (f"2\n{LINE}\n", "has 1 frames where its first line states 2"),
        (f"1\n{LINE}\n{LINE}\n", "has 2 frames where its first line states 1"),
        (f"1\n{LINE} 4\n", r"line 2, has 64 values, not 63 \(x, y, z of 21 joints\)"),
        (f"1\n{LINE.replace('-300', 'x', 1)}\n", "line 2, has 'x' where a number belongs"),
    ],
)
def test_damaged_joints_are_named(text: str, sentence: str, folder: Path) -> None:
    path = folder / "P0" / "1" / "joint.txt"
    path.write_text(text)
    with pytest.raises(SourceError, match=sentence) as raised:
        MsraDataset(folder)
    assert str(path) in str(raised.value)


def test_a_folder_without_people_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no joint.txt of P7: give the folder with P0 to P8"):
        MsraDataset(tmp_path, ["P7"])
