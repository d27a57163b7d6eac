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

"""Pairing of runs, and of their frames, for a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.statistics import Blocks, Resampling

_SAME_STAMP_S = 1e-4


@dataclass(frozen=True, slots=True)
class PairedFrames:
    """The frames that two runs share, row by row the same image.

    Attributes:
        a: Frames of run A.
        b: Frames of run B.
        blocks: Block of consecutive frames of each row, int64 [n].
        count: Number of blocks.
        only_a: Frames that A alone has.
        only_b: Frames that B alone has.
        unlike: Rows whose stamps differ: there the recordings are not the same.
    """

    a: Frames
    b: Frames
    blocks: Blocks
    count: int
    only_a: int
    only_b: int
    unlike: int

    @property
    def handled(self) -> tuple[int, int]:
        """Numbers of the shared frames that A and B handled."""
        first, second = (int((side["outcome"] == HANDLED).sum()) for side in (self.a, self.b))
        return first, second


def pair_runs(a: Sequence[str], b: Sequence[str], one: str = "", other: str = "") -> list[tuple[str, str]]:
    """Choose which runs are compared: those asked for, those of the same name, or the only ones.

    The runs asked for are one of A and other of B; "" stands for any.

    Raises:
        ConfigurationError: A run asked for does not exist, or nothing says which belong together.
    """
    for side, names, asked in (("A", a, one), ("B", b, other)):
        if asked and asked not in names:
            msg = f"{side} has no run '{asked}': choose one of {_listed(names)}."
            raise ConfigurationError(msg)
    first, second = ([one] if one else a), ([other] if other else b)
    if len(first) == len(second) == 1:
        return [(first[0], second[0])]
    if shared := [(name, name) for name in first if name in second]:
        return shared
    msg = (
        f"No run of A ({_listed(a)}) has the name of one of B ({_listed(b)}): say with --run-a and --run-b "
        "which two belong together."
    )
    raise ConfigurationError(msg)


def pair_frames(a: Frames, b: Frames, resampling: Resampling) -> PairedFrames:
    """Pair the frames of two runs by recording and number.

    Raises:
        SourceError: They share no frame, or one has a frame twice.
    """
    rows_a, rows_b = _rows(a), _rows(b)
    shared = [key for key in rows_a if key in rows_b]
    if not shared:
        msg = (
            f"A (recordings {_listed(a.names('bag'))}) and B ({_listed(b.names('bag'))}) have no frame in "
            "common: evaluate the same recordings."
        )
        raise SourceError(msg)
    one = a.take(np.array([rows_a[key] for key in shared]))
    other = b.take(np.array([rows_b[key] for key in shared]))
    blocks, count = resampling.blocks(one["bag"], one["stamp_s"])
    unlike = int((np.abs(one["stamp_s"] - other["stamp_s"]) > _SAME_STAMP_S).sum())
    return PairedFrames(one, other, blocks, count, len(a) - len(shared), len(b) - len(shared), unlike)


def _rows(frames: Frames) -> dict[tuple[str, float], int]:
    keys = list(zip(frames["bag"].tolist(), frames["frame"].tolist(), strict=True))
    rows = {key: row for row, key in enumerate(keys)}
    if len(rows) < len(keys):
        bag, frame = next(key for row, key in enumerate(keys) if rows[key] != row)
        msg = f"Frame {frame:.0f} of the recording '{bag}' stands twice in frames.csv: run evaluate again."
        raise SourceError(msg)
    return rows


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
