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

"""Comparison of published results, or your own, with a benchmark's truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import PoseBenchmark
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import FrameJoints, read_joints
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import (
    THRESHOLDS_MM,
    joint_errors_mm,
    joint_means_mm,
    mean_joint_error_mm,
    share_of_frames_within,
)
from hand_tracking_dsp.evaluation.statistics import Array


@dataclass(frozen=True, slots=True)
class PoseErrors:
    """Errors of one method.

    Attributes:
        name: Name of the method.
        errors_mm: float64 [frames, joints], see metrics.joint_errors_mm.
    """

    name: str
    errors_mm: Array

    @property
    def mean_mm(self) -> float:
        """Mean over the joints and frames, mm."""
        return mean_joint_error_mm(self.errors_mm)

    @property
    def largest_mm(self) -> float:
        """Largest error of any joint in any frame, mm."""
        return float(self.errors_mm.max())

    def within(self, thresholds_mm: Sequence[float] = THRESHOLDS_MM) -> Array:
        """Return the share of frames, 0 to 1, in which no joint is further away than each threshold."""
        return share_of_frames_within(self.errors_mm, thresholds_mm)

    def joint_means(self, benchmark: PoseBenchmark) -> dict[str, float]:
        """Return the mean error of every joint by its name, mm."""
        return dict(zip(benchmark.joints, joint_means_mm(self.errors_mm).tolist(), strict=True))

    def value(self, benchmark: PoseBenchmark) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            "name": self.name,
            "mean_error_mm": self.mean_mm,
            "largest_error_mm": self.largest_mm,
            "joint_means_mm": self.joint_means(benchmark),
            "share_of_frames_within": self.within().tolist(),
        }


def read_errors(
    path: Path, name: str, benchmark: PoseBenchmark, truth: FrameJoints, coordinates: str = "uvd"
) -> PoseErrors:
    """Read a file of results and compare it with the truth.

    Args:
        path: Path to the results.
        name: Name of the method.
        benchmark: The data set.
        truth: Its truth.
        coordinates: Meaning of the file's numbers, of joint_file.COORDINATES.

    Raises:
        SourceError: The file cannot be read, or is not of the truth's frames.
    """
    results = read_joints(path, benchmark, coordinates)
    frames, needed = len(results.joints_m), len(truth.joints_m)
    if frames != needed:
        msg = (
            f"{path} has {frames} frames where the truth has {needed}: give results of all of them, in the "
            "order of the truth."
        )
        raise SourceError(msg)
    if results.names is not None and truth.names is not None:
        _check_names(path, results.names, truth.names)
    return PoseErrors(name, joint_errors_mm(results.joints_m, truth.joints_m))


def method_names(paths: Sequence[Path]) -> Mapping[Path, str]:
    """Name methods by their files, without folders where that tells them apart."""
    short = [path.stem for path in paths]
    return {
        path: stem if short.count(stem) == 1 else str(path) for path, stem in zip(paths, short, strict=True)
    }


def _check_names(path: Path, names: Sequence[str], expected: Sequence[str]) -> None:
    for row, (name, other) in enumerate(zip(names, expected, strict=True)):
        if name.replace("\\", "/") != other.replace("\\", "/"):
            msg = f"{path}, line {row + 1}, is of the frame {name} where the truth has {other}: sort them."
            raise SourceError(msg)
