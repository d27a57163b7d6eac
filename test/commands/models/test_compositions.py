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

"""hand-tracking-dsp models compositions, with the measuring itself replaced: it has tests of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.crops import smooth_crops
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import compositions
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.composition.bank_blocks import with_blocks
from hand_tracking_dsp.compression.composition.best import BestComposition
from hand_tracking_dsp.compression.composition.measured import CHECKED, MeasuredCompositions
from hand_tracking_dsp.compression.composition.meter import random_choices
from hand_tracking_dsp.compression.composition.surrogate_fit import fit_surrogate
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("banks") / "blocks"
    bare = replace(read_manifest(default_bank()), blocks=())
    new, files = with_blocks(bare, ("int8",), smooth_crops(16, 0))
    return write_bank(folder, new, files)


@pytest.fixture
def pack(tmp_path: Path) -> str:
    write_some_pack(tmp_path / "pack.npz")
    return str(tmp_path / "pack.npz")


def test_the_bank_keeps_the_estimate_and_its_quality_is_printed(
    bank: Manifest, pack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    choices = random_choices(60, 16, 0)
    deviations = 1.0 + np.array(choices).sum(axis=1)[:, None] * np.ones(len(SCENES))
    checked = np.linspace(1.0, 2.0, CHECKED)[:, None] * np.ones(len(SCENES))

    def measure(_: Manifest, precision: str, *__: object, **___: object) -> MeasuredCompositions:
        assert precision == "int8"
        time = np.zeros((16, len(INTENSITIES)))
        best = [BestComposition("random search", 0.8, (1,) * 16, 0.78, 5.25)]
        levels = np.ones((5, len(SCENES)))
        surrogate = fit_surrogate(choices, deviations)
        return MeasuredCompositions(surrogate, checked, 1.1 * checked, time, levels, best)

    monkeypatch.setattr(compositions, "measure_compositions", measure)
    out = tmp_path / "out"
    words = ["models", "compositions", pack, "--bank", str(bank.folder), "--out", str(out)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "10.0%" in shown
    assert "occluded" in shown
    assert "5.25 (0.780)" in shown
    assert BlockSet.read(read_manifest(out), "int8").measured()


def test_a_bank_without_blocks_is_refused(pack: str, tmp_path: Path, capsys) -> None:
    out = str(tmp_path / "out")
    assert main(["models", "compositions", pack, "--bank", str(original_bank()), "--out", out]) == 1
    assert "has no blocks: make them with models blocks" in capsys.readouterr().err


def test_a_pack_without_hands_to_measure_on_is_refused(bank: Manifest, tmp_path: Path, capsys) -> None:
    write_some_pack(tmp_path / "pack.npz", without="CROP")
    words = ["models", "compositions", str(tmp_path / "pack.npz"), "--bank", str(bank.folder)]
    assert main([*words, "--out", str(tmp_path / "out")]) == 1
    assert "needs hands to measure on" in capsys.readouterr().err
    assert main([*words, "--count", "300", "--out", str(tmp_path / "out")]) == 1
    assert "--count" in capsys.readouterr().err
    assert main([*words, "--seed", "-1", "--out", str(tmp_path / "out")]) == 1
    assert "--seed" in capsys.readouterr().err
