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

"""The command depth render: figures, and a sheet of examples."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cli import main


def test_it_measures_speed_and_what_is_found_and_draws_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--crops", "3", "--pictures", "2", "--out", str(tmp_path)]
    assert main(["depth", "render", *words]) == 0
    shown, warned = capsys.readouterr()
    assert warned == ""
    rows = {cells[0]: cells[1:] for line in shown.splitlines() if len(cells := row(line)) > 1}
    assert all(float(cell) > 0 for cell in rows["128 x 128"] + rows["224 x 224"])
    assert rows["gestures, palm to the camera"][0] == "100.0"
    assert "all views" in "".join(rows)
    sheet = cv2.imread(str(tmp_path / "rendered_hands.jpg"))
    assert sheet is not None
    assert sheet.std() > 20


def row(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("│")[1:-1]]


def test_what_is_not_asked_for_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["depth", "render", "--crops", "0", "--pictures", "0"]) == 0
    assert capsys.readouterr().out == ""


def test_a_negative_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["depth", "render", "--crops", "-1"]) == 1
    assert "--crops is -1: it must be at least 0." in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    # Root has the permission, but nothing can be made there.
    assert main(["depth", "render", "--out", "/proc/new"]) == 1
    shown, refused = capsys.readouterr()
    assert shown == ""
    assert "--out /proc/new cannot be written" in refused
