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

import math
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


def sure_network(noise: float, dark: float, error_percent: float | None = None) -> bytes:
    """Make a network as tiny_network does, that says how sure it is.

    Args:
        noise: As that of tiny_network.
        dark: Brightness of the picture, 0 to 1, whose presence is 0.5; that of brighter ones is higher.
        error_percent: Deviation that it expects of a picture of brightness 0.5; it rises with brightness.
            None: it has no such output.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(tiny_network(noise))
    graph = model.graph

    def number(name: str, value: float) -> str:
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
        return name

    nodes = [node for node in graph.node if "presence" not in node.output]
    nodes += [
        helper.make_node("ReduceMean", ["features"], ["brightness"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["brightness", number("dark", dark)], ["brighter"]),
        helper.make_node("Mul", ["brighter", number("steep", 10.0)], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["presence"]),
    ]
    if error_percent is not None:
        nodes += [
            helper.make_node("Sub", ["brightness", number("middle", 0.5)], ["lighter"]),
            helper.make_node(
                "Add", ["lighter", number("usual", float(np.log(error_percent)))], ["error.log"]
            ),
            helper.make_node("Exp", ["error.log"], ["error_percent"]),
        ]
        kind = onnx.TensorProto.FLOAT
        graph.output.append(helper.make_tensor_value_info("error_percent", kind, [1, 1]))
    kept = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)
    return model.SerializeToString()


def write_sure_bank(folder: Path, *error_percent: float | None, dark: tuple[float, ...] = (0.5, 0.3)) -> None:
    """Write a bank of two levels of sure_network, the sparser one in two files.

    Args:
        folder: Folder of the bank.
        error_percent: Deviation that each level expects; () or None: it says none.
        dark: Brightness that each level takes for a hand.
    """
    from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, with_variant
    from hand_tracking_dsp.compression.bank.files import write_bank

    said = error_percent or (None, None)
    files = {
        "dense.onnx": sure_network(0, dark[0], said[0]),
        "half.onnx": sure_network(0.05, dark[1], said[1]),
        "int8.onnx": sure_network(0.1, dark[1], said[1]),
    }
    levels = [
        new_level(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=count, macs=count)
        for name, count in (("dense", 100), ("half", 50))
    ]
    levels[1] = with_variant(levels[1], "int8.onnx", files["int8.onnx"], "int8")
    write_bank(folder, new_bank("sure", "none", "a test", levels), files)


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


def add_error_output(model: onnx.ModelProto, percent: float) -> None:
    """Let a landmark network say of every hand that its landmarks are so far off, in place."""
    import onnx

    graph = model.graph
    said = onnx.numpy_helper.from_array(np.full((1, 1), percent, np.float32), "said")
    graph.initializer.append(said)
    graph.node.append(onnx.helper.make_node("Identity", ["said"], ["error_percent"]))
    graph.output.append(onnx.helper.make_tensor_value_info("error_percent", onnx.TensorProto.FLOAT, [1, 1]))


def write_bank_with_errors(folder: Path, *percents: float | None) -> Path:
    """Write MediaPipe's bank; its levels say that their landmarks are so far off, or nothing where None."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from dataclasses import replace

    from hand_tracking_dsp.compression.bank.entries import new_level, numbered
    from hand_tracking_dsp.compression.bank.files import read_model, write_bank
    from hand_tracking_dsp.resources import original_bank
    from hand_tracking_dsp.tracking.manifest import read_manifest

    bank = read_manifest(original_bank())
    files, levels = {}, []
    for level, percent in zip(bank.levels, percents, strict=True):
        model = read_model(bank, level)
        if percent is not None:
            add_error_output(model, percent)
        files[level.file] = model.SerializeToString()
        sizes = {"parameters": level.parameters, "macs": level.macs}
        levels.append(new_level(level.name, level.file, files[level.file], **sizes))
    write_bank(folder, replace(bank, levels=numbered(levels)), files)
    return folder


