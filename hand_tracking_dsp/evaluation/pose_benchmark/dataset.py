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

"""Interface of data sets of depth images with true joints, for training and evaluation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.errors import FrameError, HandTrackingError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import PoseBenchmark
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import FrameJoints
from hand_tracking_dsp.images.decode import decode_image
from hand_tracking_dsp.images.header import HeaderError, read_header
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats

# The time-of-flight camera of ICVL and MSRA marks pixels without a distance so; no sensor sees as far.
_UNKNOWN_MM = 32001
_MAX_IMAGE_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class PoseSample:
    """A depth image and the true joints of the hand that it shows.

    Attributes:
        name: Name of the frame in its data set.
        depth_m: float32 [height, width], metres along the optical axis, 0 = unknown.
        joints_m: float32 [joints, 3], metres in the optical frame (x right, y down, z forward).
        joints_uvd: float32 [joints, 3]: column and row, pixels, and depth, metres.
        start_m: float32 [3], true joint at which the benchmark begins to look for the hand's centre of mass,
            metres.
        camera: The camera.
    """

    name: str
    depth_m: Floats
    joints_m: Floats
    joints_uvd: Floats
    start_m: Floats
    camera: Intrinsics

    @property
    def view(self) -> DepthView:
        """The depth image with its camera."""
        return DepthView(self.depth_m, self.camera)


class PoseDataset(ABC):
    """Depth images with true joints, read one by one; it can be given to a PyTorch DataLoader.

    Attributes:
        benchmark: The data set's rules.
        joints: True joints of all frames.
        frames_skipped: Frames that samples() has left out so far because they could not be read.
        problem: Reason of the last of them; a sentence, "" for none.
    """

    def __init__(self, benchmark: PoseBenchmark, joints: FrameJoints, centre: int | None = None) -> None:
        """Take what all frames have in common.

        Args:
            benchmark: The data set's rules.
            joints: True joints of all frames.
            centre: Index of the joint around which the hand is cut out; None: the benchmark's.
        """
        self.benchmark = benchmark
        self._centre = benchmark.centre if centre is None else centre
        self.joints = joints
        self.frames_skipped = 0
        self.problem = ""

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.joints.joints_m)

    def __getitem__(self, index: int) -> PoseSample:
        """Read a frame.

        Raises:
            SourceError: Its image is missing or cannot be read.
            FrameError: Its image is damaged or of another size.
            IndexError: There is no such frame.
        """
        name = self.name(index)
        depth_m = to_metres(self._read_depth_mm(name))
        joints_m, joints_uvd = (
            joints[index].astype(np.float32) for joints in (self.joints.joints_m, self.joints.joints_uvd)
        )
        start_m = joints_m[self._centre]
        return PoseSample(name, depth_m, joints_m, joints_uvd, start_m, self.benchmark.camera)

    def name(self, index: int) -> str:
        """Return the name of a frame."""
        if self.joints.names is None:
            return str(range(len(self))[index])
        return self.joints.names[index]

    def samples(self, indices: Iterable[int] | None = None) -> Iterator[PoseSample]:
        """Yield frames, all in their order if none are named; those that cannot be read are left out."""
        for index in range(len(self)) if indices is None else indices:
            try:
                sample = self[index]
            except HandTrackingError as error:
                self.frames_skipped += 1
                self.problem = str(error)
            else:
                yield sample

    @abstractmethod
    def _read_depth_mm(self, name: str) -> NDArray[Any]:
        """Read a depth image, [height, width] of the benchmark's size, mm."""


def to_metres(depth_mm: NDArray[Any]) -> Floats:
    """Convert depths in mm to float32 metres; those that are not known become 0."""
    depth = depth_mm.astype(np.float32)
    known = (depth > 0) & (depth < _UNKNOWN_MM)  # no comparison holds for NaN
    metres: Floats = np.where(known, depth * np.float32(1e-3), np.float32(0))
    return metres


def read_frame(path: Path, limit: int = _MAX_IMAGE_BYTES) -> bytes:
    """Read the file of a frame.

    Raises:
        SourceError: It cannot be read, or is larger than so many bytes.
    """
    try:
        return read_bytes(path, limit)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): get the whole data set or leave this frame out."
        raise SourceError(msg) from None


def read_picture(path: Path, benchmark: PoseBenchmark) -> NDArray[Any]:
    """Read a picture of the benchmark's size; the header is checked before pixels are decoded.

    Returns:
        [height, width], or [height, width, 3] BGR, in its own depth.

    Raises:
        SourceError: It cannot be read.
        FrameError: It is damaged or of another size.
    """
    data = read_frame(path)
    try:
        header = read_header(data)
    except HeaderError as error:
        msg = f"{path} {error}: get it from {benchmark.title} once more."
        raise FrameError(msg) from None
    if (header.width, header.height) != (benchmark.width, benchmark.height):
        msg = (
            f"{path} is {header.width}x{header.height} pixels where {benchmark.title} has "
            f"{benchmark.width}x{benchmark.height}: give the images as they were published."
        )
        raise FrameError(msg)
    return decode_image(data, str(path), ImageOptions())
