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

"""Gestures read with composed networks, on drawn hands."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cameras.synthetic.posed import pose_picture
from hand_tracking_dsp.cli import main


@pytest.fixture
def labelled(tmp_path: Path) -> list[str]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for pose in ("victory", "point"):
        assert cv2.imwrite(str(folder / f"{pose}.png"), pose_picture(pose, 5.0))
    table = tmp_path / "labels.csv"
    table.write_text("file,open_fingers,gesture\nvictory.png,2,victory\npoint.png,1,point\n")
    return ["policy", "akperl-read", "--images", str(folder), "--labels", str(table), "--runs", "1"]


def test_every_network_reads_the_hands_and_the_composed_one_is_sparse(
    labelled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    assert main([*labelled, "--out", str(out)]) == 0
    assert "| AKPERL |" in capsys.readouterr().out
    rows = {one["method"]: one for one in json.loads(out.read_text(encoding="utf-8"))["rows"]}
    assert list(rows)[:4] == ["none", "l1", "magnitude", "AKPERL"]
    assert rows["none"]["right"] == 1.0
    assert rows["AKPERL"]["sparsity"] >= 0.45
    assert rows["AKPERL"]["macs"] <= 0.67
    assert rows["l1"]["macs"] == rows["AKPERL"]["macs"]
    assert all(0.0 <= one["right"] <= 1.0 and one["hands"] == 2 for one in rows.values())


def test_a_sparsity_that_no_network_has_is_refused(
    labelled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*labelled, "--sparsity", "0.99"]) == 1
    assert "composes no network of 99% sparsity" in capsys.readouterr().err
