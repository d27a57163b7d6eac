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

"""Traces: a CSV with a row for each handled frame, its costs and the battery; policy fit-device reads it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt, read_rows
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.files import write_table
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.image_clock import MOST_DELAY_NS

COLUMNS: tuple[str, ...] = (
    "stamp_s",
    "level",
    "sparsity",
    "hands",
    "detector_ran",
    "total_ms",
    "end_to_end_ms",
    "detection_ms",
    "landmarks_ms",
    "presence",
    "input_mean",
    "input_std",
    "drift",
    "drift_sparser",
    "drift_ms",
    "smoothing_residual",
    "accelerator_utilization",
    "frames_dropped",
    "charge",
    "power_w",
    "predicted",
    "operating_point",
    "depth_ms",
)
"""Header of the CSV: attributes of FrameCost."""

# Traces of versions that knew no operating points end before these: there every hand was measured.
_POINTS = ("predicted", "operating_point")
# Those of versions that knew no depth end before this, or before both.
_DEPTH = ("depth_ms",)
_EARLIER = tuple(list(COLUMNS[:-count]) for count in (len(_DEPTH), len(_DEPTH) + len(_POINTS)))
_COUNTS = ("level", "hands", "detector_ran", "frames_dropped", *_POINTS)
_NEEDED = ("stamp_s", "level", "hands", "detector_ran", "frames_dropped", "total_ms")


@dataclass(frozen=True, slots=True)
class Trace:
    """Frames of one run, by stamp: the costs of each, at least one; their stamps count from the first."""

    frames: tuple[FrameCost, ...]

    @classmethod
    def of(cls, costs: Iterable[FrameCost]) -> Trace:
        """Build a trace of frames in the order in which they were received; of each stamp the first counts.

        Raises:
            SourceError: There is no frame.
        """
        by_stamp = {cost.stamp_ns: cost for cost in reversed(tuple(costs))}
        if not by_stamp:
            msg = "No frame was received: start the tracker, or look for its topic stats."
            raise SourceError(msg)
        first_ns = min(by_stamp)
        return cls(tuple(replace(by_stamp[ns], stamp_ns=ns - first_ns) for ns in sorted(by_stamp)))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one of COLUMNS over all frames: float64 [frames]."""
        return np.array([getattr(frame, name) for frame in self.frames], dtype=np.float64)

    @property
    def latency_ms(self) -> NDArray[np.float64]:
        """Latency to compare with a budget, [frames]: end_to_end_ms, or total_ms where that is unknown.

        Where nearly every frame seems to have waited for longer than any does, its camera's clock differs
        from the tracker's, and total_ms counts.
        """
        total, end_to_end = self.column("total_ms"), self.column("end_to_end_ms")
        waited_ms = (end_to_end - total)[np.isfinite(end_to_end)]
        if waited_ms.size and np.quantile(waited_ms, 0.05) > MOST_DELAY_NS * 1e-6:
            return total
        return np.where(np.isfinite(end_to_end), end_to_end, total)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last frame, seconds."""
        return self.frames[-1].stamp_s - self.frames[0].stamp_s

    def write(self, path: Path) -> None:
        """Write the trace as CSV; NaN is an empty field.

        Raises:
            OutputError: The file cannot be written.
        """
        write_table(path, COLUMNS, map(_row, self.frames))


def read_trace(path: Path) -> Trace:
    """Read a trace that Trace.write wrote.

    Raises:
        SourceError: It is missing, has another header or no frame, a field is not a number, or stamps fall.
    """
    try:
        rows = list(read_rows(path))
    except OSError as error:
        msg = (
            f"The trace {path} cannot be read ({error.strerror}): give a CSV that policy record-trace wrote."
        )
        raise SourceError(msg) from error
    _, header = rows[0] if rows else (0, [])
    if header not in (list(COLUMNS), *_EARLIER):
        wrong = next((name for name in COLUMNS if name not in header), "another order of columns")
        msg = (
            f"The trace {path} has no header of this version ({wrong}): "
            f"record it again with policy record-trace."
        )
        raise SourceError(msg)
    frames = list(_frames(path, header, rows[1:]))
    if not frames:
        msg = f"The trace {path} has no frame: record it again while the tracker runs."
        raise SourceError(msg)
    return Trace(tuple(frames))


def _frames(path: Path, header: list[str], rows: Iterable[tuple[int, list[str]]]) -> Iterator[FrameCost]:
    last_s = -math.inf
    for line, row in rows:
        try:
            frame = _frame(header, row)
        except ValueError as error:
            msg = f"The trace {path} is damaged in line {line} ({error}): record it again, or cut it before."
            raise SourceError(msg) from error
        if frame.stamp_s < last_s:
            msg = (
                f"The trace {path} goes back in time in line {line} ({frame.stamp_s} s after {last_s} s): "
                f"sort it by stamp_s."
            )
            raise SourceError(msg)
        last_s = frame.stamp_s
        yield frame


def _frame(header: list[str], row: list[str]) -> FrameCost:
    if len(row) != len(header):
        msg = f"{len(row)} fields instead of {len(header)}"
        raise ValueError(msg)
    values: dict[str, Any] = {}
    for name, text in zip(header, row, strict=True):
        try:
            values[name] = int(text) if name in _COUNTS else float(text or math.nan)
        except ValueError as error:
            msg = f"{name} is {excerpt(text)}, not a number"
            raise ValueError(msg) from error
    if not all(0 <= values[name] < math.inf for name in _NEEDED):
        name = next(name for name in _NEEDED if not 0 <= values[name] < math.inf)
        msg = f"{name} is {values[name]}, at least 0 is possible"
        raise ValueError(msg)
    stamp_ns = round(values.pop("stamp_s") * 1e9)
    values["detector_ran"] = bool(values["detector_ran"])
    return FrameCost(stamp_ns=stamp_ns, **values)


def _row(frame: FrameCost) -> list[str]:
    # A product, not the quotient stamp_s: half a microsecond is rounded as in all earlier traces.
    return [_field(frame.stamp_ns * 1e-9), *(_field(getattr(frame, name)) for name in COLUMNS[1:])]


def _field(value: float) -> str:
    return "" if math.isnan(value) else str(round(value, 6))
