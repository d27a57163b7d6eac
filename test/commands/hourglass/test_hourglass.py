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

"""The commands of the group hourglass, one after the other, from rendered hands to a bank and a study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.tracking.contract import DEPTH_INPUT
from hand_tracking_dsp.tracking.manifest import read_manifest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

CHANNELS = ("--channels", "8", "8", "8", "8", "8")


def run(*words: object) -> int:
    return main(["hourglass", *map(str, words)])


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    assert run("samples", "--out", folder, "--count", "12", "--split", "val") == 0
    return folder


@pytest.fixture(scope="module")
def trained(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a network of two stacks for a moment."""
    work = tmp_path_factory.mktemp("work")
    assert train(samples, work, *CHANNELS, "--stacks", "2") == 0
    return work / "checkpoint.pt"


def train(samples: Path, work: Path, *words: object) -> int:
    sets = ("--samples", samples, "--validation", samples, "--work", work)
    return run("train", *sets, "--steps", "2", "--batch", "4", "--check-every", "1", "--threads", "1", *words)


def test_a_pruned_network_is_trained_further_and_exported(
    samples: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pruned = tmp_path / "pruned.pt"
    assert run("prune", "--network", trained, "--out", pruned, "--keep", "0.5") == 0
    assert "L1 norms of the blocks" in capsys.readouterr().out
    assert train(samples, tmp_path / "again", "--start", pruned) == 0
    out = tmp_path / "bank"
    network = tmp_path / "again" / "checkpoint.pt"
    words = ("--network", network, "--samples", samples, "--out", out, "--runs", "2")
    assert run("export", *words, "--exits", "stack1_l4", "stack1_l2") == 0
    bank = read_manifest(out)
    assert bank.schema == DEPTH_INPUT
    assert [level.name for level in bank.levels] == ["stack1_l4", "stack1_l2"]
    assert bank.detectors
    assert "stack1_l2" in capsys.readouterr().out
    again = tmp_path / "int8"
    words = ("--samples", samples, "--test", samples, "--count", "8", "--runs", "2")
    assert run("quantize", "--bank", out, *words, "--out", again) == 0
    printed = capsys.readouterr().out
    for level in read_manifest(again).levels:
        (made,) = level.variants or (None,)
        assert (made is None) is (f"{level.name} stays in fp32" in printed)
        errors = {one.provider for one in level.accuracy if one.metric == "error_mm"}
        assert "onnxruntime/CPUExecutionProvider" in errors
    small = tmp_path / "small"
    assert run("quantize", "--bank", out, *words, "--int8-alone", "--out", small) == 0
    printed = capsys.readouterr().out
    for level in read_manifest(small).levels:
        stays = f"{level.name} stays in fp32" in printed
        assert (level.precision, level.variants) == ("fp32" if stays else "int8", ())
        assert (small / level.file).exists()


def test_times_are_printed_by_part_and_framework(
    samples: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--network", trained, "--samples", samples, "--runs", "2", "--exit", "stack1_l2")
    assert run("times", *words) == 0
    printed = capsys.readouterr().out
    for part in ("cutting the cube out", "mean-shift", "together", "PyTorch, fp32", "ONNX Runtime, int8"):
        assert part in printed


def test_an_unknown_exit_is_named_with_those_there_are(
    samples: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--network", trained, "--samples", samples, "--out", tmp_path / "bank")
    assert run("export", *words, "--exits", "stack3_l1") == 1
    assert "has no exit stack3_l1: choose from stack1_l1, " in capsys.readouterr().err


def test_a_study_prints_its_tables_and_draws_its_figures(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = ("--samples", samples, "--test", samples, "--work", tmp_path / "work", "--out", tmp_path / "out")
    sizes = ("--features", "8", "--stacks", "1", "2", "--steps", "2", "--batch", "4", "--runs", "2")
    assert run("study", *sets, *sizes, "--threads", "1") == 0
    printed = capsys.readouterr().out
    for table in ("table 1", "table 2", "table 3", "table 5", "table 6", "figure 3", "each joint"):
        assert table in printed
    study = json.loads((tmp_path / "out" / "study.json").read_text())
    networks = {one["name"]: one for one in study["networks"]}
    assert {"pruned", "pruned_not_retrained", "distilled", "from_scratch"} <= set(networks)
    assert len(networks["original"]["exits"]) == 8
    assert all(one["p50_ms"] > 0 for network in networks.values() for one in network["exits"].values())
    assert {"PyTorch, fp32", "ONNX Runtime, fp32", "ONNX Runtime, int8"} <= set(study["frameworks_ms"])
    assert len(study["parts_ms"]) == 5
    page = (tmp_path / "out" / "study.md").read_text()
    for figure in ("norms.png", "losses.png", "frames.png", "exits.png", "joints.png"):
        assert (tmp_path / "out" / figure).stat().st_size > 0
        assert f"]({figure})" in page
    assert "| index tip |" in page
    # What is trained already is not trained again.
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("checkpoint.pt")}
    assert run("study", *sets, *sizes, "--threads", "1") == 0
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_a_study_needs_the_network_that_is_pruned(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = ("--samples", samples, "--test", samples, "--work", tmp_path / "work", "--out", tmp_path / "out")
    assert run("study", *sets, "--stacks", "1", "3") == 1
    assert "--stacks must name 2" in capsys.readouterr().err
