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

"""The data set NYU: joint_data.mat, and depth images whose green and blue channels are one number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import NYU
from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseDataset, read_picture
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import FrameJoints
from hand_tracking_dsp.evaluation.pose_benchmark.mat_file import MatArray, MatError, list_arrays
from hand_tracking_dsp.evaluation.statistics import Array

CAMERAS = 3
"""Cameras that saw each frame, from the front first; results are published on the first one's images."""

_ALL_JOINTS = 36
_EVALUATED = (0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32)
_VARIABLES = ("joint_uvd", "joint_xyz")
_KINDS = ("double", "single")
_MAX_BYTES = 1 << 30
_MOST_FRAMES = 200_000
_FORM = f"[cameras, frames, {_ALL_JOINTS}, 3]"


class NyuDataset(PoseDataset):
    """Frames of NYU, of one camera.

    Args:
        folder: Folder of the data set, with dataset/train and dataset/test or with train and test.
        split: "train" or "test".
        camera: Number of the camera, 1 to 3.
        all_joints: All 36 joints instead of the 14 that are evaluated.

    Raises:
        SourceError: joint_data.mat cannot be used.
    """

    def __init__(
        self, folder: Path, split: str = "train", *, camera: int = 1, all_joints: bool = False
    ) -> None:
        inner = folder / "dataset"
        self._folder = (inner if inner.is_dir() else folder) / split
        path = self._folder / "joint_data.mat"
        joints = read_nyu_joints(path, camera=camera, all_joints=all_joints)
        super().__init__(NYU, joints, _EVALUATED[NYU.centre] if all_joints else NYU.centre)

    def _read_depth_mm(self, name: str) -> NDArray[Any]:
        path = self._folder / name
        pixels = read_picture(path, self.benchmark)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
            msg = f"{path} is not an 8-bit colour PNG, which holds NYU's depth: give it as it was published."
            raise FrameError(msg)
        blue, green = pixels[..., 0].astype(np.uint16), pixels[..., 1].astype(np.uint16)
        depth: NDArray[np.uint16] = green << np.uint16(8) | blue
        return depth


def read_nyu_joints(path: Path, *, camera: int = 1, all_joints: bool = False) -> FrameJoints:
    """Read the true joints of joint_data.mat; its y points up, that of the result down.

    Args:
        path: Path to the file, of MATLAB's versions 5 to 7.
        camera: Number of the camera, 1 to 3.
        all_joints: All 36 joints instead of the 14 that are evaluated.

    Raises:
        SourceError: It cannot be read, or is not of this form.
    """
    chosen = list(range(_ALL_JOINTS) if all_joints else _EVALUATED)
    uvd, xyz = (
        values[camera - 1][:, chosen] * scale
        for values, scale in zip(
            _read_variables(path, camera), ((1, 1, 1e-3), (1e-3, -1e-3, 1e-3)), strict=True
        )
    )
    if not (np.isfinite(uvd).all() and np.isfinite(xyz).all()):
        msg = f"{path} has joints that are not finite: get it from NYU once more."
        raise SourceError(msg)
    names = [f"depth_{camera}_{number:07d}.png" for number in range(1, len(uvd) + 1)]
    return FrameJoints(names, xyz, uvd)


def _read_variables(path: Path, camera: int) -> list[Array]:
    """Read joint_uvd and joint_xyz, [cameras, frames, 36, 3]; their sizes are checked before their values."""
    try:
        arrays = list_arrays(read_bytes(path, _MAX_BYTES))
        _check_variables(path, arrays, camera)
        return [arrays[name].read() for name in _VARIABLES]
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): give the folder of NYU, with joint_data.mat."
        raise SourceError(msg) from None
    except MatError as error:
        msg = f"{path} {error}; give joint_data.mat as NYU has it."
        raise SourceError(msg) from None


def _check_variables(path: Path, arrays: Mapping[str, MatArray], camera: int) -> None:
    for name in _VARIABLES:
        array = arrays.get(name)
        shape = array.shape if array else ()
        fits = len(shape) == 4 and shape[2:] == (_ALL_JOINTS, 3) and 0 < shape[1] <= _MOST_FRAMES
        if array is None or array.kind not in _KINDS or not fits or shape[0] > CAMERAS:
            found = f"is {array.kind} of the shape {list(shape)}" if array else "is missing"
            msg = f"{path}: {name} {found} where NYU has {_FORM}: give joint_data.mat as it was published."
            raise SourceError(msg)
        if not 1 <= camera <= shape[0]:
            msg = f"{path}: {name} is of {shape[0]} cameras, not of camera {camera}: choose 1 to {shape[0]}."
            raise SourceError(msg)
    if arrays[_VARIABLES[0]].shape != arrays[_VARIABLES[1]].shape:
        msg = f"{path}: {' and '.join(_VARIABLES)} differ in shape: give joint_data.mat as it was published."
        raise SourceError(msg)
