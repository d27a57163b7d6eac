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

"""The command train-palm, from folders of pictures to a detector that prune-palm puts into a bank."""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

from hand_tracking_dsp.compression.distillation import palm_run
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.compression.palm.blocks import without_blocks
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize
from hand_tracking_dsp.compression.palm.trained import read_trained


@pytest.fixture
def quick(monkeypatch):
    """Solve nothing by least squares and measure on few frames: other tests do."""
    monkeypatch.setattr(palm_run, "_CALIBRATED", 32)
    monkeypatch.setattr(palm_run, "_MEASURED", 4)
    monkeypatch.setattr(palm_run, "_COMPARED", 8)
    monkeypatch.setattr(
        palm_run,
        "prune_palm",
        lambda model, *_, without, **__: without_blocks(project_before_resize(model), without),
    )


@pytest.fixture
def words(tmp_path):
    random = np.random.default_rng(0)
    for name in ("hands", "faces"):
        (tmp_path / name).mkdir()
        for i in range(60):
            coarse = random.integers(0, 256, (7, 9, 3), np.uint8)
            image = cv2.resize(coarse, (90, 70), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(tmp_path / name / f"{i:02}.png"), image)
    folders = ["--images", str(tmp_path / "hands"), "--empty", str(tmp_path / "faces")]
    fixed = ["--batch", "4", "--device", "cpu", "--threads", "1", "--checks", "1", "--pictures", "32"]
    return ["models", "train-palm", *folders, "--work", str(tmp_path / "work"), *fixed]


@pytest.mark.usefixtures("quick")
def test_it_leaves_a_detector_and_goes_on_where_it_was_stopped(words, tmp_path, capsys, monkeypatch):
    for module in ("rich", "matplotlib", "argcomplete", "rclpy"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main([*words, "--steps", "2"]) == 0
    shown = capsys.readouterr().out
    assert "pruning full by least squares" in shown
    assert "% false" in shown
    detector = read_trained(tmp_path / "work")
    assert detector.source["without"] == ["block01", "block03"]
    assert detector.source["steps"] == 2
    assert not any(name.startswith("block01.") for name in read_weights(detector.model))
    record = json.loads((tmp_path / "work" / "palm_training.json").read_text())
    assert record["finished"]
    assert {"held out, 192", "held out, 128", "covered and changed"} <= record["curve"][-1].keys()
    assert record["pictures"] == ["faces", "hands"]

    assert main([*words, "--steps", "3"]) == 0
    shown = capsys.readouterr().out
    assert "pruning" not in shown
    assert "training from batch 2" in shown


@pytest.mark.usefixtures("quick")
def test_it_begins_with_the_detector_of_an_earlier_training(words, tmp_path, capsys):
    assert main([*words, "--steps", "1"]) == 0
    first = read_trained(tmp_path / "work")
    capsys.readouterr()
    more = ["--work", str(tmp_path / "second"), "--start", str(tmp_path / "work"), "--steps", "2"]
    assert main([*words, *more]) == 0
    assert "pruning" not in capsys.readouterr().out
    second = read_trained(tmp_path / "second")
    assert second.source["began_with"] == first.source
    assert second.source["steps"] == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "The training has no end"),
        (["--steps", "0"], "--steps is 0"),
        (["--steps", "1", "--batch", "1"], "--batch is 1"),
        (["--steps", "1", "--without", "block77"], "no residual block block77"),
        (["--steps", "1", "--empty", "nowhere"], "nowhere"),
        (["--steps", "1", "--start", "nowhere"], "nowhere holds no trained palm detector"),
    ],
)
def test_options_that_cannot_work_are_refused(words, capsys, more, sentence):
    assert main([*words, *more]) == 1
    assert sentence in capsys.readouterr().err
