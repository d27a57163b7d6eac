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
import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.posed import pose_picture
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_file import read_network


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


def test_the_composed_network_becomes_a_level_of_a_bank(labelled: list[str], tmp_path: Path) -> None:
    assert main([*labelled, "--out", str(tmp_path / "f.json"), "--bank-out", str(tmp_path / "bank")]) == 0
    choice = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["choice"]
    bank = read_manifest(tmp_path / "bank")
    level = bank.levels[-1]
    assert level.source["choice"] == [INTENSITIES[place] for place in choice]
    assert level.sparsity >= 0.45
    assert level.macs <= 0.67 * bank.levels[0].macs
    blocks = BlockSet.read(read_manifest(default_bank()), "fp32")
    picture = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    written, composed = (
        open_exact(file).run(picture) for file in (read_network(bank, level), compose(blocks, choice))
    )
    assert all(np.array_equal(one, other) for one, other in zip(written, composed, strict=True))

    again = [*labelled, "--bank", str(tmp_path / "bank"), "--bank-out", str(tmp_path / "other")]
    assert main(again) == 0
    assert len({one.name for one in read_manifest(tmp_path / "other").levels}) == len(bank.levels) + 1


def test_the_bank_that_is_read_is_not_written_over(
    labelled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*labelled, "--bank-out", str(default_bank())]) == 1
    said = capsys.readouterr().err
    assert "--bank-out" in said
    assert "replaced" not in said


def test_a_folder_of_pictures_that_is_none_is_named(
    labelled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    labelled[labelled.index("--images") + 1] = "nowhere"
    assert main(labelled) == 1
    assert "--images nowhere is no folder" in capsys.readouterr().err
