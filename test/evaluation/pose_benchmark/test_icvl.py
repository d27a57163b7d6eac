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

"""Loader of ICVL on a tiny data set of its layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import ICVL
from hand_tracking_dsp.evaluation.pose_benchmark.icvl import IcvlDataset


def labels(name: str, depth_mm: float = 400) -> str:
    return f"{name} " + f"180.250 130.500 {depth_mm:.3f} " * 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a data set of two training and two test frames."""
    for split, files in {
        "Training": {"labels.txt": ["201403121135/image_0000.png", "22-5/201403121135/image_0000.png"]},
        "Testing": {
            "test_seq_1.txt": ["test_seq_1/image_0000.png"],
            "test_seq_2.txt": ["test_seq_2/image_0000.png"],
        },
    }.items():
        for file, names in files.items():
            (tmp_path / split).mkdir(exist_ok=True)
            lines = [labels(name, 400 + index) for index, name in enumerate(names)]
            (tmp_path / split / file).write_text("\n".join(lines) + "\n\n")
            for name in names:
                path = tmp_path / split / "Depth" / name
                path.parent.mkdir(parents=True)
                depth = np.full((240, 320), 32001, np.uint16)
                depth[10, 20], depth[11, 20] = 412, 0
                cv2.imwrite(str(path), depth)
    return tmp_path


def test_a_frame_has_depth_joints_camera_and_name(folder: Path) -> None:
    dataset = IcvlDataset(folder, "test")
    assert [dataset.name(index) for index in range(2)] == [
        "test_seq_1/image_0000.png",
        "test_seq_2/image_0000.png",
    ]
    sample = dataset[1]
    assert sample.name == "test_seq_2/image_0000.png"
    assert sample.camera == ICVL.camera
    assert sample.depth_m.shape == (240, 320)
    assert sample.depth_m.dtype == np.float32
    assert sample.depth_m[10, 20] == pytest.approx(0.412)
    assert np.count_nonzero(sample.depth_m) == 1, "32001 and 0 are unknown"
    np.testing.assert_allclose(sample.joints_uvd, [[180.25, 130.5, 0.4]] * 16, rtol=1e-6)
    expected = (20.25 * 0.4 / 240.99, 10.5 * 0.4 / 240.96, 0.4)
    np.testing.assert_allclose(sample.joints_m, [expected] * 16, rtol=1e-6)


def test_turned_training_images_can_be_left_out(folder: Path) -> None:
    assert len(IcvlDataset(folder)) == 2
    upright = IcvlDataset(folder, turned=False)
    assert [sample.name for sample in upright.samples()] == ["201403121135/image_0000.png"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret.png", "a/../../b.png"])
def test_labels_open_nothing_outside_of_the_data_set(name: str, folder: Path) -> None:
    (folder / "Testing" / "test_seq_2.txt").write_text(labels(name))
    with pytest.raises(SourceError, match=r"test_seq_2.txt, line 1, names .* outside of the data set"):
        IcvlDataset(folder, "test")


def test_labels_without_names_are_refused(folder: Path) -> None:
    (folder / "Training" / "labels.txt").write_text("1 2 3 " * 16)
    with pytest.raises(SourceError, match=r"labels.txt names no images"):
        IcvlDataset(folder)


def test_missing_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"test_seq_1.txt cannot be read"):
        IcvlDataset(tmp_path, "test")


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((480, 640), np.uint16), "is 640x480 pixels where ICVL has 320x240"),
        (np.zeros((240, 320), np.uint8), "is not a 16-bit grey PNG"),
        (np.zeros((240, 320, 3), np.uint16), "is not a 16-bit grey PNG"),
    ],
)
def test_an_image_of_another_form_is_named(pixels: np.ndarray, sentence: str, folder: Path) -> None:
    path = folder / "Testing" / "Depth" / "test_seq_1" / "image_0000.png"
    cv2.imwrite(str(path), pixels)
    dataset = IcvlDataset(folder, "test")
    with pytest.raises(FrameError, match=sentence):
        dataset[0]
    assert len(list(dataset.samples())) == 1
    assert str(path) in dataset.problem
