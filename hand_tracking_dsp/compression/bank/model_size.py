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

"""Counting a network's parameters and multiplications."""

from __future__ import annotations

import math

import onnx


def sizes(model: onnx.ModelProto) -> dict[str, int]:
    """Return the numbers of parameters and of multiplications, as NetworkInfo names them."""
    return {"parameters": count_parameters(model), "macs": count_macs(model)}


def count_parameters(model: onnx.ModelProto) -> int:
    """Count the weights and biases of convolutions and linear layers."""
    weights = _weight_shapes(model)
    return sum(
        math.prod(weights[name])
        for node in model.graph.node
        if node.op_type in {"Conv", "Gemm"}
        for name in node.input[1:]
    )


def count_macs(model: onnx.ModelProto) -> int:
    """Count the multiplications with addition of convolutions and linear layers in one run."""
    weights = _weight_shapes(model)
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.output)
    }
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += math.prod(weights[node.input[1]]) * math.prod(shapes[node.output[0]][2:])
        elif node.op_type == "Gemm":
            total += math.prod(weights[node.input[1]])
    return total


def _weight_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
