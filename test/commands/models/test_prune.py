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

"""The sub-commands prune and relevance."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import relevance
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.criteria import l1_norm
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder whose pictures count as hands: looking for hands has tests of its own."""

    def collect(_: object, count: int, *__: object, **___: object) -> Crops:
        coarse = np.random.default_rng(0).integers(0, 256, (count, 28, 28, 3), np.uint8)
        images = coarse.repeat(8, axis=1).repeat(8, axis=2)
        return Crops(images, ("a",) * count, tuple(f"a/{i % 8}" for i in range(count)))

    # One strength of the ridge does for a test.
    monkeypatch.setattr("hand_tracking_dsp.compression.pruning.reconstruction.RIDGES", (1e-1,))
    monkeypatch.setattr("hand_tracking_dsp.compression.data.crops.collect_crops", collect)
    return str(tmp_path)


def test_prune_writes_a_bank(hands: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ["models", "prune", "--start", "lite", "--images", hands, "--uniform", "0.5", "--count", "32"]
    assert main([*words, "--out", str(out)]) == 0
    levels = read_manifest(out).levels
    assert [level.name for level in levels] == ["full", "lite_keep50"]
    assert levels[1].parameters < 0.31 * levels[0].parameters
    assert "lite_keep50" in capsys.readouterr().out
    assert main([*words, "--out", str(out)]) == 0
    assert "(kept)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x"], "no level to make"),
        (["--out", "x", "--target", "0.5", "--count", "5"], "--count is 5"),
        (["--out", "x", "--target", "1.5"], "--target is 1.5: choose more than 0, at most 1"),
        (["--out", "x", "--uniform", "0"], "--uniform is 0: choose more than 0, at most 1"),
        (["--out", "x", "--target", "0.5", "--max-parameters", "nan"], "--max-parameters is nan: choose"),
        (["--out", str(original_bank()), "--target", "0.5"], "is the bank that is read"),
        (["--out", "x", "--uniform", "0.5", "--start", "huge"], "no level 'huge'"),
    ],
)
def test_prune_says_what_is_wrong(
    hands: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "prune", "--images", hands, *words]) == 1
    assert message in " ".join(capsys.readouterr().err.split())


def test_prune_refuses_pictures_without_hands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 128, np.uint8))
    words = ["models", "prune", "--images", str(tmp_path), "--uniform", "0.5", "--out", str(tmp_path / "out")]
    assert main(words) == 1
    assert "Only 0 usable hands" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_relevance_compares_criteria(
    hands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(relevance, "_criteria", lambda _: {"l1": l1_norm})
    words = ["models", "relevance", "--level", "lite", "--images", hands, "--count", "32", "--keep", "0.5"]
    assert main([*words, "--out", str(tmp_path / "report")]) == 0
    figures = json.loads((tmp_path / "report" / "relevance.json").read_text())
    assert figures["spearman"]["overall"] == {"l1, l1": pytest.approx(1)}
    assert {effect["criterion"] for effect in figures["effects"]} == {"l1", "closed-form, block by block"}
    assert "Rank correlation" in capsys.readouterr().out


def test_relevance_refuses_impossible_shares(hands: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "relevance", "--images", hands, "--keep", "0", "0.5"]) == 1
    assert "--keep is" in capsys.readouterr().err
