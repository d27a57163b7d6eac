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

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import OutputError, SourceError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.trace import COLUMNS, Trace, read_trace
from hand_tracking_dsp.tracking.operating_point import NO_POINT


def frame(stamp_s: float, **other) -> FrameCost:
    return FrameCost(**{"stamp_ns": round(stamp_s * 1e9), "level": 1, "hands": 2, "total_ms": 8.5, **other})


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
    assert row == "0.0,1,,2,0,8.5,,,,,,,,,,,,0,,,0,255,0.0"


def test_latency_is_end_to_end_where_that_is_known() -> None:
    trace = Trace((frame(0.0, end_to_end_ms=12.0), frame(1.0)))
    assert trace.latency_ms.tolist() == [12.0, 8.5]


def test_frames_are_sorted_and_count_from_the_first_one_of_each_stamp_once() -> None:
    trace = Trace.of([frame(100.5), frame(100.25, drift=4.0), frame(100.25)])
    first, second = trace.frames
    assert (first.stamp_s, first.drift) == (0.0, 4.0)
    assert second.stamp_s == 0.25


def test_a_trace_needs_a_frame() -> None:
    with pytest.raises(SourceError, match="No frame was received"):
        Trace.of([])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0.5,1,,2,0", r"in line 3 \(5 fields instead of 23\)"),
        ("0.5,1,,2,0,fast,,,,,,,,,,,,0,,,0,255,0", r"in line 3 \(total_ms is 'fast', not a number\)"),
        ("0.5,1.5,,2,0,8.5,,,,,,,,,,,,0,,,0,255,0", r"level is '1\.5', not a number"),
        ("0.5,-1,,2,0,8.5,,,,,,,,,,,,0,,,0,255,0", "level is -1, at least 0"),
        ("0.5,1,,2,0,,,,,,,,,,,,,0,,,0,255,0", "total_ms is nan"),
        ("-1,1,,2,0,8.5,,,,,,,,,,,,0,,,0,255,0", r"stamp_s is -1\.0"),
        ("0.0,1,,2,0,8.5,,,,,,,,,,,,0,,,0,255,0", "goes back in time in line 3"),
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
    with pytest.raises(SourceError, match="it is not in UTF-8"):
        read_trace(tmp_path / "picture.csv")
    with pytest.raises(OutputError, match="cannot be written"):
        Trace((frame(0.0),)).write(tmp_path / "picture.csv" / "trace.csv")


@pytest.mark.parametrize(("later", "row", "point"), [(3, "", NO_POINT), (1, ",0,4", 4)])
def test_traces_of_earlier_versions_are_read(tmp_path: Path, later: int, row: str, point: int) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(f"{','.join(COLUMNS[:-later])}\n0.0,1,,2,0,8.5,,,,,,,,,,,,0,,{row}\n")
    (only,) = read_trace(path).frames
    assert (only.level, only.predicted, only.operating_point, only.depth_ms) == (1, 0, point, 0.0)


def test_an_offset_of_clocks_is_no_latency() -> None:
    """A camera's machine whose clock is 5 s behind, and a tracker whose queue grows."""
    skewed = [frame(0.1 * n, total_ms=5.0, end_to_end_ms=5005.0 + n % 3) for n in range(20)]
    assert set(Trace.of(skewed).latency_ms) == {5.0}
    loaded = [frame(0.1 * n, total_ms=5.0, end_to_end_ms=20.0 + 50 * n) for n in range(20)]
    assert Trace.of(loaded).latency_ms.tolist() == [20.0 + 50 * n for n in range(20)]
