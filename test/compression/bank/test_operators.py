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

"""The time of a network by kind of operator."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.bank import operators
from hand_tracking_dsp.compression.bank.operators import KINDS, time_by_kind
from hand_tracking_dsp.tracking.backends import RuntimeOptions


@pytest.fixture(scope="module")
def network() -> bytes:
    """A 3x3, a depthwise and a 1x1 convolution, a product by channel, and a matrix product."""
    random = np.random.default_rng(0)
    shapes = {
        "stem": (32, 3, 3, 3),
        "deep": (32, 1, 3, 3),
        "slope": (1, 32, 1, 1),
        "point": (16, 32, 1, 1),
        "head": (16, 4),
    }
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["image", "stem"], ["a"], name="stem", pads=[1] * 4),
        helper.make_node("Conv", ["a", "deep"], ["b"], name="deep", pads=[1] * 4, group=32),
        helper.make_node("Mul", ["b", "slope"], ["c"], name="slope"),
        helper.make_node("Relu", ["c"], ["d"], name="kink"),
        helper.make_node("Conv", ["d", "point"], ["e"], name="point"),
        helper.make_node("GlobalAveragePool", ["e"], ["f"], name="mean"),
        helper.make_node("Flatten", ["f"], ["g"], name="flat"),
        helper.make_node("MatMul", ["g", "head"], ["scores"], name="head"),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 128, 128])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 13)])
    return model.SerializeToString()


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_the_time_of_every_node_counts_for_its_kind(network: bytes, backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is optional and not installed")
    times = time_by_kind(network, RuntimeOptions(backend, ("cpu",)), 3)
    assert list(times) == list(KINDS)
    assert all(times[kind] > 0 for kind in ("depthwise", "1x1", "convolution"))
    assert min(times.values()) >= 0


def test_kinds_are_told_by_groups_and_kernels_not_by_names(network: bytes) -> None:
    graph = onnx.load_model_from_string(network).graph
    shapes = {weight.name: weight.dims for weight in graph.initializer}
    quantized = ["x", "scale", "zero", "deep"]
    further = [
        helper.make_node("QLinearConv", quantized, ["y"], group=32, kernel_shape=[5, 5]),
        helper.make_node("QLinearConv", quantized, ["y"], group=32),
        helper.make_node("Conv", ["x", "scaling"], ["y"], group=32),
    ]
    found = [operators._kind_of_node(node, shapes) for node in (*graph.node, *further)]
    assert found == [
        "convolution", "depthwise", "other", "other", "1x1", "other", "layout", "product",
        "depthwise", "depthwise", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("GroupConvolution", "depthwise"),
        ("Convolution", "convolution"),
        ("FullyConnected", "product"),
        ("DynamicQuantizeMatMul", "product"),
        ("MatMulIntegerToFloat", "product"),
        ("ReorderOutput", "layout"),
        ("DequantizeLinear", "layout"),
        ("Convert", "layout"),
        ("QLinearAdd", "other"),
        ("Subgraph", "other"),
    ],
)
def test_operators_of_each_backend_have_a_kind(operator: str, kind: str) -> None:
    assert operators._kind(operator) == kind
