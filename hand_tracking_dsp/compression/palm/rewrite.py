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

"""Rewrites of the palm detector that leave its results as they are, or all but, and spend less time."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hand_tracking_dsp.compression.onnx_graph import Array, Graph, is_depthwise, read_weights
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, drop_unused, set_nodes

# Where fewer channels meet, turning the tensor costs more than integers save.
_FEWEST_CHANNELS = 64
_LARGEST_INTEGER = 127


def project_before_resize(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let each 1x1 convolution that reads an enlarged grid read the small one, a quarter of the work.

    Linear interpolation and a 1x1 convolution commute: the one's weights sum to 1 and the other treats
    all pixels alike.
    """
    result = copied(model)
    weights, readers = read_weights(result), Graph(result).readers
    nodes = list(result.graph.node)
    for i, resize in enumerate(nodes):
        if resize.op_type != "Resize" or len(readers[resize.output[0]]) != 1:
            continue
        (projection,) = readers[resize.output[0]]
        if not _is_projection(projection, weights):
            continue
        # The two trade places: who reads the pair, and what the pair reads, see no difference.
        before, between, after = resize.input[0], resize.output[0], projection.output[0]
        projection.input[0], projection.output[0] = before, between
        resize.input[0], resize.output[0] = between, after
        j = next(j for j, node in enumerate(nodes) if node.output[0] == between)
        nodes[i], nodes[j] = nodes[j], resize
    set_nodes(result, nodes)
    return result


def with_integer_projections(model: onnx.ModelProto) -> onnx.ModelProto:
    """Compute the 1x1 convolutions with 8-bit integers: weights by output channel, inputs by picture.

    All else stays fp32. Quantizing the whole detector makes it slower in ONNX Runtime: its PReLUs have
    no integer kernel, and 5x5 depthwise layers take 2.5 times as long in INT8 as in fp32 (AVX512-VNNI).
    The inputs' ranges are found in each run, so that no calibration picture decides about them.

    The product is written as ONNX Runtime's DynamicQuantizeMatMul is recognised; the bias as a 1x1
    depthwise convolution behind it, because that takes the result back into the blocked layout in which
    the additions around it are fused.
    """
    result = copied(model)
    weights = read_weights(result)
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, Array] = {}
    for node in result.graph.node:
        if _is_projection(node, weights) and weights[node.input[1]].shape[1] >= _FEWEST_CHANNELS:
            nodes += _integer_projection(node, weights, constants)
        else:
            nodes.append(node)
    set_nodes(result, nodes)
    result.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    drop_unused(result)
    return result


def _is_projection(node: onnx.NodeProto, weights: dict[str, Array]) -> bool:
    """Tell whether a node is a 1x1 convolution with a bias that mixes channels."""
    return (
        node.op_type == "Conv"
        and not is_depthwise(node)
        and len(node.input) == 3
        and weights[node.input[1]].shape[2:] == (1, 1)
    )


def _integer_projection(
    node: onnx.NodeProto, weights: dict[str, Array], constants: dict[str, Array]
) -> list[onnx.NodeProto]:
    """Write a 1x1 convolution as an integer product; add its weights to constants."""
    prefix = node.name or node.output[0]
    matrix = weights[node.input[1]][:, :, 0, 0].T
    scale = np.maximum(np.abs(matrix).max(axis=0) / _LARGEST_INTEGER, np.finfo(np.float32).tiny)
    outputs = matrix.shape[1]

    def constant(what: str, value: Array) -> str:
        constants[f"{prefix}.int8.{what}"] = value
        return f"{prefix}.int8.{what}"

    def tensor(what: str) -> str:
        return f"{prefix}.int8.{what}"

    integers = constant("integers", np.rint(matrix / scale).astype(np.int8))
    zeros = constant("zeros", np.zeros(outputs, np.int8))
    scales = constant("scales", scale.astype(np.float32))
    ones = constant("ones", np.ones((outputs, 1, 1, 1), np.float32))
    quantized = [tensor("input"), tensor("input_scale"), tensor("input_zero")]
    make = helper.make_node
    return [
        make("Transpose", [node.input[0]], [tensor("last")], name=tensor("to_last"), perm=[0, 2, 3, 1]),
        make("DynamicQuantizeLinear", [tensor("last")], quantized, name=tensor("quantize")),
        make(
            "MatMulInteger",
            [quantized[0], integers, quantized[2], zeros],
            [tensor("sums")],
            name=tensor("multiply"),
        ),
        make("Cast", [tensor("sums")], [tensor("floats")], name=tensor("cast"), to=onnx.TensorProto.FLOAT),
        make("Mul", [quantized[1], scales], [tensor("scale")], name=tensor("scale_by_channel")),
        make("Mul", [tensor("floats"), tensor("scale")], [tensor("product")], name=tensor("rescale")),
        make("Transpose", [tensor("product")], [tensor("first")], name=tensor("to_first"), perm=[0, 3, 1, 2]),
        make(
            "Conv",
            [tensor("first"), ones, node.input[2]],
            [node.output[0]],
            name=tensor("bias"),
            group=outputs,
            kernel_shape=[1, 1],
        ),
    ]
