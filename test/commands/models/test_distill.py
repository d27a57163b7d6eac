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

"""The command distill, from pictures to a bank."""

from __future__ import annotations

import json

import cv2
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import read_files, with_files, write_bank
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hands")
    for number in range(48):
        scene = SyntheticScene(SourceOptions(seed=number, absence_s=0.0))
        cv2.imwrite(str(folder / f"{number:03d}.jpg"), scene.frame(20).image)
    return folder


@pytest.fixture
def bank(tmp_path):
    """The dense network, and lite as a level to be trained."""
    old = read_manifest(share_path("models", "mediapipe"))
    files = read_files(old)
    levels = [
        new_level(level.name, level.file, files[level.file], parameters=level.parameters, macs=level.macs)
        for level in old.levels
    ]
    folder = tmp_path / "bank"
    write_bank(folder, new_bank("test", "Apache-2.0", "test", levels, old.detectors), files)
    return folder


def distill(bank, pictures, out, *more):
    words = [
        "models",
        "distill",
        "--bank",
        bank,
        "--images",
        pictures,
        "--out",
        out,
        "--samples",
        "64",
        "--batch",
        "16",
    ]
    return main([*map(str, words), *more])


def test_trains_a_level_and_writes_a_bank_with_where_it_comes_from(bank, pictures, tmp_path, capsys):
    out = tmp_path / "out"
    assert distill(bank, pictures, out, "--steps", "2", "--rate", "1e-6", "--frozen", "block14") == 0
    printed = capsys.readouterr().out
    assert "never accuracy" in printed
    manifest = read_manifest(out)
    assert [level.index for level in manifest.levels] == [0, 1]
    curve = json.loads(next((tmp_path / "out.work").rglob("curve.json")).read_text())
    assert [entry["step"] for entry in curve] == [0, 2]
    assert (tmp_path / "out-curves.png").stat().st_size > 0
    # Made once, samples serve a second call.
    assert distill(bank, pictures, out, "--steps", "2", "--rate", "1e-6", "--frozen", "block14") == 0


def test_a_level_that_is_another_one_afterwards_does_not_say_how_far_off_it_was(bank, pictures, tmp_path):
    from hand_tracking_dsp.compression.distillation.error_head import ErrorHead, with_error_head

    old = read_manifest(bank)
    file = old.levels[1].file
    model = parse_model(read_files(old)[file], file)
    width = next(one.dims[1] for one in model.graph.initializer if one.name == "head.landmarks.weight")
    extended = {file: serialized(with_error_head(model, ErrorHead(width)))}
    write_bank(bank, with_files(old, extended), extended)
    assert distill(bank, pictures, tmp_path / "out", "--steps", "6", "--rate", "1e-5") == 0
    banks = [read_manifest(folder) for folder in (bank, tmp_path / "out")]
    before, after = (read_files(one)[one.levels[1].file] for one in banks)
    says = "error_percent" in [output.name for output in parse_model(after, file).graph.output]
    assert says == (after == before)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--levels", "5"), "cannot be trained"),
        (("--steps", "0"), "--steps is 0"),
        (("--alpha", "2"), "--alpha is 2.0"),
        (("--frozen", "block99"), "cannot be frozen"),
    ],
)
def test_refuses_options_that_cannot_work(bank, pictures, tmp_path, capsys, words, sentence):
    work = ("--work", str(tmp_path / "work"), "--synthetic", "0")
    assert distill(bank, pictures, tmp_path / "out", *work, *words) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_refuses_to_write_over_the_bank_it_reads(bank, pictures, capsys):
    assert distill(bank, pictures, bank) == 1
    assert "choose another folder" in capsys.readouterr().err
