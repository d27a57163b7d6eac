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

"""From bank to bank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hand_tracking_dsp.compression.adapt.bank import (
    DATA,
    adapt_levels,
    check_levels,
    new_files,
    record,
    time_files,
)
from hand_tracking_dsp.compression.adapt.level import KEPT, NEW, LevelAdapter
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.errors import BackendError, ModelError
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.contract import DEPTH_INPUT
from hand_tracking_dsp.tracking.depth_info import DepthInfo
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import files_of
from hand_tracking_dsp.tracking.operating_point import PointInfo

ABOUT = {"bank": "small", "pictures": "camera", "crops": 120, "held_back": 30, "seed": 0}


@pytest.fixture
def adapted(small_bank: Path, adapter):
    """What became of the small bank: (old bank, its files, what was found)."""
    bank = read_manifest(small_bank)
    files = read_files(bank)
    return bank, files, adapt_levels(bank, files, adapter)


def test_every_file_is_looked_at_and_the_dense_network_stays(adapted) -> None:
    found = {one.file: one.result for one in adapted[2]}
    assert list(found) == ["dense.onnx", "dense_int8.onnx", "pruned.onnx", "pruned_int8.onnx"]
    assert (found["dense.onnx"].way, found["dense.onnx"].after.deviation) == (KEPT, 0.0)
    assert set(new_files(adapted[2])) == {"dense_int8.onnx", "pruned.onnx", "pruned_int8.onnx"}


def test_the_new_bank_says_what_was_measured_and_where_it_came_from(adapted, tmp_path: Path) -> None:
    bank, files, found = adapted
    networks = {**files, **new_files(found)}
    provider, times = time_files({one.file: networks[one.file] for one in found}, 2)
    new = record(bank, found, provider, times, ABOUT)
    write_bank(tmp_path / "new", new, networks)
    dense, pruned = read_manifest(tmp_path / "new").levels
    after = {one.file: one.result.after.deviation for one in found}
    for info in (*files_of(dense), *files_of(pruned)):
        (measured,) = info.accuracy
        assert measured.to_json() == {
            "metric": "deviation_palm_percent",
            "data": DATA,
            "value": pytest.approx(after[info.file], abs=1e-4),
            "samples": 30,
            "provider": "onnxruntime/CPUExecutionProvider",
        }
        assert info.latency[0].threads == 1
    assert pruned.source == {
        "file": "pruned.onnx",
        "sha256": bank.levels[1].sha256,
        "way": "blocks and heads refitted",
        **ABOUT,
    }
    assert pruned.sparsity == bank.levels[1].sparsity
    assert "adapted to 120 hands of camera" in read_manifest(tmp_path / "new").source
    LevelBank.load(tmp_path / "new")


def test_operating_points_of_the_old_levels_do_not_hold_for_the_new_ones(adapted) -> None:
    bank, files, found = adapted
    point = PointInfo(level=0, gate=0.0, search_interval_s=0.0, cost=1.0)
    networks = {**files, **new_files(found)}
    # Without new files, of which the levels would be others in any case.
    changed = [one for one in found if one.file in files]
    provider, times = time_files({one.file: networks[one.file] for one in changed}, 1)
    measured = replace(bank, operating_points=(point,))
    assert not record(measured, changed, provider, times, ABOUT).operating_points
    kept = [replace(one, result=replace(one.result, model=None)) for one in changed]
    assert record(measured, kept, provider, times, ABOUT).operating_points == (point,)


def test_levels_just_made_are_measured_only(small_bank: Path, adapter) -> None:
    bank = read_manifest(small_bank)
    files = read_files(bank)
    done: list[str] = []
    found = {one.file: one.result for one in adapt_levels(bank, files, adapter, ["pruned"], done.append)}
    assert (found["pruned.onnx"].way, found["pruned.onnx"].before) == (NEW, None)
    assert sorted(done) == sorted(found)


def bank_of(folder: Path, **networks: bytes) -> Manifest:
    files = {f"{name}.onnx": data for name, data in networks.items()}
    levels = [new_level(name, f"{name}.onnx", data, parameters=9, macs=9) for name, data in networks.items()]
    return write_bank(folder, new_bank("b", "none", "a test", levels), files)


def test_a_corrupt_network_is_named(dense, tmp_path: Path) -> None:
    bank = bank_of(tmp_path / "b", dense=dense.SerializeToString(), bad=b"no network")
    with pytest.raises(ModelError, match=r"bad.onnx is not an ONNX file .*: restore it"):
        check_levels(bank, read_files(bank))


def test_a_foreign_network_is_named(dense, tmp_path: Path) -> None:
    palm = Path(__file__).parents[3] / "models" / "mediapipe" / "palm_lite.onnx"
    bank = bank_of(tmp_path / "b", dense=dense.SerializeToString(), palm=palm.read_bytes())
    with pytest.raises(ModelError, match=r"The network palm.onnx takes"):
        check_levels(bank, read_files(bank))


def test_a_bank_without_a_dense_float_network_cannot_teach(small_bank: Path) -> None:
    bank = read_manifest(small_bank)
    files = read_files(bank)
    levels = (replace(bank.levels[0], precision="int8", variants=()), bank.levels[1])
    with pytest.raises(ModelError, match="no dense level in fp32"):
        check_levels(replace(bank, levels=levels), files)


def test_levels_of_the_packages_bank_are_taken_whatever_they_see() -> None:
    bank = read_manifest(Path(__file__).parents[3] / "models" / "dsp")
    files = read_files(bank)
    assert check_levels(bank, files).SerializeToString() == files["full.onnx"]


@pytest.mark.parametrize("problem", ["precision", "depth", "failure"])
def test_a_level_that_cannot_be_adapted_is_passed_over_with_its_reason(
    small_bank: Path, adapter, monkeypatch, problem: str
) -> None:
    bank = read_manifest(small_bank)
    dense, pruned = bank.levels
    reason = "no such arithmetic is here"
    if problem == "precision":
        pruned, reason = replace(pruned, precision="bf16", variants=()), "it has files in bf16 alone"
    elif problem == "depth":
        pruned, reason = replace(pruned, depth=DepthInfo(cube_m=0.3, map_side=16)), "it sees depth"
    else:

        def refuse(*_: object) -> None:
            raise BackendError(reason)

        monkeypatch.setattr(LevelAdapter, "adapt_floats", refuse)
    said: list[str] = []
    changed = replace(bank, schema=DEPTH_INPUT, levels=(dense, pruned))
    found = adapt_levels(changed, read_files(bank), adapter, on_passed=said.append)
    assert [one.file for one in found] == ["dense.onnx", "dense_int8.onnx"]
    (sentence,) = said
    assert sentence.startswith(f"Level 1 (pruned) is passed over and stays as it is: {reason}")


def test_a_good_bank_gives_its_dense_network(small_bank: Path, dense) -> None:
    bank = read_manifest(small_bank)
    assert check_levels(bank, read_files(bank)) == dense
