from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.errors import OutputError, SourceError
from hand_tracking_dsp.recordings.trace import COLUMNS, Trace, TraceBuilder, TraceFrame, read_trace


def frame(stamp_s: float, **other) -> TraceFrame:
    return TraceFrame(
        **{"stamp_s": stamp_s, "level": 1, "hands": 2, "detector_ran": 0, "total_ms": 8.5, **other}
    )


def stats(stamp_s: float, **other) -> SimpleNamespace:
    stamp = SimpleNamespace(sec=int(stamp_s), nanosec=round(stamp_s % 1 * 1e9))
    values = {"applied_level": 3, "hands": 1, "detector_ran": True, "frames_dropped": 7, "total_ms": 9.0}
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), **values, **other)


def test_a_trace_comes_back_from_its_file(tmp_path: Path) -> None:
    trace = Trace((frame(0.0, end_to_end_ms=12.25, charge=0.5), frame(0.033333, level=0, drift=3.5)))
    trace.write(tmp_path / "new" / "trace.csv")
    read = read_trace(tmp_path / "new" / "trace.csv")
    for name in COLUMNS:
        assert np.array_equal(read.column(name), trace.column(name), equal_nan=True), name
    assert read.duration_s == pytest.approx(0.033333)


def test_what_was_not_measured_is_an_empty_field(tmp_path: Path) -> None:
    Trace((frame(0.0),)).write(tmp_path / "trace.csv")
    header, row = (tmp_path / "trace.csv").read_text().splitlines()
    assert header.startswith("stamp_s,level,sparsity,hands,detector_ran,total_ms,end_to_end_ms")
    assert row == "0.0,1,,2,0,8.5,,,,,,,,,,,,0,,"


def test_latency_is_end_to_end_where_that_is_known() -> None:
    trace = Trace((frame(0.0, end_to_end_ms=12.0), frame(1.0)))
    assert trace.latency_ms.tolist() == [12.0, 8.5]


def test_frames_of_messages_are_sorted_and_know_the_latest_battery() -> None:
    builder = TraceBuilder()
    builder.add_stats(stats(100.5))
    builder.add_battery(SimpleNamespace(percentage=0.75, voltage=10.0, current=-1.5))
    builder.add_stats(stats(100.25, drift=4.0))
    builder.add_stats(stats(100.25))
    first, second = builder.trace().frames
    assert (first.stamp_s, first.charge, first.power_w, first.drift) == (0.0, 0.75, 15.0, 4.0)
    assert second.stamp_s == pytest.approx(0.25)
    assert math.isnan(second.charge)
    assert math.isnan(second.drift), "the message of an older version has none"
    assert (second.level, second.detector_ran, second.frames_dropped) == (3, 1, 7)


def test_a_restart_forgets_frames_and_keeps_the_battery() -> None:
    builder = TraceBuilder()
    builder.add_battery(SimpleNamespace(percentage=0.75, voltage=10.0, current=-1.5))
    builder.add_stats(stats(1.0))
    builder.restart()
    assert builder.latest is None
    with pytest.raises(SourceError, match="No frame was heard"):
        builder.trace()
    builder.add_stats(stats(2.0))
    assert builder.latest is not None
    assert builder.trace().frames[0].charge == 0.75


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0.5,1,,2,0", r"in line 3 \(5 fields instead of 20\)"),
        ("0.5,1,,2,0,fast,,,,,,,,,,,,0,,", r"in line 3 \(total_ms is 'fast', no number\)"),
        ("0.5,1.5,,2,0,8.5,,,,,,,,,,,,0,,", r"level is '1\.5', no number"),
        ("0.5,-1,,2,0,8.5,,,,,,,,,,,,0,,", "level is -1, at least 0"),
        ("0.5,1,,2,0,,,,,,,,,,,,,0,,", "total_ms is nan"),
        ("-1,1,,2,0,8.5,,,,,,,,,,,,0,,", r"stamp_s is -1\.0"),
        ("0.0,1,,2,0,8.5,,,,,,,,,,,,0,,", "goes back in time in line 3"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "trace.csv"
    Trace((frame(0.25),)).write(path)
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(SourceError, match=said) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"no header of this version \(stamp_s\)"),
        ("time,level\n0,1\n", r"no header of this version \(stamp_s\)"),
        (",".join(COLUMNS[::-1]) + "\n", "another order of columns"),
        (",".join(COLUMNS) + "\n", "has no frame"),
    ],
)
def test_files_that_are_no_trace_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(SourceError, match=said):
        read_trace(tmp_path / "trace.csv")


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv cannot be read \(No such file"):
        read_trace(tmp_path / "nowhere.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(SourceError, match="it is no text"):
        read_trace(tmp_path / "picture.csv")
    with pytest.raises(OutputError, match="cannot be written"):
        Trace((frame(0.0),)).write(tmp_path / "picture.csv" / "trace.csv")
