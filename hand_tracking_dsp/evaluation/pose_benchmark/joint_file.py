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

"""Joints of many frames in text files, a line a frame, as the benchmarks publish truth and results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt, read_text
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS, PoseBenchmark
from hand_tracking_dsp.evaluation.statistics import Array
from hand_tracking_dsp.files import write_text

COORDINATES = ("uvd", "xyz")
"""Meanings of a joint's numbers: column and row in pixels and depth in mm; or x, y (down) and z in mm."""

_MAX_BYTES = 1 << 28
_M_PER_MM = 1e-3


@dataclass(frozen=True, slots=True)
class FrameJoints:
    """Joints of frames in the camera's optical frame.

    Attributes:
        names: Name of each frame; None where the file has none.
        joints_m: float64 [frames, joints, 3], metres.
        joints_uvd: float64 [frames, joints, 3]: column and row, pixels, and depth, metres.
    """

    names: Sequence[str] | None
    joints_m: Array
    joints_uvd: Array


def read_joints(path: Path, benchmark: PoseBenchmark, coordinates: str = "uvd") -> FrameJoints:
    """Read a file of truth or of results.

    A line has the three numbers of every joint of one frame, perhaps behind the frame's name.

    Args:
        path: Path to the file.
        benchmark: The data set that it is of.
        coordinates: Meaning of the numbers, of COORDINATES.

    Raises:
        SourceError: It cannot be read, has no frame, or a line is not of this form.
    """
    try:
        lines = read_text(path, _MAX_BYTES).rstrip().split("\n")
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): give a text file with a line a frame."
        raise SourceError(msg) from None
    names: list[str] = []
    numbers = np.empty((len(lines), 3 * len(benchmark.joints)))
    for row, line in enumerate(lines):
        words = line.split()
        if len(words) == numbers.shape[1] + 1:
            names.append(words.pop(0))
        _check_count(len(words), path, row + 1, benchmark)
        numbers[row] = parse_numbers(words, path, row + 1)
    if names and len(names) < len(lines):
        msg = f"{path} names {len(names)} of its {len(lines)} frames: name all of them or none."
        raise SourceError(msg)
    make = from_uvd if coordinates == "uvd" else from_xyz
    return make(names or None, numbers.reshape(len(lines), -1, 3), benchmark)


def write_joints(path: Path, joints_m: NDArray[Any], benchmark: PoseBenchmark) -> None:
    """Write results as they are published: u, v (pixels) and d (mm) of every joint, a line a frame.

    Args:
        path: Path to the file; one that is there is replaced.
        joints_m: Any floats [frames, joints, 3], metres in the optical frame; frames in the test's order.
        benchmark: The data set, whose camera counts.

    Raises:
        ValueError: A joint is not finite or not before the camera, so that it has no pixel.
        OutputError: It cannot be written.
    """
    joints = from_xyz(None, joints_m.astype(np.float64) / _M_PER_MM, benchmark).joints_uvd
    if not np.isfinite(joints).all() or (joints[..., 2] <= 0).any():
        msg = "Results of a benchmark are joints before the camera."
        raise ValueError(msg)
    joints = joints / (1, 1, _M_PER_MM)
    lines = (" ".join(f"{number:.3f}" for number in frame) for frame in joints.reshape(len(joints), -1))
    write_text(path, "".join(f"{line}\n" for line in lines))


def from_uvd(names: Sequence[str] | None, joints: Array, benchmark: PoseBenchmark) -> FrameJoints:
    """Place joints in space.

    Args:
        names: Name of each frame; None where they have none.
        joints: float64 [frames, joints, 3]: column and row, pixels, and depth, mm.
        benchmark: The data set, whose camera counts.
    """
    uvd = joints * (1, 1, _M_PER_MM)
    return placed_by_pixels(FrameJoints(names, uvd, uvd), benchmark)


def placed_by_pixels(joints: FrameJoints, benchmark: PoseBenchmark) -> FrameJoints:
    """Place joints in space by their pixels and depths and the benchmark's camera, as its rules have it."""
    camera = benchmark.camera
    u, v, depth = np.moveaxis(joints.joints_uvd, -1, 0)
    across = (u - camera.cx) * depth / camera.fx, (v - camera.cy) * depth / camera.fy
    return replace(joints, joints_m=np.stack([*across, depth], axis=-1))


def from_xyz(names: Sequence[str] | None, joints: Array, benchmark: PoseBenchmark) -> FrameJoints:
    """Project joints into the image.

    Args:
        names: Name of each frame; None where they have none.
        joints: float64 [frames, joints, 3], mm in the optical frame.
        benchmark: The data set, whose camera counts.
    """
    camera = benchmark.camera
    x, y, z = np.moveaxis(joints, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # a joint in the camera's plane has no pixel
        pixels = x / z * camera.fx + camera.cx, y / z * camera.fy + camera.cy
    return FrameJoints(names, joints * _M_PER_MM, np.stack([*pixels, z * _M_PER_MM], axis=-1))


def joined(parts: Sequence[FrameJoints]) -> FrameJoints:
    """Join the frames of several files, for example of ICVL's two test sequences."""
    names = [name for part in parts for name in part.names or ()]
    return FrameJoints(
        names if all(part.names is not None for part in parts) else None,
        np.concatenate([part.joints_m for part in parts]),
        np.concatenate([part.joints_uvd for part in parts]),
    )


def chosen(joints: FrameJoints, which: Sequence[bool]) -> FrameJoints:
    """Return the frames for which the flag is set."""
    flags = np.asarray(which, dtype=bool)
    names = joints.names and [name for name, flag in zip(joints.names, which, strict=True) if flag]
    return FrameJoints(names, joints.joints_m[flags], joints.joints_uvd[flags])


def parse_numbers(words: Sequence[str], path: Path, line: int) -> list[float]:
    """Parse the finite numbers of a line.

    Args:
        words: The numbers as text.
        path: Path to the file, for the sentence.
        line: Number of the line, likewise.

    Raises:
        SourceError: One of them is not a number, or not finite.
    """
    with suppress(ValueError):
        numbers = list(map(float, words))
        if math.isfinite(sum(numbers)):
            return numbers
    wrong = next((word for word in words if not _is_number(word)), None)
    wrong = wrong or max(words, key=lambda word: abs(float(word)))  # so large that their sum is infinite
    msg = (
        f"{path}, line {line}, has {excerpt(wrong)} where a number belongs: correct it or leave out the file."
    )
    raise SourceError(msg)


def _check_count(count: int, path: Path, line: int, benchmark: PoseBenchmark) -> None:
    needed = 3 * len(benchmark.joints)
    if count != needed:
        others = (one for one in BENCHMARKS.values() if 3 * len(one.joints) in (count, count - 1))
        fits = next((f", as {other.title} has" for other in others), "")
        msg = (
            f"{path}, line {line}, has {count} values{fits}; {benchmark.title} needs {needed}, three of each "
            f"of its {len(benchmark.joints)} joints: give a file of {benchmark.title} or choose another "
            "data set."
        )
        raise SourceError(msg)


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False
