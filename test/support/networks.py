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

"""Networks and banks that are small or the original."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hand_tracking_dsp.tracking.network_info import NearInfo, NetworkInfo

if TYPE_CHECKING:
    import onnx


def tiny_network(noise: float) -> bytes:
    """Make a landmark network of one layer, beside the dense one by some noise; it keeps the contract."""
    import onnx
    from onnx import helper, numpy_helper

    random = np.random.default_rng(0)
    dense = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}
    nodes = [
        helper.make_node("AveragePool", ["image"], ["means"], kernel_shape=[32, 32], strides=[32, 32]),
        helper.make_node("Flatten", ["means"], ["features"]),
    ]
    weights = []
    for name, size in dense.items():
        values = random.normal(size=(147, size)).astype(np.float32)
        values += np.float32(noise) * np.random.default_rng(1).normal(size=values.shape).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"{name}.weight"))
        nodes.append(helper.make_node("Gemm", ["features", f"{name}.weight"], [name]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, size]) for n, size in dense.items()],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def tiny_depth_network(side: int) -> bytes:
    """Make a network that sees depth, whose maps are the depth of their cells; it keeps contract 3."""
    import onnx
    from onnx import helper, numpy_helper

    from hand_tracking_dsp.tracking.contract import depth_contract

    contract = depth_contract(side)
    step = contract.size // side
    nodes = [helper.make_node("MaxPool", ["depth"], ["cells"], kernel_shape=[step] * 2, strides=[step] * 2)]
    weights = []
    for name, shape in contract.outputs[1:4]:
        values = np.full((shape[1], 1, 1, 1), 0.5, np.float32)
        weights.append(numpy_helper.from_array(values, f"{name}.weight"))
        nodes.append(helper.make_node("Conv", ["cells", f"{name}.weight"], [name], kernel_shape=[1, 1]))
    nodes += [
        helper.make_node("GlobalMaxPool", ["cells"], ["nearest"]),
        helper.make_node("Flatten", ["nearest"], ["number"]),
        *(helper.make_node("Sigmoid", ["number"], [name]) for name, _ in contract.outputs[4:]),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tiny_depth",
        [helper.make_tensor_value_info("depth", kind, [1, 1, contract.size, contract.size])],
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in contract.outputs],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


def write_depth_bank(folder: Path, sides: tuple[int, ...] = (16, 8), near: Path | None = None) -> None:
    """Write a bank of levels that see depth, with the palm detectors of another bank if given."""
    from dataclasses import replace

    from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
    from hand_tracking_dsp.compression.bank.files import read_files, write_bank
    from hand_tracking_dsp.tracking.depth_info import DepthInfo
    from hand_tracking_dsp.tracking.manifest import read_manifest

    files = {f"depth{side}.onnx": tiny_depth_network(side) for side in sides}
    levels = [
        new_level(
            f"depth{side}",
            f"depth{side}.onnx",
            files[f"depth{side}.onnx"],
            parameters=side,
            macs=side,
            depth=DepthInfo(cube_m=0.24, map_side=side),
        )
        for side in sides
    ]
    bank = new_bank("depth", "none", "a test", levels)
    if near is not None:
        other = read_manifest(near)
        bank = replace(bank, detectors=other.detectors[:1])
        of_detectors = {info.file for info in (bank.detectors[0], *bank.detectors[0].variants)}
        files |= {name: data for name, data in read_files(other).items() if name in of_detectors}
    write_bank(folder, bank, files)


@pytest.fixture
def tiny_bank(tmp_path: Path) -> Path:
    """Give a bank of two levels, a layer each, the sparser one with a variant that is INT8 in name."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, with_variant
    from hand_tracking_dsp.compression.bank.files import write_bank

    files = {"dense.onnx": tiny_network(0), "half.onnx": tiny_network(0.05), "int8.onnx": tiny_network(0.1)}
    levels = [
        new_level(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=count, macs=count)
        for name, count in (("dense", 100), ("half", 50))
    ]
    levels[1] = with_variant(levels[1], "int8.onnx", files["int8.onnx"], "int8")
    write_bank(tmp_path / "tiny", new_bank("tiny", "none", "a test", levels), files)
    return tmp_path / "tiny"


def original_network(file: str) -> onnx.ModelProto:
    """Read one of MediaPipe's networks as the commands that make networks do: with float32 weights."""
    from hand_tracking_dsp.compression.bank.files import read_model
    from hand_tracking_dsp.resources import original_bank
    from hand_tracking_dsp.tracking.manifest import read_manifest

    bank = read_manifest(original_bank())
    return read_model(bank, next(info for info in bank.files if info.file == file))


@pytest.fixture(scope="session")
def mediapipe_wheel() -> Path:
    """Give the folder that MediaPipe's wheel is unpacked in."""
    root = Path(__file__).parents[2]
    for folder in sorted(root.glob(".venv-mediapipe/lib/python3*/site-packages")):
        if (folder / "mediapipe").is_dir():
            return folder
    pytest.skip(
        "MediaPipe's own networks are not here: make bench installs mediapipe 0.10.21 beside the package"
    )


def near_detector_of(detector: NetworkInfo, precision: str = "fp32") -> NearInfo:
    """Return a near detector that runs the file of a detector of whole images, in a precision by name."""
    return NearInfo(
        name="near",
        file=detector.file,
        sha256=detector.sha256,
        precision=precision,
        parameters=1,
        macs=1,
        input_size=192,
    )
