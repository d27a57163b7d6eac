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

"""The command depth-bank, from rendered hands to a bank."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")


def depth_bank(out, *more):
    words = ["--out", str(out), "--samples", "64", "--batch", "16", "--steps", "2", "--rate", "1e-5"]
    words += ["--detector-steps", "0"]
    return main(["models", "depth-bank", "--bank", str(original_bank()), *words, "--workers", "1", *more])


def test_a_bank_is_trained_measured_and_can_be_tracked_with(tmp_path, capsys):
    out = tmp_path / "out"
    assert depth_bank(out, "--levels", "1", "--frozen", "block14", "--count", "8") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "lite int8" in printed
    assert "Every step checked" in printed
    bank = read_manifest(out)
    assert (bank.name, [level.precision for level in bank.levels]) == ("depth", ["int8"])
    assert [detector.name for detector in bank.detectors] == ["full", "lite"]
    assert LevelBank.load(bank).levels[0].name == "lite"


def test_a_detector_of_its_own_takes_the_place_of_the_old_ones(tmp_path, capsys):
    out = tmp_path / "out"
    detector = ["--detector-steps", "1", "--detector-samples", "64"]
    assert depth_bank(out, "--levels", "1", "--frozen", "block14", "--count", "8", *detector) == 0
    assert "The palm detector was wrong in" in " ".join(capsys.readouterr().out.split())
    bank = read_manifest(out)
    assert [(one.name, one.precision) for one in bank.detectors] == [("full", "int8")]
    assert bank.near_detector is None
    assert PalmDetector.load(bank).near is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--levels", "7"], "in fp32 the bank has 0, 1"),
        (["--samples", "3"], "--samples is 3"),
        (["--count", "0"], "--count is 0"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_written(tmp_path, capsys, words, message):
    out = tmp_path / "out"
    assert depth_bank(out, *words) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_the_bank_that_is_read_is_not_written(capsys):
    words = ["models", "depth-bank", "--bank", str(default_bank()), "--out", str(default_bank())]
    assert main(words) == 1
    assert "is the bank that is read" in " ".join(capsys.readouterr().err.split())
