"""Traces: a CSV with a row a handled frame, its costs and what was known; policy fit-device reads it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.files import write_table

NAN = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFrame:
    """One frame, mostly from msg/TrackerStats.msg; NaN = not measured or not known.

    Attributes:
        stamp_s: The image's stamp, seconds since the trace's first.
        level: Level that the frame ran at.
        sparsity: Share of the dense network's parameters removed at that level, 0 to 1.
        hands: Hands in view.
        detector_ran: Whether the palm detector ran, 0 or 1.
        total_ms: From taking the image to the hands, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds.
        detection_ms: Palm detection, milliseconds.
        landmarks_ms: Landmark network of all hands, milliseconds.
        presence: Lowest presence of the hands in view, 0 to 1.
        input_mean: Mean of the landmark network's input, 0 to 1.
        input_std: Standard deviation of that input, 0 to 1.
        drift: Deviation from the dense level, % of palm size.
        drift_sparser: At the dense level, that of the next sparser one, % of palm size.
        drift_ms: What measuring the drift took, milliseconds.
        smoothing_residual: How far the filter moved the landmarks, % of palm size.
        accelerator_utilization: Busy share of the accelerator, 0 to 1.
        frames_dropped: Images replaced by a newer one before they were handled, since activation.
        charge: State of charge last heard, 0 to 1.
        power_w: Electric power last heard, watts.
    """

    stamp_s: float
    level: int
    sparsity: float = NAN
    hands: int
    detector_ran: int
    total_ms: float
    end_to_end_ms: float = NAN
    detection_ms: float = NAN
    landmarks_ms: float = NAN
    presence: float = NAN
    input_mean: float = NAN
    input_std: float = NAN
    drift: float = NAN
    drift_sparser: float = NAN
    drift_ms: float = NAN
    smoothing_residual: float = NAN
    accelerator_utilization: float = NAN
    frames_dropped: int = 0
    charge: float = NAN
    power_w: float = NAN


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(TraceFrame))
"""Header of the CSV."""

_COUNTS = ("level", "hands", "detector_ran", "frames_dropped")
_NEEDED = ("stamp_s", *_COUNTS, "total_ms")


@dataclass(frozen=True, slots=True)
class Trace:
    """Frames of one run, by stamp.

    Attributes:
        frames: At least one.
    """

    frames: tuple[TraceFrame, ...]

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one of COLUMNS over all frames: float64 [frames]."""
        return np.array([getattr(frame, name) for frame in self.frames], dtype=np.float64)

    @property
    def latency_ms(self) -> NDArray[np.float64]:
        """What is held against a budget, [frames]: end_to_end_ms, or total_ms where that is unknown."""
        end_to_end = self.column("end_to_end_ms")
        return np.where(np.isfinite(end_to_end), end_to_end, self.column("total_ms"))

    @property
    def duration_s(self) -> float:
        """Time from the first to the last frame, seconds."""
        return self.frames[-1].stamp_s - self.frames[0].stamp_s

    def write(self, path: Path) -> None:
        """Write the trace as CSV; NaN is an empty field.

        Raises:
            OutputError: The file cannot be written.
        """
        rows = ([_field(getattr(frame, name)) for name in COLUMNS] for frame in self.frames)
        write_table(path, COLUMNS, rows)


class TraceBuilder:
    """Makes a trace out of messages, live or from a bag; the latest battery goes with each frame."""

    def __init__(self) -> None:
        self._frames: list[tuple[int, TraceFrame]] = []
        self._charge = self._power_w = NAN

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def latest(self) -> TraceFrame | None:
        """The frame that was added last; its stamp_s counts from the epoch."""
        return self._frames[-1][1] if self._frames else None

    def restart(self) -> None:
        """Forget all frames; the battery stays."""
        self._frames.clear()

    def add_stats(self, message: Any) -> None:  # noqa: ANN401 (of ROS 2 or of rosbags)
        """Take a message with the fields of msg/TrackerStats.msg; those that an older one lacks are NaN."""
        stamp_ns = int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)
        given = {name: float(getattr(message, name, NAN)) for name in COLUMNS if name not in _COUNTS}
        given |= {"stamp_s": stamp_ns * 1e-9, "charge": self._charge, "power_w": self._power_w}
        frame = TraceFrame(
            level=int(message.applied_level),
            hands=int(message.hands),
            detector_ran=int(message.detector_ran),
            frames_dropped=int(message.frames_dropped),
            **given,
        )
        self._frames.append((stamp_ns, frame))

    def add_battery(self, message: Any) -> None:  # noqa: ANN401
        """Take a sensor_msgs/BatteryState."""
        self._charge = float(message.percentage)
        self._power_w = -float(message.voltage) * float(message.current)

    def trace(self) -> Trace:
        """Return the frames by stamp, which counts from the first; of each stamp the first frame.

        Raises:
            SourceError: There is none.
        """
        if not self._frames:
            msg = "No frame was heard: start the tracker, or look for its topic stats."
            raise SourceError(msg)
        by_stamp = dict(reversed(self._frames))
        first_ns = min(by_stamp)
        return Trace(
            tuple(
                replace(by_stamp[stamp_ns], stamp_s=(stamp_ns - first_ns) * 1e-9)
                for stamp_ns in sorted(by_stamp)
            )
        )


def read_trace(path: Path) -> Trace:
    """Read a trace that Trace.write wrote.

    Raises:
        SourceError: It is missing, has another header or no frame, a field is no number, or stamps fall.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        msg = f"The trace {path} cannot be read ({reason}): give a CSV that policy record-trace wrote."
        raise SourceError(msg) from error
    rows = csv.reader(lines)
    if (header := next(rows, [])) != list(COLUMNS):
        wrong = next((name for name in COLUMNS if name not in header), "another order of columns")
        msg = (
            f"The trace {path} has no header of this version ({wrong}): "
            f"record it again with policy record-trace."
        )
        raise SourceError(msg)
    frames = list(_frames(path, rows))
    if not frames:
        msg = f"The trace {path} has no frame: record it again while the tracker runs."
        raise SourceError(msg)
    return Trace(tuple(frames))


def _frames(path: Path, rows: Iterable[list[str]]) -> Iterator[TraceFrame]:
    last_s = -math.inf
    for line, row in enumerate(rows, start=2):
        try:
            frame = _frame(row)
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


def _frame(row: list[str]) -> TraceFrame:
    if len(row) != len(COLUMNS):
        msg = f"{len(row)} fields instead of {len(COLUMNS)}"
        raise ValueError(msg)
    values: dict[str, Any] = {}
    for name, text in zip(COLUMNS, row, strict=True):
        try:
            values[name] = int(text) if name in _COUNTS else float(text or NAN)
        except ValueError as error:
            msg = f"{name} is {text!r}, no number"
            raise ValueError(msg) from error
    if not all(0 <= values[name] < math.inf for name in _NEEDED):
        name = next(name for name in _NEEDED if not 0 <= values[name] < math.inf)
        msg = f"{name} is {values[name]}, at least 0 is possible"
        raise ValueError(msg)
    return TraceFrame(**values)


def _field(value: float) -> str:
    return "" if math.isnan(value) else str(round(value, 6))
