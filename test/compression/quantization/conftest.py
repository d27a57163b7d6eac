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

"""A landmark network with everything that makes rounding hard, small enough to be quantized in a moment."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from hand_tracking_dsp.compression.data.crops import Crops

SIZE = 32
HIDDEN = 24
STREAM = 8
OUTPUTS = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}


class Builder:
    """Collects nodes and weights; hidden channels differ twentyfold in scale."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.weights: dict[str, np.ndarray] = {"zero": np.float32(0), "six": np.float32(6)}
        self.nodes: list[onnx.NodeProto] = []

    def layer(
        self, kind: str, name: str, source: str, scale: np.ndarray, shape: tuple[int, ...], **more: object
    ) -> str:
        spread = self.random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
        self.weights[f"{name}.weight"] = (spread * scale.reshape(-1, *[1] * (len(shape) - 1))).astype(
            np.float32
        )
        self.weights[f"{name}.bias"] = (self.random.normal(0.2, 0.2, shape[0]) * scale).astype(np.float32)
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        self.nodes.append(helper.make_node(kind, inputs, [f"{name}.out"], name=name, **more))
        return f"{name}.out"

    def clip(self, source: str) -> str:
        self.nodes.append(helper.make_node("Clip", [source, "zero", "six"], [f"{source}.relu6"]))
        return f"{source}.relu6"

    def block(self, name: str, source: str, inputs: int, size: int, stride: int) -> str:
        scale = np.geomspace(0.1, 2, HIDDEN)
        pads = [size // 2] * 4
        first = "conv" if name == "stem" else "expand"
        made = self.layer(
            "Conv",
            f"{name}.{first}",
            source,
            scale,
            (HIDDEN, inputs, size, size),
            pads=pads,
            strides=[stride, stride],
        )
        filtered = self.layer(
            "Conv",
            f"{name}.depthwise",
            self.clip(made),
            1 / scale,
            (HIDDEN, 1, 3, 3),
            pads=[1] * 4,
            group=HIDDEN,
        )
        return self.clip(filtered)

    def project(self, name: str, source: str) -> str:
        return self.layer(
            "Conv", f"{name}.project", source, np.geomspace(0.1, 2, STREAM), (STREAM, HIDDEN, 1, 1)
        )


@pytest.fixture(scope="session")
def network() -> onnx.ModelProto:
    b = Builder()
    stem = b.project("stem", b.block("stem", "image", 3, 3, 2))
    mixed = b.project("block01", b.block("block01", stem, STREAM, 1, 1))
    b.nodes.append(helper.make_node("Add", [mixed, stem], ["added"], name="add"))
    last = b.block("block02", "added", STREAM, 1, 1)
    b.nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"], name="mean"))
    b.nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], name="flatten"))
    for name, width in OUTPUTS.items():
        out = b.layer("Gemm", f"head.{name}", "flat", np.full(width, 20.0), (width, HIDDEN), transB=1)
        b.nodes.append(
            helper.make_node("Sigmoid" if width == 1 else "Identity", [out], [name], name=f"{name}.last")
        )
    graph = helper.make_graph(
        b.nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])
            for name, width in OUTPUTS.items()
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in b.weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.checker.check_model(model, full_check=True)
    return model


def some_crops(count: int, seed: int) -> Crops:
    """Smooth random pictures of two sources and eight groups."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), np.uint8)
    images = coarse.repeat(SIZE // 8, axis=1).repeat(SIZE // 8, axis=2)
    sources = tuple("ab"[i % 2] for i in range(count))
    return Crops(images, sources, tuple(f"{source}/{i % 8}" for i, source in enumerate(sources)))


@pytest.fixture(scope="session")
def crops() -> Crops:
    return some_crops(64, 0)


@pytest.fixture(scope="session")
def held_back() -> Crops:
    return some_crops(24, 1)
