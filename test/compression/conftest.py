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

"""A landmark network small enough to be pruned in a moment."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from hand_tracking_dsp.compression.data.crops import Crops

SIZE = 16
HIDDEN = 32
HEADS = {"handedness": 1, "presence": 1, "landmarks": 63, "world_landmarks": 63}


class _Builder:
    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self.weights = {"zero": np.float32(0), "six": np.float32(6)}
        self.nodes: list[onnx.NodeProto] = []

    def layer(self, name: str, source: str, shape: tuple[int, ...], **attributes: object) -> str:
        fan_in = int(np.prod(shape[1:]))
        self.weights[f"{name}.w"] = self._random.normal(0, 1.2 / np.sqrt(fan_in), shape).astype(np.float32)
        self.weights[f"{name}.b"] = self._random.normal(0.3, 0.3, shape[0]).astype(np.float32)
        kind = "Conv" if len(shape) == 4 else "Gemm"
        inputs = [source, f"{name}.w", f"{name}.b"]
        self.nodes.append(helper.make_node(kind, inputs, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    def op(self, kind: str, inputs: list[str], output: str) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output]))
        return output

    def hidden(self, name: str, source: str, inputs: int, size: int, stride: int = 1) -> str:
        """Expand and filter: what every block begins with."""
        pads = [size // 2] * 4
        first = self.layer(
            f"{name}.expand", source, (HIDDEN, inputs, size, size), pads=pads, strides=[stride, stride]
        )
        first = self.op("Clip", [first, "zero", "six"], f"{name}.expanded")
        second = self.layer(f"{name}.depthwise", first, (HIDDEN, 1, 3, 3), pads=[1, 1, 1, 1], group=HIDDEN)
        return self.op("Clip", [second, "zero", "six"], f"{name}.filtered")


def landmark_network() -> onnx.ModelProto:
    """A stem, a residual block, a block that is none, and heads behind a mean."""
    b = _Builder()
    stem = b.layer("stem.project", b.hidden("stem", "image", 3, 3, stride=2), (8, HIDDEN, 1, 1))
    mixed = b.layer("block01.project", b.hidden("block01", stem, 8, 1), (8, HIDDEN, 1, 1))
    added = b.op("Add", [mixed, stem], "block01.added")
    plain = b.layer("block02.project", b.hidden("block02", added, 8, 1), (12, HIDDEN, 1, 1))
    pooled = b.op("GlobalAveragePool", [b.hidden("block03", plain, 12, 1)], "pooled")
    flat = b.op("Flatten", [pooled], "flat")
    for name, width in HEADS.items():
        out = b.layer(f"head.{name}", flat, (width, HIDDEN), transB=1)
        b.op("Sigmoid" if width == 1 else "Identity", [out], name)
    # As in the real networks, landmarks come straight from their heads, in pixels.
    for name in ("landmarks", "world_landmarks"):
        b.nodes = [node for node in b.nodes if name not in node.output]
        next(node for node in b.nodes if node.name == f"head.{name}").output[0] = name
    b.weights["head.landmarks.w"] *= 20
    graph = helper.make_graph(
        b.nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, HEADS[name]])
            for name in ("landmarks", "presence", "handedness", "world_landmarks")
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in b.weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.fixture
def network() -> onnx.ModelProto:
    return landmark_network()


def some_crops(count: int, seed: int = 0) -> Crops:
    """Smooth random pictures, of eight groups and two sources."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, SIZE // 4, SIZE // 4, 3), np.uint8)
    images = coarse.repeat(4, axis=1).repeat(4, axis=2)
    sources = tuple("ab"[i % 2] for i in range(count))
    return Crops(images, sources, tuple(f"{source}/{i % 8}" for i, source in enumerate(sources)))


@pytest.fixture
def crops() -> Crops:
    return some_crops(48)


@pytest.fixture
def held_back() -> Crops:
    return some_crops(16, seed=1)