def spoil(model: onnx.ModelProto, output: str, value: float = math.nan, limit: float = 0.01) -> None:
    """Let a network answer pictures that are not all of one colour with a value in an output, in place.

    So it answers the grey picture of its warm-up well, unless the limit of the same is negative.
    """
    import onnx
    from onnx import helper, numpy_helper

    graph = model.graph

    def number(name: str, value: float) -> str:
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), f"spoilt.{name}"))
        return f"spoilt.{name}"

    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == output:
                    names[place] = "sound"
    graph.node.extend(
        [
            helper.make_node("Cast", [graph.input[0].name], ["spoilt.floats"], to=onnx.TensorProto.FLOAT),
            helper.make_node("ReduceMax", ["spoilt.floats"], ["spoilt.most"], keepdims=0),
            helper.make_node("ReduceMin", ["spoilt.floats"], ["spoilt.least"], keepdims=0),
            helper.make_node("Sub", ["spoilt.most", "spoilt.least"], ["spoilt.spread"]),
            helper.make_node("Greater", ["spoilt.spread", number("limit", limit)], ["spoilt.coloured"]),
            helper.make_node("Where", ["spoilt.coloured", number("value", value), "sound"], [output]),
        ]
    )


def write_spoilt_bank(folder: Path, output: str, value: float = math.nan, level: int = 1) -> Path:
    """Write MediaPipe's bank, one level of which answers real regions so in an output."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from dataclasses import replace

    from hand_tracking_dsp.compression.bank.entries import new_level, numbered
    from hand_tracking_dsp.compression.bank.files import read_model, write_bank
    from hand_tracking_dsp.resources import original_bank
    from hand_tracking_dsp.tracking.manifest import read_manifest

    bank = read_manifest(original_bank())
    files, levels = {}, []
    for info in bank.levels:
        model = read_model(bank, info)
        if info.index == level:
            spoil(model, output, value)
        files[info.file] = model.SerializeToString()
        sizes = {"parameters": info.parameters, "macs": info.macs}
        levels.append(new_level(info.name, info.file, files[info.file], **sizes))
    write_bank(folder, replace(bank, levels=numbered(levels)), files)
    return folder


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


def make_small_network(seed: int) -> onnx.ModelProto:
    """Make a landmark network of one block on a picture made small: 8 channels, a few thousand weights."""
    import onnx
    from onnx import helper, numpy_helper

    random = np.random.default_rng(seed)
    weights: dict[str, np.ndarray] = {"low": np.array(0, np.float32), "high": np.array(6, np.float32)}
    nodes = [helper.make_node("MaxPool", ["image"], ["small"], kernel_shape=[16, 16], strides=[16, 16])]

    def layer(name: str, source: str, shape: tuple[int, ...], **attributes: object) -> None:
        weights[f"{name}.weight"] = (random.normal(size=shape) * 0.3).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)
        kind = "Conv" if len(shape) == 4 else "Gemm"
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))

    layer("block.expand", "small", (16, 3, 1, 1))
    nodes.append(helper.make_node("Clip", ["block.expand", "low", "high"], ["a"]))
    layer("block.depthwise", "a", (16, 1, 3, 3), group=16, pads=[0, 0, 1, 1], strides=[2, 2])
    nodes.append(helper.make_node("Clip", ["block.depthwise", "low", "high"], ["b"]))
    layer("block.project", "b", (8, 16, 1, 1))
    nodes.append(helper.make_node("GlobalAveragePool", ["block.project"], ["mean"]))
    nodes.append(helper.make_node("Flatten", ["mean"], ["flat"]))
    heads = {"landmarks": 63, "world_landmarks": 63, "presence_logit": 1, "handedness_logit": 1}
    for name, size in heads.items():
        layer(name, "flat", (size, 8), transB=1)
    nodes += [helper.make_node("Sigmoid", [f"{name}_logit"], [name]) for name in ("presence", "handedness")]
    outputs = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, size]) for n, size in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def write_small_bank(folder: Path) -> None:
    """Write a bank of two small networks that can be trained, and see a hand everywhere; no palm detector."""
    from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
    from hand_tracking_dsp.compression.bank.files import write_bank
    from hand_tracking_dsp.compression.bank.model_size import sizes
    from hand_tracking_dsp.compression.onnx_graph import write_weights
    from hand_tracking_dsp.tracking.composition.onnx_changes import serialized

    joints = np.random.default_rng(0).uniform(40, 180, 63).astype(np.float32)
    models = {name: make_small_network(seed) for seed, name in enumerate(("dense", "small"))}
    for model in models.values():
        write_weights(model, {"landmarks.bias": joints, "presence_logit.bias": np.full(1, 3, np.float32)})
    files = {f"{name}.onnx": serialized(model) for name, model in models.items()}
    levels = [
        new_level(name, f"{name}.onnx", files[f"{name}.onnx"], **sizes(model))
        for name, model in models.items()
    ]
    write_bank(folder, new_bank("small", "none", "a test", levels), files)


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
