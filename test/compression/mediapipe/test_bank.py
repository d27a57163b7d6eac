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

"""The committed bank, and the import that makes it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from support.networks import original_network

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.mediapipe.bank import HANDS, PALMS, make_bank, read_originals
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest

FOLDER = share_path("models", "mediapipe")


def test_the_manifest_counts_what_the_files_hold() -> None:
    manifest = read_manifest(FOLDER)
    for info in (*manifest.levels, *manifest.detectors):
        model = read_model(manifest, info)
        onnx.checker.check_model(model, full_check=True)
        assert count_parameters(model) == info.parameters
        assert count_macs(model) == info.macs
    dense, lite = manifest.levels
    assert lite.sparsity == pytest.approx(1 - lite.parameters / dense.parameters, abs=1e-4)


def test_the_manifest_names_the_originals() -> None:
    bank = json.loads((FOLDER / "bank.json").read_text())
    named = [
        (entry["source"]["file"], entry["source"]["sha256"])
        for entry in (*bank["levels"], *bank["detectors"])
    ]
    assert named == [(original.member, original.sha256) for original in (*HANDS, *PALMS)]


@pytest.mark.parametrize("file", ["hand_full.onnx", "hand_lite.onnx"])
def test_layers_are_named_by_their_blocks(file: str) -> None:
    names = {node.name for node in original_network(file).graph.node}
    for index in range(1, 16):
        assert {f"block{index:02d}.expand", f"block{index:02d}.depthwise"} <= names
    assert {"stem.conv", "head.landmarks", "head.world_landmarks"} <= names


def test_the_networks_have_no_operator_that_is_slow() -> None:
    for info in read_manifest(FOLDER).detectors:
        kinds = {node.op_type for node in original_network(info.file).graph.node}
        assert "PRelu" not in kinds


def test_the_import_makes_the_same_bytes_again(mediapipe_wheel: Path, tmp_path: Path) -> None:
    made = make_bank(read_originals(mediapipe_wheel), tmp_path)
    for original in (*HANDS, *PALMS):
        assert (tmp_path / original.file).read_bytes() == (FOLDER / original.file).read_bytes()
    # The committed bank has latencies besides.
    bare = read_manifest(FOLDER).with_each_file(lambda info: replace(info, latency=()))
    assert made.to_text() == (tmp_path / "bank.json").read_text(encoding="utf-8") == bare.to_text()


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "mediapipe.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for original in (*HANDS, *PALMS):
            archive.writestr(original.member, b"something else")
    with pytest.raises(ModelError, match=r"is not that of mediapipe==0.10.21: give that release's wheel"):
        read_originals(wheel)


def test_a_file_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"zip? no")
    with pytest.raises(ModelError, match=r"cannot be read from .*x.whl"):
        read_originals(tmp_path / "x.whl")


def test_a_device_in_the_place_of_a_wheel_is_not_read() -> None:
    with pytest.raises(ModelError, match=r"/dev/zero \(it is a pipe, socket or device, not a file\): give"):
        read_originals(Path("/dev/zero"))
