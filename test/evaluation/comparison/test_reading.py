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

"""Folders of evaluate, whole and damaged."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.comparison.reading import read_evaluation, setting_differences
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined


@pytest.fixture
def folder(made_folder: Callable[..., Path], made_run: Callable[..., Frames]) -> Path:
    return made_folder("a", joined([made_run(run, seconds=2) for run in ("level 0", "level 1")]))


def test_a_folder_is_read(folder: Path) -> None:
    found = read_evaluation(folder)
    assert found.runs == ["level 0", "level 1"]
    assert len(found.frames) == 60
    assert found.value("level 0", "rate_hz") == 55.5
    assert math.isnan(found.value("level 0", "world_mm")), "null"
    assert math.isnan(found.value("level 0", "accelerator_utilization")), "absent"


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": None},
        {"runs": []},
        {"runs": {"level 0": 3}},
        {"runs": {"level 0": {"metrics": {"mde_px": "3"}}}},
        {"recordings": {"first": {}}},
        {"recordings": [{"path": "/first"}]},
        {"bank": "a bank"},
        {"notes": "all is well"},
        {"notes": [1]},
        {"settings": None},
        {"machine": []},
    ],
)
def test_a_report_of_another_form_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    path = folder / "report.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(SourceError, match=r"report\.json is not a report .* run evaluate again"):
        read_evaluation(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\xff\xfe", '{"version": 1}'])
def test_a_damaged_report_is_refused(folder: Path, text: str) -> None:
    (folder / "report.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceError, match=r"report\.json (cannot be read|is not a report)"):
        read_evaluation(folder)


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere.report\.json cannot be read .No such file"):
        read_evaluation(tmp_path / "nowhere")
    (folder / "frames.csv").unlink()
    with pytest.raises(SourceError, match=r"frames\.csv cannot be read"):
        read_evaluation(folder)


def test_a_damaged_table_is_refused(folder: Path) -> None:
    path = folder / "frames.csv"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(SourceError, match="damaged in line 61"):
        read_evaluation(folder)


def test_files_of_two_evaluations_are_noticed(folder: Path, made_run: Callable[..., Frames]) -> None:
    made_run("level 7", seconds=2).write(folder / "frames.csv")
    with pytest.raises(SourceError, match="not of one evaluation"):
        read_evaluation(folder)


def test_evaluations_made_alike_have_no_notes(folder: Path) -> None:
    assert setting_differences(read_evaluation(folder), read_evaluation(folder)) == []


@pytest.mark.parametrize(("gated", "said"), [(True, 1), (False, 0)], ids=["points", "everything measured"])
def test_operating_points_that_differ_are_told_where_they_count(
    made_folder: Callable[..., Path], made_run: Callable[..., Frames], gated: bool, said: int
) -> None:
    folders = [
        made_folder(
            name,
            made_run(seconds=2),
            bank={"name": "a bank", "operating_points": [{"level": 0, "gate": gate}]},
            settings={"tracker.gate.enabled": gated},
        )
        for name, gate in (("one", 0.0), ("other", 0.12))
    ]
    notes = setting_differences(*map(read_evaluation, folders))
    assert len(notes) == said
    assert all("--all-measured" in note for note in notes)


def test_it_is_told_where_one_of_two_left_nothing_out(
    made_folder: Callable[..., Path], made_run: Callable[..., Frames]
) -> None:
    folders = [
        made_folder(name, made_run(seconds=2), settings={"tracker.gate.enabled": gated})
        for name, gated in (("one", False), ("other", True))
    ]
    _, note = setting_differences(*map(read_evaluation, folders))
    assert note.startswith("In A alone every hand is measured")


def test_differences_are_told(
    folder: Path, made_folder: Callable[..., Path], made_run: Callable[..., Frames]
) -> None:
    other = made_folder(
        "b",
        made_run(bag="second", seconds=2),
        machine={"cpu": "another", "cores": 2},
        bank={"name": "a bank", "fingerprint": "fedcba9876543210"},
        settings={"budget_ms": 33.0, "realtime": False, "agreement": False, "jobs": 1},
    )
    bank, machine, settings, first, second = setting_differences(
        read_evaluation(folder), read_evaluation(other)
    )
    assert bank == "The banks differ: A a bank 0123456789ab, B a bank fedcba987654."
    assert "cpu: A a processor, B another" in machine
    assert "cores" not in machine
    assert settings == "The settings differ (budget_ms: A 20.0, B 33.0)."
    assert first.startswith("Recordings of A alone")
    assert first.endswith("first.")
    assert second.endswith("second.")
