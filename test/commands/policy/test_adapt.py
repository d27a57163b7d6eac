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

"""The command policy adapt, without a graph: traces are given, or another command pretends to record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import adapt
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def trained(monkeypatch) -> None:
    """Skip where PyTorch is missing, and let a training be of two missions."""
    pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; run make setup-lab")
    from hand_tracking_dsp.rl.training import study

    monkeypatch.setattr(study, "VALIDATION", (1, 2))
    monkeypatch.setattr(adapt, "_MISSIONS_A_MINUTE", 0.2)
    monkeypatch.setattr(adapt, "_HELD_OUT_A_MINUTE", 0.2)
    monkeypatch.setattr(adapt, "_SEEDS", 1)
    monkeypatch.setattr(adapt, "_WORKERS", 1)


@pytest.fixture
def without_training(monkeypatch) -> list[str]:
    """Let the steps after the trace do nothing; return the traces that the device is fitted to."""
    fitted: list[str] = []
    monkeypatch.setattr(adapt.train, "require_training", lambda: None)
    monkeypatch.setattr(adapt.fit_device, "run", lambda given: fitted.extend(map(str, given.traces)))
    monkeypatch.setattr(adapt.train, "run", lambda _: 0)
    monkeypatch.setattr(adapt, "_compare", lambda *_: None)
    return fitted


@pytest.fixture
def recorder(monkeypatch, write_swept_trace):
    """Let record-trace write a made trace; return the options that it was called with."""
    calls = []

    def record(given) -> int:
        calls.append(given)
        write_swept_trace(given.out, given.duration)
        return 0

    monkeypatch.setattr(adapt, "require_ros", lambda: None)
    monkeypatch.setattr(adapt.record_trace, "run", record)
    return calls


@pytest.mark.usefixtures("trained")
def test_a_trace_becomes_a_device_and_a_policy_with_a_comparison(tmp_path, capsys, write_swept_trace) -> None:
    trace, out = write_swept_trace(tmp_path / "desk.csv"), tmp_path / "out"
    words = ["policy", "adapt", "--out", str(out), "--traces", str(trace), "--seed", "3"]
    assert main(words) == 0
    assert {"policy.json", "policy.onnx", "device.json", "adapt.json"} <= {
        path.name for path in out.iterdir()
    }
    policy = LearnedPolicy.load(out / "policy.json", read_manifest(default_bank()))
    assert policy.contract.training["algorithm"] == "forecast"
    assert policy.contract.training["seed"] == 3
    assert policy.contract.training["device"] == DeviceModel.from_json(out / "device.json").name
    scores = json.loads((out / "adapt.json").read_text())["scores"]
    assert {name: len(found) for name, found in scores.items()} == {"adapted": 2, "index": 2}
    printed = capsys.readouterr().out
    assert f"-p controller.policy_file={out.resolve() / 'policy.json'}" in printed
    assert "from index's" in printed
    # The second time the training is there already.
    trained_at = (out / "policies" / "forecast_3.onnx").stat().st_mtime_ns
    assert main(words) == 0
    assert (out / "policies" / "forecast_3.onnx").stat().st_mtime_ns == trained_at


def test_a_trace_is_recorded_under_load_at_every_point_but_once(
    tmp_path, capsys, recorder, without_training
) -> None:
    out = tmp_path / "out"
    words = ["policy", "adapt", "--out", str(out), "--minutes", "5", "-p", "tracker.max_hands=1"]
    assert main(words) == 0
    (given,) = recorder
    assert given.run
    assert given.sweep > 0
    assert given.load.startswith("quiet:")
    assert given.duration < 0.5 * 5 * 60
    assert given.parameters == [
        "camera.scheduling=normal",
        "tracker.scheduling=normal",
        "tracker.max_hands=1",
    ]
    assert without_training == [str(out / "trace.csv")]
    assert main(words) == 0
    assert len(recorder) == 1
    assert "is complete, and not recorded again" in capsys.readouterr().out
    assert main([*words, "--source", "mesh"]) == 1
    assert "choose another --out, or delete it" in capsys.readouterr().err


@pytest.mark.usefixtures("without_training")
def test_a_recording_that_was_ended_early_is_told_and_recorded_again(
    tmp_path, capsys, recorder, monkeypatch, write_swept_trace
) -> None:
    record = adapt.record_trace.run
    monkeypatch.setattr(adapt.record_trace, "run", lambda given: write_swept_trace(given.out, 10.0))
    words = ["policy", "adapt", "--out", str(tmp_path / "out"), "--minutes", "5"]
    assert main(words) == 1
    assert "run the command again" in capsys.readouterr().err
    monkeypatch.setattr(adapt.record_trace, "run", record)
    assert main(words) == 0
    assert len(recorder) == 1


def test_traces_that_show_too_little_are_refused_with_all_that_is_missing(
    tmp_path: Path, capsys, without_training, write_swept_trace
) -> None:
    words = ["policy", "adapt", "--out", str(tmp_path / "out"), "--traces"]
    short = write_swept_trace(tmp_path / "short.csv", 20.0, skip=4)
    assert main([*words, str(short)]) == 1
    message = capsys.readouterr().err
    assert "they last 20 s of 60" in message
    assert "level 4 ran on 0 frames with a hand of 100" in message
    quiet = write_swept_trace(tmp_path / "quiet.csv", loaded=1.0)
    assert main([*words, str(quiet)]) == 1
    assert "no load slowed the frames down" in capsys.readouterr().err
    assert not without_training


@pytest.mark.usefixtures("without_training")
def test_traces_of_another_bank_are_refused(tmp_path: Path, capsys, tiny_bank, write_swept_trace) -> None:
    trace = write_swept_trace(tmp_path / "desk.csv")
    words = ["policy", "adapt", "--out", str(tmp_path / "out"), "--traces", str(trace)]
    assert main([*words, "--bank", str(tiny_bank)]) == 1
    assert "the bank tiny has 2 levels: give the bank that they were recorded with" in capsys.readouterr().err
    text = trace.read_text().splitlines()
    column = text[0].split(",").index("sparsity")
    rows = [line.split(",") for line in text]
    rows[5][column] = "0.987"
    trace.write_text("\n".join(",".join(row) for row in rows) + "\n")
    assert main(words) == 1
    assert "a sparsity of 0.987" in capsys.readouterr().err


@pytest.mark.usefixtures("without_training_packages")
def test_without_pytorch_nothing_is_recorded(tmp_path: Path, capsys, recorder) -> None:
    assert main(["policy", "adapt", "--out", str(tmp_path / "out")]) == 1
    assert "Training needs PyTorch" in capsys.readouterr().err
    assert not recorder
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--minutes", "1"], "--minutes is 1"),
        (["--seed", "-1"], "--seed is -1"),
        (["--traces", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--traces", "a.csv", "-p", "tracker.max_hands=1"], "leave it out, or --traces"),
        (["-p", "arm.x=1"], "There is no node"),
        (["--bank", "nowhere"], "nowhere/bank.json cannot be read"),
    ],
)
@pytest.mark.usefixtures("without_training")
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, capsys, more, message) -> None:
    assert main(["policy", "adapt", "--out", str(tmp_path / "out"), *more]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
