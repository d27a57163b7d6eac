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

"""hand-tracking-dsp models architecture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.compositions import write_bank_with_estimates
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.composition import start_network
from hand_tracking_dsp.resources import original_bank


@pytest.fixture
def pack(tmp_path: Path) -> str:
    write_some_pack(tmp_path / "pack.npz")
    return str(tmp_path / "pack.npz")


def test_fronts_are_printed_with_their_evaluations_and_drawn(
    pack: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna", reason="optuna is not installed: make setup-lab")
    # These pictures show no hand.
    monkeypatch.setattr(start_network, "PRESENCE_THRESHOLD", 0.0)
    bank = write_bank_with_estimates(tmp_path / "bank")
    words = ["models", "architecture", pack, "--bank", str(bank.folder), "--sizes", "224", "--hands", "1"]
    out = tmp_path / "out"
    assert main([*words, "--evaluations", "60", "--runs", "1", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "measured to decide" in shown
    assert "never accuracy" in shown
    searches = json.loads((out / "architecture.json").read_text())["searches"]
    assert [(one["method"], one["estimates"], one["measured"]) for one in searches] == [
        ("NSGA-II", 60, 0),
        ("random search", 60, 0),
        ("dynamic programming", 0, 65),
    ]
    assert (out / "architecture.png").exists()


def test_a_bank_without_blocks_and_wrong_options_are_refused(pack: str, capsys) -> None:
    words = ["models", "architecture", pack, "--bank", str(original_bank())]
    assert main(words) == 1
    assert "has no blocks: make them with models blocks" in capsys.readouterr().err
    assert main([*words, "--evaluations", "5"]) == 1
    assert "--evaluations is 5: it must be at least 50" in capsys.readouterr().err
    assert main([*words, "--sizes", "1000"]) == 1
    assert "cannot be had" in capsys.readouterr().err
