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

"""Levels made of one bank for another."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import onnx
import pytest

from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning import levels
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.compression.pruning.level_spec import LevelSpec
from hand_tracking_dsp.compression.pruning.levels import LevelMaker
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


@pytest.fixture
def bank(tmp_path: Path, network: onnx.ModelProto) -> Manifest:
    data = network.SerializeToString()
    level = new_level(
        "small", "small.onnx", data, parameters=count_parameters(network), macs=count_macs(network)
    )
    return write_bank(tmp_path / "in", new_bank("in", "MIT", "a test", [level]), {"small.onnx": data})


def test_a_level_for_each_specification(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    out = tmp_path / "out"
    specs = [LevelSpec(keep=0.75), LevelSpec(keep=0.5)]
    made = list(LevelMaker(bank, crops).make(specs, out))
    written = read_manifest(out)
    assert [level.name for level in written.levels] == ["small", "small_keep75", "small_keep50"]
    assert [level.keep["block02"] for level in written.levels[1:]] == [0.75, 0.5]
    assert 0 < written.levels[1].sparsity < written.levels[2].sparsity
    every, *each = (one.data for one in written.levels[1].accuracy)
    assert re.fullmatch(r"a, b \(\d+ held back, seed 0\)", every)
    assert [data[:2] for data in each] == ["a ", "b "]
    assert made[0].before[every] == 0
    assert all(level.after[every] > 0 for level in made)


def test_a_latency_is_a_specification_too(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    maker = LevelMaker(bank, crops)
    blocks = {name: {0: 0.0, 8: 1.0, 32: 4.0} for name in ("stem", "block01", "block02", "block03")}
    table = LatencyTable(reference_ms=20.0, whole_ms=18.0, blocks=blocks)
    with patch.object(levels, "measure_latency", return_value=table):
        (level,) = maker.make([LevelSpec(latency=0.6, max_parameters=0.8)], tmp_path / "out")
    assert level.latency is not None
    assert level.latency <= 0.6
    assert level.info.parameters <= 0.8 * bank.levels[0].parameters


def test_levels_that_are_there_are_not_made_again(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = list(LevelMaker(bank, crops).make([LevelSpec(keep=0.75)], out))
    with patch.object(levels, "prune", wraps=levels.prune) as prune:
        again = list(LevelMaker(bank, crops).make([LevelSpec(keep=0.75), LevelSpec(keep=0.5)], out))
        assert prune.call_count == 1
    assert [level.found for level in (*first, *again)] == [False, True, False]
    assert again[0].info.sha256 == first[0].info.sha256


def test_other_settings_make_other_levels(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    list(LevelMaker(bank, crops).make([LevelSpec(keep=0.75)], tmp_path / "out"))
    (again,) = LevelMaker(bank, crops, seed=1).make([LevelSpec(keep=0.75)], tmp_path / "out")
    assert not again.found


def test_the_same_seed_makes_the_same_bytes(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    one, two = (next(LevelMaker(bank, crops).make([LevelSpec(keep=0.5)], tmp_path / name)) for name in "ab")
    assert one.info.sha256 == two.info.sha256


def test_refuses_a_level_that_is_not_there(bank: Manifest, crops: Crops) -> None:
    with pytest.raises(ModelError, match="no level 'huge' to start from: choose one of small"):
        LevelMaker(bank, crops, start="huge")


def test_refuses_a_level_of_another_input_than_the_dense_one(bank: Manifest, crops: Crops) -> None:
    dense = bank.levels[0]
    other = replace(bank, levels=(dense, replace(dense, index=1, name="tiny", input_size=192)))
    with pytest.raises(ConfigurationError, match="Level tiny sees 192 pixels, and the dense one 224: start"):
        LevelMaker(other, crops, start="tiny")


def test_refuses_a_file_that_is_no_network(bank: Manifest, crops: Crops, network: onnx.ModelProto) -> None:
    data = b"no network"
    level = new_level("bad", "bad.onnx", data, parameters=count_parameters(network), macs=1)
    bad = write_bank(bank.folder, replace(bank, levels=(level,)), {"bad.onnx": data})
    with pytest.raises(ModelError, match=r"bad\.onnx is not an ONNX file"):
        LevelMaker(bad, crops)


def test_an_impossible_latency_leaves_the_old_bank(bank: Manifest, crops: Crops, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(LevelMaker(bank, crops).make([LevelSpec(keep=0.75)], out))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        list(LevelMaker(bank, crops).make([LevelSpec(latency=1e-4)], out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize(
    "wrong", [{}, {"latency": 0.5, "keep": 0.5}, {"latency": 0.0}, {"keep": 1.5}, {"latency": float("nan")}]
)
def test_refuses_impossible_specs(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        LevelSpec(**wrong)
