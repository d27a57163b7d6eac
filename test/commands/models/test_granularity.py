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

"""hand-tracking-dsp models granularity, on a network of few channels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.crops import smooth_crops
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import granularity
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import read_level, write_bank
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.granularity import plans, study
from hand_tracking_dsp.compression.granularity.runtimes import RUNTIMES, TimeRatios
from hand_tracking_dsp.compression.pruning.criteria import l1_norm
from hand_tracking_dsp.compression.pruning.prune import cut
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    _, dense = read_level(read_manifest(default_bank()))
    keep = {block.name: 24 / block.channels for block in read_blocks(dense)}
    narrow = cut(dense, keep, l1_norm(dense, smooth_crops(1, 0)))
    data = serialized(narrow)
    level = new_level("dense", "dense.onnx", data, **sizes(narrow))
    folder = tmp_path_factory.mktemp("bank")
    return write_bank(folder, new_bank("narrow", "none", "a test", [level]), {"dense.onnx": data})


@pytest.fixture
def words(bank: Manifest, tmp_path: Path) -> list[str]:
    write_some_pack(tmp_path / "pack.npz")
    return ["models", "granularity", str(tmp_path / "pack.npz"), "--bank", str(bank.folder)]


def test_agents_choose_and_what_saves_time_becomes_a_level(
    words: list[str], tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not installed: make setup-lab")
    sizes_of = lambda network: sum(block.channels for block in read_blocks(network))  # noqa: E731
    timed = lambda _, dense, all_, __: TimeRatios(  # noqa: E731
        0.01, (tuple(sizes_of(one) / sizes_of(dense) for one in all_),)
    )
    for module in (study, plans):
        monkeypatch.setattr(module, "time_ratios", timed)
    monkeypatch.setattr(study, "peak_memory_mib", lambda named: dict.fromkeys(named, 5.0))
    out, report = tmp_path / "out", tmp_path / "report"
    more = ["--count", "32", "--hands", "2", "--episodes", "300", "--limit", "0.8", "0.1"]
    more += ["--runtime", "onnxruntime-int8", "onnxruntime-fp32", "--out", str(out), "--report", str(report)]
    assert main([*words, *more]) == 0
    shown = capsys.readouterr().out
    assert "0.10 (not reached)" in shown
    assert "never accuracy" in shown
    figures = json.loads((report / "granularity.json").read_text())
    assert list(figures["tables"]["noise"]) == ["onnxruntime-int8", "onnxruntime-fp32"]
    costs = ["onnxruntime-int8", "onnxruntime-fp32", "zipped file"]
    assert [goal["cost"] for goal in figures["goals"]] == [cost for cost in costs for _ in range(2)]
    assert (report / "granularity.png").exists()
    assert [level.name for level in read_manifest(out).levels] == ["dense", "dense_granular80"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--sparsity", "1"], "--sparsity is 1: choose 0.1 to 0.9"),
        (["--limit", "1.5"], "each must be above 0 and below 1"),
        (["--episodes", "0"], "--episodes is 0: it must be at least 1"),
    ],
)
def test_wrong_options_are_refused_before_the_work(
    words: list[str], more: list[str], said: str, capsys
) -> None:
    assert main([*words, *more]) == 1
    assert said in capsys.readouterr().err


def test_a_runtime_that_is_not_there_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not installed: make setup-lab")
    monkeypatch.setattr(granularity, "installed_runtimes", lambda: [RUNTIMES[0]])
    assert main([*words, "--runtime", "openvino-fp32"]) == 1
    assert "--runtime openvino-fp32 is not installed" in capsys.readouterr().err


def test_without_gymnasium_it_is_said_how_to_get_it(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(granularity, "find_spec", lambda _: None)
    assert main(words) == 1
    assert "needs gymnasium: pip install" in capsys.readouterr().err
