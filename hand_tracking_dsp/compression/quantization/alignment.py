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

"""Gives layers the numbers of channels for which runtimes have fast INT8 kernels, without loss."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.onnx_graph import (
    Array,
    Graph,
    groups_of,
    is_depthwise,
    read_weights,
    write_weights,
)
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, set_groups

# ONNX Runtime's depthwise INT8 kernel (MlasConvSym) takes multiples of 16; others need two to three times
# as long. Its other convolutions take multiples of 4 inputs, and an image has 3.
_DEPTHWISE = 16
_INPUTS = 4

ZERO_PLANES = "image.zeros"
"""The planes that are added to the image."""


def align(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy with hidden channels padded to multiples of 16, the image to four planes, by zeros."""
    aligned = copied(model)
    if any(groups_of(node) % _DEPTHWISE for node in aligned.graph.node if is_depthwise(node)):
        _pad_hidden(aligned)
    _pad_image(aligned)
    # Shapes noted before would contradict the new ones.
    del aligned.graph.value_info[:]
    onnx.checker.check_model(aligned, full_check=True)
    return aligned


def padded_image(image: str) -> str:
    """Name the tensor that a padded network makes of its input."""
    return f"{image}.padded"


def _pad_hidden(model: onnx.ModelProto) -> None:
    graph, weights = Graph(model), read_weights(model)
    changed: dict[str, Array] = {}
    for block in read_blocks(model):
        missing = -block.channels % _DEPTHWISE
        depthwise = graph.nodes[block.depthwise]
        for node in (graph.nodes[block.expand], depthwise):
            changed.update((name, _padded(weights[name], 0, missing)) for name in node.input[1:])
        for mixer in block.mixers:
            name = graph.nodes[mixer].input[1]
            changed[name] = _padded(weights[name], 1, missing)
        set_groups(depthwise, block.channels + missing)
    write_weights(model, changed)


def _pad_image(model: onnx.ModelProto) -> None:
    image = model.graph.input[0]
    batch, planes, height, width = (size.dim_value for size in image.type.tensor_type.shape.dim)
    readers = Graph(model).readers[image.name]
    missing = -planes % _INPUTS
    if not missing or any(node.op_type != "Conv" for node in readers):
        return
    weights = read_weights(model)
    write_weights(model, {node.input[1]: _padded(weights[node.input[1]], 1, missing) for node in readers})
    for node in readers:
        node.input[0] = padded_image(image.name)
    zeros = np.zeros((batch, missing, height, width), np.float32)
    model.graph.initializer.append(numpy_helper.from_array(zeros, ZERO_PLANES))
    parts = [image.name, ZERO_PLANES]
    concat = helper.make_node("Concat", parts, [padded_image(image.name)], name="image.pad", axis=1)
    model.graph.node.insert(0, concat)


def _padded(values: Array, axis: int, count: int) -> Array:
    return np.pad(values, [(0, count if i == axis else 0) for i in range(values.ndim)])
