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

"""The data set MSRA15: a folder a gesture of each person, with binary depth images cut around the hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt, read_text
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import MSRA
from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseDataset, read_frame
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import (
    FrameJoints,
    from_xyz,
    joined,
    parse_numbers,
)

PEOPLE = tuple(f"P{number}" for number in range(9))
"""Folders of the nine people; results are published on each of them in turn, by training on the others."""

_NUMBERS = 3 * len(MSRA.joints)
_MAX_BYTES = 1 << 24
_MOST_FRAMES = 100_000
# Width, height, left, top, right, bottom.
_HEADER = struct.Struct("<6i")
_VALUE_BYTES = 4


class MsraDataset(PoseDataset):
    """Frames of MSRA15.

    Args:
        folder: Folder of the data set, with P0 to P8.
        people: Folders of the people.

    Raises:
        SourceError: A joint.txt is missing or cannot be used.
    """

    def __init__(self, folder: Path, people: Sequence[str] = PEOPLE) -> None:
        self._folder = folder
        files = [path for person in people for path in sorted((folder / person).glob("*/joint.txt"))]
        if not files:
            msg = f"{folder} has no joint.txt of {', '.join(people)}: give the folder with P0 to P8."
            raise SourceError(msg)
        super().__init__(MSRA, joined([_read_labels(path) for path in files]))

    def _read_depth_mm(self, name: str) -> NDArray[Any]:
        path = self._folder / name
        width, height = self.benchmark.width, self.benchmark.height
        data = read_frame(path, _HEADER.size + width * height * _VALUE_BYTES)
        if len(data) < _HEADER.size:
            msg = f"{path} ends within its header: get it from MSRA15 once more."
            raise FrameError(msg)
        columns, rows, left, top, right, bottom = _HEADER.unpack_from(data)
        if (columns, rows) != (width, height):
            msg = (
                f"{path} states {columns}x{rows} pixels where MSRA15 has {width}x{height}: get it once more."
            )
            raise FrameError(msg)
        if not (0 <= left <= right <= width and 0 <= top <= bottom <= height):
            msg = (
                f"{path} states the columns {left} to {right} and rows {top} to {bottom}, which {width}x"
                f"{height} pixels do not have: get it once more."
            )
            raise FrameError(msg)
        shape = bottom - top, right - left
        expected = _HEADER.size + shape[0] * shape[1] * _VALUE_BYTES
        if len(data) != expected:
            msg = f"{path} has {len(data)} bytes where its header states {expected}: get it once more."
            raise FrameError(msg)
        depth = np.zeros((height, width), np.float32)
        depth[top:bottom, left:right] = np.frombuffer(data, "<f4", offset=_HEADER.size).reshape(shape)
        return depth


def _read_labels(path: Path) -> FrameJoints:
    """Read joint.txt: the number of frames, then a line each; y points up and z towards the camera, mm."""
    try:
        lines = read_text(path, _MAX_BYTES).rstrip().split("\n")
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): get it from MSRA15 once more."
        raise SourceError(msg) from None
    stated = lines[0].strip()
    if not (stated.isdecimal() and len(stated) < 10 and int(stated) <= _MOST_FRAMES):
        msg = f"{path}, line 1, has {excerpt(stated)} where the number of frames belongs: get it once more."
        raise SourceError(msg)
    if len(lines) - 1 != int(stated):
        msg = f"{path} has {len(lines) - 1} frames where its first line states {stated}: get it once more."
        raise SourceError(msg)
    numbers = np.empty((int(stated), _NUMBERS))
    for row, line in enumerate(lines[1:]):
        words = line.split()
        if len(words) != _NUMBERS:
            msg = (
                f"{path}, line {row + 2}, has {len(words)} values, not {_NUMBERS} (x, y, z of 21 joints): "
                "get it once more."
            )
            raise SourceError(msg)
        numbers[row] = parse_numbers(words, path, row + 2)
    joints = numbers.reshape(-1, len(MSRA.joints), 3) * (1, -1, -1)
    start = f"{path.parent.parent.name}/{path.parent.name}"
    return from_xyz([f"{start}/{number:06d}_depth.bin" for number in range(len(joints))], joints, MSRA)
