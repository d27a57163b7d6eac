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

"""PReLUs with one product less.

PReLU(s) = a s + (1 - a) ReLU(s) is written with two products by channel. Within a stage the stream goes
from one block to the next only through layers whose weights can take up a factor by channel, so that the
stream may be kept as t = g s, with g chosen such that the ReLU's product is 1:

    g > 0:  ReLU(t) + a / (1 - a) t  =  g / (1 - a) PReLU(s)
    g < 0:  ReLU(t) - 1 / (1 - a) t  =  |g| / (1 - a) PReLU(s)

The factor on the right is the next block's g. Where a stage ends the PReLU keeps both products, which
undo what is left of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import (
    Array,
    Graph,
    groups_of,
    is_depthwise,
    read_weights,
    write_weights,
)
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, drop_unused

# A kink weaker than this would ask for a factor without bounds; the slope moves by no more.
_WEAKEST = 1e-3


@dataclass(frozen=True, slots=True)
class Prelu:
    """Nodes of a PReLU, found by its parts: what it reads and makes, its weights, its product and sum."""

    source: str
    output: str
    slope: str
    rest: str
    product: onnx.NodeProto
    total: onnx.NodeProto


def fold_kinks(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take one product out of every PReLU inside a stage; the results stay the same to rounding.

    The model, in fp32, has its PReLUs as mediapipe.prelu writes them.
    """
    result = copied(model)
    graph, weights = Graph(result), read_weights(result)
    factors: dict[str, Array] = {}
    changed: dict[str, Array] = {}
    gone: list[onnx.NodeProto] = []
    for prelu in read_prelus(result, graph, weights):
        slope = weights[prelu.slope].astype(np.float64)
        factor = factors.get(prelu.source, np.ones_like(slope))
        block = _next_block(graph, weights, prelu.output)
        kink = np.copysign(np.maximum(abs(1 - slope), _WEAKEST), 1 - slope)
        linear = np.where(factor > 0, (1 - kink), -1.0)
        if block is None:
            changed[prelu.slope], changed[prelu.rest] = linear / abs(factor), kink / abs(factor)
            continue
        depthwise, projection, total = block
        following = abs(factor) / kink
        changed[prelu.slope] = linear / kink
        column = following.reshape(-1, 1, 1, 1)
        changed[depthwise.input[1]] = weights[depthwise.input[1]] / column
        changed[projection.input[1]] = weights[projection.input[1]] * column
        changed[projection.input[2]] = weights[projection.input[2]] * following.reshape(-1)
        factors[total.output[0]] = following
        for i, name in enumerate(prelu.total.input):
            if name == prelu.product.output[0]:
                prelu.total.input[i] = prelu.product.input[0]
        gone.append(prelu.product)
    write_weights(result, {name: value.astype(np.float32) for name, value in changed.items()})
    for node in gone:
        result.graph.node.remove(node)
    drop_unused(result)
    return result


def read_prelus(model: onnx.ModelProto, graph: Graph, weights: dict[str, Array]) -> list[Prelu]:
    """Find the PReLUs in the order in which they run."""
    found = []
    for relu in model.graph.node:
        if relu.op_type != "Relu" or len(graph.readers[relu.output[0]]) != 1:
            continue
        (product,) = graph.readers[relu.output[0]]
        scales = [node for node in graph.readers[relu.input[0]] if node.op_type == "Mul"]
        if product.op_type != "Mul" or len(scales) != 1 or len(graph.readers[relu.input[0]]) != 2:
            continue
        (total,) = graph.readers[product.output[0]]
        slope = next((name for name in scales[0].input if name in weights), "")
        rest = next((name for name in product.input if name in weights), "")
        if slope and rest and scales[0].output[0] in total.input:
            found.append(Prelu(relu.input[0], total.output[0], slope, rest, product, total))
    return found


def _next_block(
    graph: Graph, weights: dict[str, Array], stream: str
) -> tuple[onnx.NodeProto, onnx.NodeProto, onnx.NodeProto] | None:
    """Return depthwise layer, projection and sum of the residual block that alone reads a stream."""
    readers = graph.readers.get(stream, [])
    depthwise = next((node for node in readers if is_depthwise(node)), None)
    total = next((node for node in readers if node.op_type == "Add"), None)
    if len(readers) != 2 or depthwise is None or total is None:
        return None
    mixers = graph.mixers(depthwise)
    one_filter_each = weights[depthwise.input[1]].shape[0] == groups_of(depthwise)
    if not one_filter_each or len(mixers) != 1 or mixers[0].output[0] not in total.input:
        return None
    return depthwise, mixers[0], total
