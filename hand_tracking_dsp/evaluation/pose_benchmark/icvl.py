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

"""The data set ICVL: text files with a line a frame, and 16-bit depth images."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import ICVL
from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseDataset, read_picture
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import FrameJoints, chosen, joined, read_joints

_FILES = {"train": ("Training", ("labels.txt",)), "test": ("Testing", ("test_seq_1.txt", "test_seq_2.txt"))}
# Of the training images, those that were not turned lie in a folder of their day of 2014.
_NOT_TURNED = "2014"


class IcvlDataset(PoseDataset):
    """Frames of ICVL.

    Args:
        folder: Folder of the data set, with Training and Testing.
        split: "train" or "test", which is both test sequences.
        turned: With the training images that the authors turned in the plane, which most of them are.

    Raises:
        SourceError: A file of labels cannot be used.
    """

    def __init__(self, folder: Path, split: str = "train", *, turned: bool = True) -> None:
        place, files = _FILES[split]
        self._folder = folder / place / "Depth"
        joints = joined([_read_labels(folder / place / file) for file in files])
        if split == "train" and not turned:
            joints = chosen(joints, [name.startswith(_NOT_TURNED) for name in joints.names or ()])
        super().__init__(ICVL, joints)

    def _read_depth_mm(self, name: str) -> NDArray[Any]:
        path = self._folder / name
        pixels = read_picture(path, self.benchmark)
        if pixels.dtype != np.uint16 or pixels.ndim != 2:
            msg = f"{path} is not a 16-bit grey PNG, which holds ICVL's depth: give it as it was published."
            raise FrameError(msg)
        return pixels


def _read_labels(path: Path) -> FrameJoints:
    joints = read_joints(path, ICVL)
    if joints.names is None:
        msg = f"{path} names no images: give ICVL's labels, whose lines begin with them."
        raise SourceError(msg)
    for row, name in enumerate(joints.names):
        # Labels from elsewhere shall open nothing but the data set's images.
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name:
            msg = f"{path}, line {row + 1}, names {excerpt(name)}, outside of the data set: correct the name."
            raise SourceError(msg)
    return joints
