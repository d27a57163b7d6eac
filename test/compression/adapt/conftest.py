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

"""Landmark networks of a few channels, and crops for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from hand_tracking_dsp.compression.adapt.level import LevelAdapter
    from hand_tracking_dsp.compression.adapt.pictures import AdaptationCrops
    from hand_tracking_dsp.compression.bank.entries import (
        new_accuracy,
        new_bank,
        new_level,
        with_accuracy,
        with_variant,
    )
    from hand_tracking_dsp.compression.bank.files import write_bank
    from hand_tracking_dsp.compression.bank.sessions import open_exact
    from hand_tracking_dsp.compression.blocks import cut_channels, read_blocks
    from hand_tracking_dsp.compression.data.crops import SIZE, Crops
    from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
    from hand_tracking_dsp.hand import Joint
    from hand_tracking_dsp.tracking.composition.onnx_changes import copied

HIDDEN = 32
HEADS = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}


def small_network(width: int = 8, seed: int = 0) -> onnx.ModelProto:
    """Make a stem, a residual block and heads; it sees a hand, of a palm's size, in every picture."""
    random = np.random.default_rng(seed)
    weights: dict[str, object] = {"zero": np.float32(0), "six": np.float32(6)}
    nodes: list[onnx.NodeProto] = []

    def layer(name: str, source: str, target: str, shape: tuple[int, ...], **attributes: object) -> str:
        scale = 1.2 / np.sqrt(np.prod(shape[1:]))
        weights[f"{name}.w"] = random.normal(0, scale, shape).astype(np.float32)
        weights[f"{name}.b"] = random.normal(0.3, 0.3, shape[0]).astype(np.float32)
        kind = "Conv" if len(shape) == 4 else "Gemm"
        nodes.append(
            helper.make_node(kind, [source, f"{name}.w", f"{name}.b"], [target], name=name, **attributes)
        )
        return target

    def clipped(name: str, source: str) -> str:
        nodes.append(helper.make_node("Clip", [source, "zero", "six"], [name]))
        return name

    def hidden(name: str, source: str, shape: tuple[int, ...], **attributes: object) -> str:
        first = clipped(f"{name}.a", layer(f"{name}.expand", source, f"{name}.a0", shape, **attributes))
        second = layer(
            f"{name}.depthwise", first, f"{name}.b0", (HIDDEN, 1, 3, 3), pads=[1] * 4, group=HIDDEN
        )
        return clipped(f"{name}.b", second)

    first = hidden("stem", "image", (HIDDEN, 3, 8, 8), strides=[16, 16])
    stem = layer("stem.project", first, "stem", (width, HIDDEN, 1, 1))
    mixed = layer(
        "block01.project", hidden("block01", stem, (HIDDEN, width, 1, 1)), "mixed", (width, HIDDEN, 1, 1)
    )
    nodes.append(helper.make_node("Add", [mixed, stem], ["added"]))
    last = hidden("block02", "added", (HIDDEN, width, 1, 1))
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    for name, size in HEADS.items():
        target = layer(
            f"head.{name}", "flat", name if size > 1 else f"{name}.logit", (size, HIDDEN), transB=1
        )
        if size == 1:
            nodes.append(helper.make_node("Sigmoid", [target], [name]))
    for name, unit in (("landmarks", 1.0), ("world_landmarks", 0.001)):
        joints = random.uniform(60, 160, (21, 3))
        joints[Joint.WRIST], joints[Joint.MIDDLE_MCP] = (110, 200, 0), (110, 120, 0)
        weights[f"head.{name}.w"] = (np.asarray(weights[f"head.{name}.w"]) * 60 * unit).astype(np.float32)
        weights[f"head.{name}.b"] = (joints.reshape(-1) * unit).astype(np.float32)
    weights["head.presence.b"] = np.array([3.0], np.float32)
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in HEADS.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def shaken_heads(model: onnx.ModelProto, strength: float = 0.3) -> onnx.ModelProto:
    """Return a copy whose heads say something else."""
    other = copied(model)
    random = np.random.default_rng(1)
    weights = read_weights(model)
    names = [f"head.{name}.w" for name in HEADS]
    write_weights(
        other,
        {
            name: (weights[name] * (1 + strength * random.normal(size=weights[name].shape))).astype(
                np.float32
            )
            for name in names
        },
    )
    return other


def with_fewer_channels(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy that lacks a quarter of the channels of every block, without a repair."""
    other = copied(model)
    for block in read_blocks(model):
        cut_channels(other, block, np.arange(block.channels) >= block.channels // 4)
    return other


def smooth_crops(count: int, seed: int = 0) -> Crops:
    """Smooth random pictures of twelve groups."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 7, 7, 3), np.uint8)
    images = coarse.repeat(SIZE // 7, axis=1).repeat(SIZE // 7, axis=2)
    return Crops(images, ("set",) * count, tuple(f"set/{i % 12}" for i in range(count)))


@pytest.fixture(scope="session")
def dense() -> onnx.ModelProto:
    return small_network()


@pytest.fixture(scope="session")
def shaken(dense: onnx.ModelProto) -> onnx.ModelProto:
    return shaken_heads(dense)


@pytest.fixture(scope="session")
def pruned(dense: onnx.ModelProto) -> onnx.ModelProto:
    return with_fewer_channels(dense)


@pytest.fixture(scope="session")
def foreign() -> onnx.ModelProto:
    """A network with other channels between its blocks."""
    return small_network(width=12, seed=3)


@pytest.fixture(scope="session")
def make_crops() -> Callable[..., Crops]:
    return smooth_crops


@pytest.fixture(scope="session")
def parts(dense: onnx.ModelProto) -> AdaptationCrops:
    return AdaptationCrops.make(smooth_crops(120), smooth_crops(12, seed=1), open_exact(dense))


@pytest.fixture(scope="session")
def adapter(dense: onnx.ModelProto, parts: AdaptationCrops) -> LevelAdapter:
    return LevelAdapter(dense, parts)


@pytest.fixture
def small_bank(tmp_path: Path, dense: onnx.ModelProto, pruned: onnx.ModelProto) -> Path:
    """A bank of a dense and a pruned level, this with an INT8 variant in name."""
    files = {
        "dense.onnx": dense.SerializeToString(),
        "pruned.onnx": pruned.SerializeToString(),
        "pruned_int8.onnx": shaken_heads(pruned).SerializeToString(),
    }
    levels = [
        new_level(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=count, macs=count)
        for name, count in (("dense", 100), ("pruned", 75))
    ]
    levels[1] = with_accuracy(levels[1], new_accuracy("elsewhere", 1.0, 9, ""))
    levels[1] = with_variant(levels[1], "pruned_int8.onnx", files["pruned_int8.onnx"], "int8")
    write_bank(tmp_path / "small", new_bank("small", "none", "a test", levels), files)
    return tmp_path / "small"
