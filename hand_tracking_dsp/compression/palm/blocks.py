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

"""Residual blocks of the palm detector, taken out as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from hand_tracking_dsp.compression.onnx_graph import Graph, attributes_of, is_depthwise, read_weights
from hand_tracking_dsp.compression.palm.kinks import read_prelus
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, drop_unused


def without_blocks(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """Take residual blocks out of a palm detector: what reads a block's output reads its input instead.

    Args:
        model: The detector, fp32, its PReLUs as mediapipe.prelu writes them; it stays as it is.
        names: Names of the blocks, for example block01.

    Raises:
        ModelError: The network has no such block, or it changes the size or the channels of its stream.
    """
    result = copied(model)
    for name in names:
        before, after = _stream_around(result, name)
        for node in result.graph.node:
            for i, tensor in enumerate(node.input):
                if tensor == after:
                    node.input[i] = before
        drop_unused(result)
    return result


def _stream_around(model: onnx.ModelProto, name: str) -> tuple[str, str]:
    """Return the tensors that a residual block reads and makes."""
    graph, weights = Graph(model), read_weights(model)
    for depthwise in model.graph.node:
        if not is_depthwise(depthwise) or not depthwise.input[1].startswith(f"{name}."):
            continue
        projections = graph.readers[depthwise.output[0]]
        sums = graph.readers[projections[0].output[0]]
        whole = attributes_of(depthwise).get("strides", [1, 1])[0] == 1
        if whole and sums[0].op_type == "Add" and depthwise.input[0] in sums[0].input:
            total = sums[0].output[0]
            prelus = read_prelus(model, graph, weights)
            return depthwise.input[0], next((p.output for p in prelus if p.source == total), total)
    blocks = ", ".join(sorted({n.input[1].partition(".")[0] for n in model.graph.node if is_depthwise(n)}))
    msg = (
        f"The palm detector has no residual block {name} whose stream keeps its size: choose among those of "
        f"{blocks} that do."
    )
    raise ModelError(msg)
