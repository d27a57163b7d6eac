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

"""ONNX networks as graphs."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import (
    cut_out,
    parse_model,
    read_weights,
    without_output,
    write_weights,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


@pytest.fixture
def network() -> onnx.ModelProto:
    """Two linear layers."""
    random = np.random.default_rng(0)
    weights = [
        onnx.numpy_helper.from_array(random.normal(size=(4, 4)).astype(np.float32), name)
        for name in ("first.w", "second.w")
    ]
    nodes = [
        onnx.helper.make_node("Gemm", ["image", "first.w"], ["middle"]),
        onnx.helper.make_node("Gemm", ["middle", "second.w"], ["landmarks"]),
    ]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4])
        for name in ("image", "landmarks")
    ]
    graph = onnx.helper.make_graph(nodes, "small", ends[:1], ends[1:], weights)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)


def test_a_part_gives_what_the_whole_gives(network: onnx.ModelProto) -> None:
    image = np.arange(4, dtype=np.float32)[None]
    first = open_exact(cut_out(network, ("image",), ("middle",)))
    second = open_exact(cut_out(network, ("middle",), ("landmarks",)))
    assert second.run(first.run(image)[0])[0] == pytest.approx(open_exact(network).run(image)[0])


def test_weights_are_written_under_their_names(network: onnx.ModelProto) -> None:
    other = copied(network)
    write_weights(other, {"first.w": np.float32([[7]])})
    assert read_weights(other)["first.w"].tolist() == [[7]]
    assert read_weights(network)["first.w"].shape == (4, 4)


def test_refuses_what_is_no_network() -> None:
    with pytest.raises(ModelError, match=r"bad\.onnx is not an ONNX file"):
        parse_model(b"not a network", "bad.onnx")


def test_an_output_goes_with_what_serves_it_alone(network: onnx.ModelProto) -> None:
    image = np.arange(4, dtype=np.float32)[None]
    middle = onnx.helper.make_tensor_value_info("middle", onnx.TensorProto.FLOAT, [1, 4])
    network.graph.output.append(middle)
    reduced = without_output(network, "landmarks")
    assert [node.output[0] for node in reduced.graph.node] == ["middle"]
    assert list(read_weights(reduced)) == ["first.w"]
    assert np.array_equal(open_exact(reduced).run(image)[0], open_exact(network).run(image)[1])
    assert without_output(network, "error_percent") is network
