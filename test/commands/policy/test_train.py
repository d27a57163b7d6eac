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

"""The command policy train, on a bank of two tiny networks."""

from __future__ import annotations

import csv
import json

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.rl.training import study
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def words(tiny_bank, tmp_path, write_device) -> list[str]:
    device = write_device(tmp_path / "device.json", 2)
    paths = ["--bank", str(tiny_bank), "--device", str(device), "--out", str(tmp_path / "out")]
    return ["policy", "train", *paths, "--missions", "1", "--seeds", "1", "--workers", "1"]


@pytest.mark.parametrize("algorithm", ["forecast", "dqn", "ppo"])
def test_a_policy_is_trained_chosen_and_written(
    words, algorithm, tiny_bank, tmp_path, capsys, monkeypatch
) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; run make setup-lab")
    monkeypatch.setattr(study, "VALIDATION", (1, 2))
    assert main([*words, "--algorithm", algorithm, "--seed", "7"]) == 0
    out, work = tmp_path / "out", tmp_path / "out.work"
    assert read_policy(out / "policy.json") == (out / "policies" / f"{algorithm}_7.onnx").read_bytes()
    training = LearnedPolicy.load(out / "policy.json", read_manifest(tiny_bank)).contract.training
    assert training["algorithm"] == algorithm
    assert training["seed"] == 7
    assert training["missions"] == 1
    assert training["device"] == "desk"
    with (work / f"{algorithm}_7" / "curve.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.reader(file))[0] == "missions"
    assert (work / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert f"{algorithm}_7 (chosen)" in capsys.readouterr().out
    json.loads((out / "policy.json").read_text(encoding="utf-8"))


def test_a_device_of_another_bank_is_refused(words, tmp_path, capsys, write_device) -> None:
    write_device(tmp_path / "device.json", 3)
    assert main(words) == 1
    message = capsys.readouterr().err
    assert "The device desk has 3 levels, the bank tiny 2: fit a device with traces of this bank" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--missions", "0"], "--missions is 0: it must be at least 1"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--workers", "0"], "--workers is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--device", "nowhere.json"], "nowhere.json cannot be read"),
        (["--bank", "nowhere"], "The level bank nowhere/bank.json cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(words, more, message, tmp_path, capsys) -> None:
    assert main([*words, *more]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("without_training_packages")
def test_without_the_laboratory_s_packages_the_sentence_says_what_to_do(words, capsys) -> None:
    assert main(words) == 1
    assert "Training needs PyTorch, gymnasium and stable-baselines3" in capsys.readouterr().err
