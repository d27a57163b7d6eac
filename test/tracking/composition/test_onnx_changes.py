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

"""Changes of ONNX networks in place."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hand_tracking_dsp.tracking.composition.onnx_changes import (
    copied,
    drop_unused,
    keep_outputs,
    serialized,
    set_groups,
    set_nodes,
)


@pytest.fixture
def network() -> onnx.ModelProto:
    """A convolution that each of two outputs scales by a weight of its own."""
    outputs = ("landmarks", "error_percent")
    nodes = [helper.make_node("Conv", ["image", "filters"], ["middle"], name="conv", group=4)]
    nodes += [helper.make_node("Mul", ["middle", f"{name}.w"], [name], name=name) for name in outputs]
    weights = {"filters": np.zeros((4, 1, 1, 1), np.float32)}
    weights |= {f"{name}.w": np.ones(1, np.float32) for name in outputs}
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4, 1, 1])
        for name in ("image", *outputs)
    ]
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    return helper.make_model(helper.make_graph(nodes, "small", ends[:1], ends[1:], tensors))


def nodes_of(network: onnx.ModelProto) -> list[str]:
    return [node.name for node in network.graph.node]


def test_an_output_is_kept_with_what_it_needs_and_nothing_else(network: onnx.ModelProto) -> None:
    keep_outputs(network, ["landmarks"])
    assert nodes_of(network) == ["conv", "landmarks"]
    assert [tensor.name for tensor in network.graph.initializer] == ["filters", "landmarks.w"]
    assert [output.name for output in network.graph.output] == ["landmarks"]


def test_where_all_is_needed_nothing_changes(network: onnx.ModelProto) -> None:
    before = serialized(network)
    drop_unused(network)
    assert serialized(network) == before


def test_nodes_are_replaced_by_some_of_their_own(network: onnx.ModelProto) -> None:
    set_nodes(network, reversed(network.graph.node[:2]))
    assert nodes_of(network) == ["landmarks", "conv"]


def test_a_copy_changes_by_itself(network: onnx.ModelProto) -> None:
    other = copied(network)
    set_groups(other.graph.node[0], 2)
    groups = [one.graph.node[0].attribute[0].i for one in (network, other)]
    assert groups == [4, 2]
