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

"""Loader of NYU on a tiny data set of its layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import NYU
from hand_tracking_dsp.evaluation.pose_benchmark.nyu import NyuDataset, read_nyu_joints

EVALUATED = [0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32]


def made_joints(frames: int = 2, cameras: int = 3) -> dict[str, np.ndarray]:
    """Make joints whose u is 100 x camera + 10 x frame + joint / 10 and whose y is above the optical axis."""
    uvd = np.empty((cameras, frames, 36, 3))
    for place in np.ndindex(uvd.shape[:3]):
        uvd[place] = (100 * (place[0] + 1) + 10 * place[1] + place[2] / 10, 200, 700)
    scale = uvd[..., 2:] / (588.03, 587.07, 1)
    return {"joint_uvd": uvd, "joint_xyz": (uvd - (320, 240, 0)) * scale * (1, -1, 0) + uvd * (0, 0, 1)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a data set of two frames; pixel (200, 100) is 0x02C1 = 705 mm away in the first one."""
    test = tmp_path / "dataset" / "test"
    test.mkdir(parents=True)
    savemat(test / "joint_data.mat", {**made_joints(), "joint_names": np.array(["F1_KNU3_A"], dtype=object)})
    for camera in (1, 3):
        packed = np.zeros((480, 640, 3), np.uint8)
        packed[100, 200] = (0xC1, camera + 1, 0xFF)  # blue, green, red
        cv2.imwrite(str(test / f"depth_{camera}_0000001.png"), packed)
    return tmp_path


def test_a_frame_has_depth_joints_camera_and_name(folder: Path) -> None:
    dataset = NyuDataset(folder, "test")
    assert len(dataset) == 2
    sample = dataset[0]
    assert sample.name == "depth_1_0000001.png"
    assert sample.camera == NYU.camera
    assert sample.depth_m.shape == (480, 640)
    assert sample.depth_m.dtype == np.float32
    assert sample.depth_m[100, 200] == pytest.approx(0.705)
    assert np.count_nonzero(sample.depth_m) == 1
    np.testing.assert_allclose(sample.joints_uvd[:, 0], 100 + np.array(EVALUATED) / 10, rtol=1e-6)
    np.testing.assert_allclose(sample.joints_uvd[:, 2], 0.7)
    # 40 rows above the middle: y points down.
    np.testing.assert_allclose(sample.joints_m[:, 1], -40 * 0.7 / 587.07, rtol=1e-5)
    np.testing.assert_allclose(sample.joints_m, unprojected(sample.joints_uvd), atol=1e-6)


def unprojected(uvd: np.ndarray) -> np.ndarray:
    return NYU.camera.unproject(uvd[:, :2], uvd[:, 2])


def test_other_cameras_and_all_joints_can_be_had(folder: Path) -> None:
    sample = NyuDataset(folder / "dataset", "test", camera=3, all_joints=True)[0]
    assert sample.name == "depth_3_0000001.png"
    assert sample.depth_m[100, 200] == pytest.approx(0.001 * 0x04C1)
    np.testing.assert_allclose(sample.joints_uvd[:, 0], 300 + np.arange(36) / 10, rtol=1e-6)


def test_frames_that_cannot_be_read_are_left_out_and_counted(folder: Path) -> None:
    dataset = NyuDataset(folder, "test")
    assert [sample.name for sample in dataset.samples()] == ["depth_1_0000001.png"]
    assert dataset.frames_skipped == 1
    assert "depth_1_0000002.png cannot be read (No such file" in dataset.problem
    assert list(dataset.samples([1])) == []
    with pytest.raises(IndexError):
        dataset[2]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"joint_xyz": None}, "joint_xyz is missing"),
        ({"joint_uvd": np.zeros((1, 2, 14, 3))}, r"joint_uvd is double of the shape \[1, 2, 14, 3\]"),
        ({"joint_uvd": np.zeros((1, 0, 36, 3))}, "joint_uvd is double of the shape"),
        ({"joint_uvd": np.zeros((4, 2, 36, 3))}, "joint_uvd is double of the shape"),
        ({"joint_uvd": np.zeros((3, 2, 36, 3), np.int16)}, "joint_uvd is of integers of the shape"),
        ({"joint_uvd": np.array([{"a": 1}], dtype=object)}, "joint_uvd is cell"),
        ({"joint_uvd": np.zeros((3, 3, 36, 3))}, "differ in shape"),
        ({"joint_uvd": np.full((3, 2, 36, 3), np.nan)}, "not finite"),
    ],
)
def test_a_mat_file_of_another_form_is_named(
    variables: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "joint_data.mat"
    kept = {name: value for name, value in {**made_joints(), **variables}.items() if value is not None}
    savemat(path, kept)
    with pytest.raises(SourceError, match=sentence) as raised:
        read_nyu_joints(path)
    assert str(path) in str(raised.value)


def test_a_camera_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "joint_data.mat"
    savemat(path, made_joints(cameras=1))
    with pytest.raises(SourceError, match="of 1 cameras, not of camera 2: choose 1 to 1"):
        read_nyu_joints(path, camera=2)


@pytest.mark.parametrize(("content", "sentence"), [(b"", "is not a MATLAB file"), (None, "No such file")])
def test_what_is_no_mat_file_is_named(content: bytes | None, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "joint_data.mat"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=sentence) as raised:
        read_nyu_joints(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((240, 320, 3), np.uint8), "is 320x240 pixels where NYU has 640x480"),
        (np.zeros((480, 640), np.uint16), "is not an 8-bit colour PNG"),
        (np.zeros((480, 640), np.uint8), "is not an 8-bit colour PNG"),
        (np.zeros((480, 640, 3), np.uint16), "is not an 8-bit colour PNG"),
    ],
)
def test_an_image_of_another_form_is_named(pixels: np.ndarray, sentence: str, folder: Path) -> None:
    path = folder / "dataset" / "test" / "depth_1_0000001.png"
    cv2.imwrite(str(path), pixels)
    with pytest.raises(FrameError, match=sentence) as raised:
        NyuDataset(folder, "test")[0]
    assert str(path) in str(raised.value)


def test_a_size_is_refused_before_pixels_are_decoded(folder: Path) -> None:
    path = folder / "dataset" / "test" / "depth_1_0000001.png"
    header = bytearray(path.read_bytes()[:64])
    header[16:24] = (60000).to_bytes(4, "big") * 2
    path.write_bytes(header)
    with pytest.raises(FrameError, match=r"is 60000x60000 pixels where NYU has 640x480|is cut off"):
        NyuDataset(folder, "test")[0]


def test_a_damaged_image_is_named(folder: Path) -> None:
    path = folder / "dataset" / "test" / "depth_1_0000001.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FrameError, match=r"cut off|damaged"):
        NyuDataset(folder, "test")[0]
    path.write_bytes(b"")
    with pytest.raises(FrameError, match="is empty: get it from NYU once more"):
        NyuDataset(folder, "test")[0]
