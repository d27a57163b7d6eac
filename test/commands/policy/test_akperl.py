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

"""hand-tracking-dsp policy akperl: trains, chooses, exports; the trainings are very short here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import read_manifest

for package in ("torch", "gymnasium", "stable_baselines3"):
    pytest.importorskip(package, reason=f"{package} is not installed; run make setup-lab")


def test_agents_are_trained_judged_and_the_best_exported(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    words = ["policy", "akperl", "--out", str(out), "--seeds", "2", "--steps", "1000", "--workers", "1"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    study = json.loads((out / "study.json").read_text(encoding="utf-8"))
    assert set(study["trainings"]) == {"akperl_0", "akperl_1"}
    best = max(study["trainings"], key=lambda name: study["trainings"][name]["accuracy"])
    assert study["best"] == best
    assert f"{best} (chosen)" in shown
    bank = read_manifest(default_bank())
    profile = CompositionProfile.of(BlockSet.read(bank, "int8"), bank.levels[0])
    agent = LayerAgent.load(out / "akperl.json", bank, profile)
    assert agent.contract.training["seed"] == int(best[-1])
    assert (tmp_path / "out.work" / "curves.png").exists()
    agents = {name: read_policy(out / "agents" / f"akperl_{name}.json") for name in (0, 1)}
    assert main([*words, "--ablations"]) == 0
    shown = capsys.readouterr().out
    assert "akperl_0, akperl_1 of" in shown, "trained alike before"
    assert "no agent: a grid" in " ".join(shown.split())
    words[words.index("--steps") + 1] = "2000"
    assert main([*words[:-2], "--seeds", "1"]) == 0
    assert "kept" not in capsys.readouterr().out
    assert read_policy(out / "agents" / "akperl_0.json") != agents[0], "another training is another agent"
    assert read_policy(out / "agents" / "akperl_1.json") == agents[1]


def test_a_work_folder_that_cannot_be_made_is_refused_before_the_training(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("a file")
    words = ["policy", "akperl", "--out", str(tmp_path / "out"), "--work", str(tmp_path / "file")]
    assert main(words) == 1
    assert "--work" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_bank_without_blocks_is_refused(tmp_path: Path, capsys) -> None:
    words = ["policy", "akperl", "--out", str(tmp_path / "out"), "--bank", str(original_bank())]
    assert main(words) == 1
    assert "has no blocks in int8" in capsys.readouterr().err
    assert main(["policy", "akperl", "--out", str(tmp_path / "out"), "--seeds", "0"]) == 1
    assert "--seeds" in capsys.readouterr().err
