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

"""One bank of several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, new_network
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.bank.merge import merge_banks
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import read_manifest


def unopened(content: bytes) -> bytes:
    """Make an ONNX file that holds a producer's name and nothing else: these networks are never opened."""
    return b"\x12" + bytes([len(content)]) + content


PALM, DENSE = unopened(b"palm"), unopened(b"dense")


def write(folder, *levels, detector=PALM, dense=DENSE):
    """Write a bank of networks that are never opened; levels are (name, file, data, parameters)."""
    first = new_level("full", "full.onnx", dense, parameters=100, macs=1)
    entries = [new_level(name, file, data, parameters=size, macs=1) for name, file, data, size in levels]
    palm = new_network("full", "palm.onnx", detector, parameters=1, macs=1)
    files = {"full.onnx": dense, "palm.onnx": detector} | {file: data for _, file, data, _ in levels}
    write_bank(folder, new_bank(folder.name, "Apache-2.0", "test", [first, *entries], [palm]), files)
    return folder


def test_sorts_levels_from_dense_to_sparse_and_keeps_every_file(tmp_path):
    a = write(tmp_path / "a", ("half", "x.onnx", unopened(b"half"), 50))
    b = write(
        tmp_path / "b", ("most", "x.onnx", unopened(b"most"), 80), ("few", "y.onnx", unopened(b"few"), 20)
    )
    bank, files = merge_banks([a, b], "both")
    write_bank(tmp_path / "c", bank, files)
    manifest = read_manifest(tmp_path / "c")
    assert [(level.index, level.name) for level in manifest.levels] == [
        (0, "full"), (1, "most"), (2, "half"), (3, "few"),
    ]  # fmt: skip
    assert [level.sparsity for level in manifest.levels] == [0.0, 0.2, 0.5, 0.8]
    contents = (b"dense", b"few", b"half", b"most", b"palm")
    found = read_files(read_manifest(tmp_path / "c")).values()
    assert sorted(found) == sorted(unopened(content) for content in contents)


def test_banks_that_take_bytes_and_floats_have_one_dense_network(tiny_bank, tmp_path):
    floats = read_manifest(tiny_bank)
    write_bank(tmp_path / "bytes", replace(floats, schema=BYTE_INPUT), read_files(floats))
    for folders in ([tiny_bank, tmp_path / "bytes"], [tmp_path / "bytes", tiny_bank]):
        bank, files = merge_banks(folders, "both")
        merged = write_bank(tmp_path / "both", bank, files)
        assert merged.schema == BYTE_INPUT
        assert merged.fingerprint == floats.fingerprint
        assert all(info.float_sha256 for info in merged.files)


def test_of_one_name_the_last_bank_counts(tmp_path):
    a = write(tmp_path / "a", ("half", "x.onnx", unopened(b"old"), 50))
    b = write(tmp_path / "b", ("half", "x.onnx", unopened(b"new"), 50), detector=unopened(b"better palm"))
    bank, files = merge_banks([a, b], "both")
    assert set(files.values()) == {unopened(b"dense"), unopened(b"new"), unopened(b"better palm")}
    assert len(bank.levels) == 2
    assert len(bank.detectors) == 1


def test_takes_only_the_levels_asked_for(tmp_path):
    a = write(
        tmp_path / "a", ("half", "x.onnx", unopened(b"half"), 50), ("few", "y.onnx", unopened(b"few"), 20)
    )
    bank, files = merge_banks([a], "one", ["few"])
    assert [level.name for level in bank.levels] == ["full", "few"]
    assert unopened(b"half") not in files.values()
    with pytest.raises(ModelError, match="None of the banks has the levels third: choose from half, few"):
        merge_banks([a], "one", ["third"])


def test_refuses_banks_of_different_dense_networks(tmp_path):
    banks = [write(tmp_path / "a"), write(tmp_path / "b", dense=unopened(b"another"))]
    with pytest.raises(ModelError, match="different dense networks"):
        merge_banks(banks, "both")


def test_the_first_detector_asked_for_becomes_the_default(tmp_path):
    a = write(tmp_path / "a")
    files = {"full.onnx": DENSE, "x.onnx": unopened(b"x"), "y.onnx": unopened(b"y")}
    palms = [
        new_network(one, f"{one}.onnx", files[f"{one}.onnx"], parameters=1, macs=1) for one in ("x", "y")
    ]
    levels = [new_level("full", "full.onnx", DENSE, parameters=100, macs=1)]
    write_bank(tmp_path / "b", new_bank("b", "Apache-2.0", "test", levels, palms), files)
    bank, files = merge_banks([a, tmp_path / "b"], "both", detectors=["y", "full"])
    write_bank(tmp_path / "c", bank, files)
    assert read_manifest(tmp_path / "c").detector("").name == "y"
    assert unopened(b"x") not in files.values()
    with pytest.raises(ModelError, match="the palm detectors z: choose from full, x, y"):
        merge_banks([a, tmp_path / "b"], "both", detectors=["z"])
