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

import math
from dataclasses import asdict

import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.measures.frame_row import COLUMNS, DROPPED, HANDLED, NUMBERS, FrameRow
from hand_tracking_dsp.evaluation.measures.frames import FrameRows, joined, read_frames


def table(runs=("level 0", "level 1"), frames=3):
    rows = FrameRows()
    for run in runs:
        for number in range(frames):
            values = {name: 0.125 * number for name in NUMBERS if name != "frame"}
            rows.add(FrameRow(run=run, bag="one", outcome=HANDLED, frame=number, **values))
        rows.add(FrameRow(run=run, bag="one, two", outcome=DROPPED, frame=frames, stamp_s=0.5))
    return rows.frames()


def test_rows_survive_the_way_through_a_file(tmp_path):
    written = table()
    written.write(tmp_path / "frames.csv")
    read = read_frames(tmp_path / "frames.csv")
    assert len(read) == len(written)
    for name in COLUMNS:
        np.testing.assert_array_equal(read[name], written[name])


@pytest.mark.parametrize("first", ["with_depth", "expected_error"])
def test_tables_of_versions_that_knew_fewer_columns_are_read(tmp_path, first):
    path = tmp_path / "frames.csv"
    table().write(path)
    kept = COLUMNS.index(first)
    lines = path.read_text().splitlines()
    # "one, two" is one field.
    path.write_text("\n".join(",".join(line.rsplit(",", len(COLUMNS) - kept)[:1]) for line in lines) + "\n")
    read = read_frames(path)
    assert len(read) == len(table())
    np.testing.assert_array_equal(read["recorded_px"], table()["recorded_px"])
    assert np.isnan(read[first]).all()


def test_rows_are_chosen_by_words_and_joined_again():
    frames = table()
    assert frames.names("run") == ["level 0", "level 1"]
    chosen = frames.where(run="level 1", outcome=DROPPED)
    assert len(chosen) == 1
    assert math.isnan(chosen["latency_ms"][0])
    assert len(joined([chosen, frames])) == len(frames) + 1


def test_the_header_is_every_attribute_of_a_row():
    row = FrameRow(run="", bag="", outcome="", frame=0, stamp_s=0.0)
    assert tuple(asdict(row)) == COLUMNS


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text.replace("latency_ms", "latency"), "is not of this version"),
        (lambda text: text.replace("0.125", "fast", 1), "is damaged in line 3"),
        (lambda text: text.rsplit(",", 3)[0], "is damaged in line 9"),
        (lambda _: "", "is not of this version"),
    ],
)
def test_refuses_a_damaged_table_in_a_sentence(tmp_path, damage, sentence):
    path = tmp_path / "frames.csv"
    table().write(path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(SourceError, match=sentence):
        read_frames(path)


def test_refuses_a_missing_table(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_frames(tmp_path / "frames.csv")
