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

"""Scales channels so that one step of rounding serves all channels of a tensor alike.

Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019. Between two
convolutions a channel may be multiplied by any positive number and divided by it again. Where ReLU6 stands
between them, what it cuts off moves with the channel, to the largest value that the channel takes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import Array, Graph, is_depthwise, read_weights, write_weights
from hand_tracking_dsp.compression.quantization.observation import ChannelRange
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.types import Floats

MARGIN = 4.0
"""Standard deviations between pictures that a channel may go beyond what was seen before it is cut off."""

# A channel is enlarged no further than this many times: smaller ones hardly count.
_LARGEST_FACTOR = 16.0
_RELU6 = 6.0
_SAME_SCALE = {"Add", "Clip", "MaxPool", "Relu", "Resize"}


def equalize(
    model: onnx.ModelProto, ranges: Mapping[str, ChannelRange]
) -> tuple[onnx.ModelProto, dict[str, ChannelRange]]:
    """Scale the channels of an fp32 network by the ranges of its tensors' channels.

    Returns:
        A copy with the same outputs as long as no channel leaves its range, and what its channels reach.
    """
    scaled = copied(model)
    weights = read_weights(scaled)
    changed: dict[str, Array] = {}
    factors = _factors(scaled, ranges)
    for node in scaled.graph.node:
        if node.op_type != "Conv":
            continue
        weight, bias = (changed.get(name, weights[name]).astype(np.float64) for name in node.input[1:])
        if (factor := factors.get(node.input[0])) is not None:
            weight = weight / factor.reshape((-1, 1, 1, 1) if is_depthwise(node) else (1, -1, 1, 1))
        if (factor := factors.get(node.output[0])) is not None:
            weight, bias = weight * factor.reshape(-1, 1, 1, 1), bias * factor
        changed[node.input[1]], changed[node.input[2]] = weight.astype(np.float32), bias.astype(np.float32)
    write_weights(scaled, changed)
    return scaled, {
        name: found.scaled(factors[name]) if name in factors else found for name, found in ranges.items()
    }


def _factors(model: onnx.ModelProto, ranges: Mapping[str, ChannelRange]) -> dict[str, Floats]:
    """Find the factor of every channel of the tensors that may be scaled."""
    found: dict[str, Floats] = {}
    graph = Graph(model)
    held = {value.name for value in (*model.graph.input, *model.graph.output)}
    for tensors in _tied(model):
        if held & tensors or not _between_convolutions(tensors, graph):
            continue
        if any(graph.nodes[name].op_type == "Clip" for name in tensors):
            factor = _hidden_factor(tensors, graph, ranges)
        else:
            factor = _stream_factor(tensors, ranges)
        if factor is not None:
            found.update(dict.fromkeys(tensors, factor))
    return found


def _tied(model: onnx.ModelProto) -> list[set[str]]:
    """Group tensors that must be scaled alike."""
    sets: dict[str, set[str]] = {name: {name} for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type not in _SAME_SCALE:
            continue
        for name in node.input:
            if name not in sets or sets[name] is sets[node.output[0]]:
                continue
            merged = sets[name] | sets[node.output[0]]
            sets.update(dict.fromkeys(merged, merged))
    return list({id(group): group for group in sets.values()}.values())


def _between_convolutions(tensors: set[str], graph: Graph) -> bool:
    """Tell whether a group is made by convolutions, and read by nothing that would notice its scale."""
    made = all(graph.nodes[name].op_type in _SAME_SCALE | {"Conv"} for name in tensors)
    readers = [node for name in tensors for node in graph.readers.get(name, [])]
    return made and all(node.op_type in _SAME_SCALE | {"Conv"} for node in readers)


def _hidden_factor(tensors: set[str], graph: Graph, ranges: Mapping[str, ChannelRange]) -> Floats | None:
    """Enlarge the channels before a depthwise convolution until each fills ReLU6's range.

    Behind it they stay: there the convolution that follows sums over channels, so that errors of rounding
    even out, and being cut off would harm more (measured).
    """
    (clip,) = (name for name in tensors if graph.nodes[name].op_type == "Clip")
    if not all(is_depthwise(node) for node in graph.readers[clip]):
        return None
    high = ranges[clip].bounds(MARGIN)[1]
    factor: Floats = np.clip(_RELU6 / np.maximum(high, 1e-9), 1.0, _LARGEST_FACTOR)
    return factor


def _stream_factor(tensors: set[str], ranges: Mapping[str, ChannelRange]) -> Floats:
    """Make the largest absolute value equal in all channels between blocks."""
    reach = np.max([np.abs(ranges[name].bounds(MARGIN)).max(axis=0) for name in tensors], axis=0)
    factor: Floats = np.minimum(reach.max() / np.maximum(reach, 1e-9), _LARGEST_FACTOR)
    return factor
