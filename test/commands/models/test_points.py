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

"""hand-tracking-dsp models points, on banks some of whose levels are of no use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import pytest
from support.networks import write_spoilt_bank

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cli import main

SHORT = ("--frames", "20", "--gates", "0", "--intervals", "1")


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables fold nothing."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("output", ["world_landmarks", "presence"])
def test_a_level_with_outputs_that_cannot_be_used_is_told_and_never_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    write_spoilt_bank(tmp_path, output)
    assert main(["models", "points", "--bank", str(tmp_path), *SHORT, "--update"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    told = rf"Level 1 \(lite\) answers a region with unusable {output} in hand_lite\.onnx .*\d times so far"
    assert re.search(told, shown)
    assert "Not listed, as they find no hand or answer with unusable outputs: levels 1." in shown
    points = json.loads((tmp_path / "bank.json").read_text())["operating_points"]
    assert {point["level"] for point in points} == {0}


def test_a_clip_that_ends_early_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hand.mkv"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (320, 240))
    with open_source("synthetic", SourceOptions(width=320, height=240, absence_s=0.0)) as source:
        for _ in range(40):
            frame = source.read()
            assert frame is not None
            writer.write(frame.image)
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert main(["models", "points", "--clips", str(path), "--gates", "0", "--intervals", "1"]) == 0
    assert re.search(
        r"hand\.mkv: The video .* gave \d+ of the 40 frames that it tells", capsys.readouterr().out
    )


def test_nothing_is_measured_against_a_dense_level_of_no_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spoilt_bank(tmp_path, "landmarks", level=0)
    assert main(["models", "points", "--bank", str(tmp_path), *SHORT]) == 1
    assert "Nothing can be compared with hand_full.onnx, the dense level" in capsys.readouterr().err


@pytest.mark.parametrize("gates", [["0.06"], ["0", "0.06"]])
def test_as_many_points_are_announced_as_the_table_has(
    gates: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "points", "--frames", "20", "--gates", *gates, "--intervals", "0.5"]) == 0
    shown = capsys.readouterr().out
    (count,) = re.findall(r"^(\d+) points on 1 clips", shown, re.MULTILINE)
    table = shown.partition("All points")[2].partition("Operating points")[0]
    assert len(re.findall(r"^│ +\d+ +│", table, re.MULTILINE)) == int(count) == 5 * len(gates) + 1
