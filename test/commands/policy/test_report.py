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

"""The command policy report, on a policy that nobody trained."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import report
from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
from hand_tracking_dsp.rl.benchmark import adversarial_table, by_speed
from hand_tracking_dsp.rl.benchmark import rule_search as tuning
from hand_tracking_dsp.rl.benchmark.adversarial import adversarial_missions
from hand_tracking_dsp.rl.training.encoding import encoded_size
from hand_tracking_dsp.rl.training.export import Mlp, policy_network
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def words(tiny_bank, tmp_path, monkeypatch, write_device) -> list[str]:
    """Give a call that is quick: two episodes, one setting of each rule, one burst of load."""
    from hand_tracking_dsp.rl.benchmark import results

    for name, value in (("TUNING", (1, 2)), ("FIRST", 1), ("SETTINGS", 1), ("FINALISTS", 1)):
        monkeypatch.setattr(tuning, name, value)
    monkeypatch.setattr(by_speed, "SHARES", (0.2, 1.4))
    short = partial(adversarial_missions, 20.0, 60.0)
    monkeypatch.setattr(adversarial_table, "adversarial_missions", short)
    monkeypatch.setattr(report, "_BURSTS", 1)
    monkeypatch.setattr(results, "TUNING", (1, 2))
    write_device(tmp_path / "device.json", 2)
    random = np.random.default_rng(0)
    weight = random.normal(size=(len(Action), encoded_size(2))).astype(np.float32)
    mlp = Mlp(((weight, np.zeros(len(Action), np.float32)),))
    training = {"algorithm": "ppo", "missions": 0, "alpha": 0.4}
    network = policy_network(mlp, PolicyContract.of(read_manifest(tiny_bank), "ppo", 0.5, training))
    (tmp_path / "policy.onnx").write_bytes(network)
    (tmp_path / "policy.json").write_text(manifest_text("policy.onnx", network))
    paths = {"bank": tiny_bank, "device": "device.json", "policy": "policy.json", "out": "out"}
    options = [word for name, path in paths.items() for word in (f"--{name}", str(tmp_path / path))]
    return ["policy", "report", *options, "--missions", "2", "--workers", "1"]


def test_a_report_is_written_and_printed(words, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert main(words) == 0
    out = tmp_path / "out"
    assert {file.name for file in out.iterdir()} == {
        "report.html",
        "report.json",
        "pareto.png",
        "gains.png",
        "mission.png",
    }
    found = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert found["weights"]["alpha"] == pytest.approx(1 / 11)
    assert found["live"] is None
    bursts = found["after_a_burst_of_load"]
    assert [one["policy"] for one in bursts] == ["learned (shipped)", "threshold, tuned"]
    assert all(len(one["after"]) == 3 for one in bursts)
    assert found["machine"]["cores"] > 0
    assert found["decision_ms"]["p50"] > 0
    printed = capsys.readouterr().out
    assert "learned (shipped)" in printed
    assert "return at least 95 %" in printed
    assert "A decision takes" in printed
    assert "900 s after" in printed
    for text in ("Over 1 training seed:", "By the speed of the device, 2 missions", "Hypervolume: share of"):
        assert text in printed
    assert found["by_speed_of_the_device"]["verdict"] in printed.replace("\n", " ")


def test_a_device_of_another_bank_is_refused(words, tmp_path, capsys, write_device) -> None:
    write_device(tmp_path / "device.json", 3)
    assert main(words) == 1
    assert "The device desk has 3 levels, the bank tiny 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_policy_of_another_bank_is_refused(words, capsys) -> None:
    without_bank = [word for word in words if word not in ("--bank", words[words.index("--bank") + 1])]
    assert main(without_bank) == 1
    assert "does not fit: it knows 2 operating points, the bank" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--missions", "1"], "--missions is 1: it must be at least 2"),
        (["--workers", "-1"], "--workers is -1"),
        (["--policy", "nowhere.json"], "The policy nowhere.json cannot be read"),
        (["--device", "nowhere.json"], "The device model nowhere.json cannot be read"),
        (["--live", "nowhere"], "nowhere/live.json cannot be used"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(words, more, message, tmp_path, capsys) -> None:
    assert main([*words, *more]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_live_folder_without_its_picture_is_refused(words, tmp_path, capsys) -> None:
    table = {"headings": ["policy"], "rows": [["learned"]], "note": "a note"}
    (tmp_path / "live.json").write_text(json.dumps({"table": table}))
    assert main([*words, "--live", str(tmp_path)]) == 1
    assert "live.png is missing: make it with 'policy live --out" in capsys.readouterr().err
