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

import numpy as np
import pytest
from support.compositions import write_bank_with_estimates
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import architecture
from hand_tracking_dsp.compression.composition import start_network
from hand_tracking_dsp.compression.composition.start_network import WHOLE, StartNetwork
from hand_tracking_dsp.resources import default_policy, original_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.surrogate import Surrogate
from hand_tracking_dsp.tracking.manifest import Manifest


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
    assert "Without the layer agent" not in shown
    searches = json.loads((out / "architecture.json").read_text())["searches"]
    counted = ("method", "steps", "fitted", "measured")
    assert [tuple(one[name] for name in counted) for one in searches] == [
        ("NSGA-II", 0, 80, 0),
        ("random search", 0, 80, 0),
        ("dynamic programming", 0, 0, 65),
        ("layer agent", 200_000, 80, 0),
    ]
    assert [one["estimates"] for one in searches[:3]] == [60, 60, 0]
    assert (out / "architecture.png").exists()


@pytest.fixture
def never_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without Optuna, which is asked for first, where nothing is searched."""
    monkeypatch.setattr(architecture, "require_optuna", lambda: None)


@pytest.mark.usefixtures("never_searched")
def test_an_agent_of_other_layers_is_left_out(
    pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What else would be searched and measured does not matter here.
    monkeypatch.setattr(architecture, "start_networks", lambda bank, *_, **__: [start_of(bank)])
    agents = []
    monkeypatch.setattr(
        architecture, "search_architectures", lambda *_, agent, **__: agents.append(agent) or []
    )
    bank = write_bank_with_estimates(tmp_path / "bank")
    words = ["models", "architecture", pack, "--bank", str(bank.folder), "--hands", "1"]
    assert main([*words, "--agent", str(default_policy())]) == 0
    assert "Without the layer agent: The policy" in capsys.readouterr().out
    assert main([*words, "--precision", "int8"]) == 0
    assert [agent is None for agent in agents] == [True, False]
    assert main([*words, "--precision", "fp32"]) == 1
    assert "has no blocks in fp32: make them" in capsys.readouterr().err


@pytest.mark.usefixtures("never_searched")
def test_an_agent_s_file_that_cannot_be_read_is_refused_before_anything_is_measured(
    pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "architecture", pack, "--agent", str(tmp_path / "none.json")]) == 1
    assert "none.json cannot be read" in capsys.readouterr().err


def start_of(bank: Manifest) -> StartNetwork:
    blocks = BlockSet.read(bank, "int8")
    measured = blocks.measured()
    surrogate = Surrogate.of(measured, len(blocks.blocks))
    return StartNetwork(blocks, WHOLE, surrogate, measured["time"].astype(np.float64), 80)


@pytest.mark.usefixtures("never_searched")
def test_a_bank_without_blocks_and_wrong_options_are_refused(pack: str, capsys) -> None:
    words = ["models", "architecture", pack, "--bank", str(original_bank())]
    assert main(words) == 1
    assert "has no blocks in fp32 or int8: make them with models blocks" in capsys.readouterr().err
    assert main([*words, "--evaluations", "5"]) == 1
    assert "--evaluations is 5: it must be at least 50" in capsys.readouterr().err
    assert main([*words, "--sizes", "1000"]) == 1
    assert "cannot be had" in capsys.readouterr().err
