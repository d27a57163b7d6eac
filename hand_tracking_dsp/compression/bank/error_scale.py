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

"""Scale of the output error_percent, folded into a network's graph."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hand_tracking_dsp.compression.onnx_graph import Graph, read_weights, write_weights
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, set_nodes

_ERROR = "error_percent"
_SLOPE, _SHIFT = "head.error.slope", "head.error.shift"
_SCALED, _SHIFTED = "error.scaled", "error.shifted"


def with_error_scale(model: onnx.ModelProto, slope: float, shift: float) -> onnx.ModelProto:
    """Change the output error_percent e of a landmark network to exp(slope * ln(e) + shift).

    Two nodes in front of the exponential do it; a network that has them gets other numbers.

    Raises:
        ModelError: The network has no such output, or it does not come from an exponential.
    """
    last = Graph(model).nodes.get(_ERROR)
    if last is None or last.op_type != "Exp":
        msg = f"The network has no output {_ERROR} that comes from an exponential: train it with one."
        raise ModelError(msg)
    scaled = copied(model)
    old = read_weights(model)
    if _SLOPE in old:
        shift += slope * float(old[_SHIFT])
        slope *= float(old[_SLOPE])
        write_weights(scaled, {_SLOPE: np.float32(slope), _SHIFT: np.float32(shift)})
        return scaled
    for name, value in ((_SLOPE, slope), (_SHIFT, shift)):
        scaled.graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    exponential = copied(last)
    exponential.input[0] = _SHIFTED
    added: list[onnx.NodeProto] = [
        helper.make_node("Mul", [last.input[0], _SLOPE], [_SCALED], _SLOPE),
        helper.make_node("Add", [_SCALED, _SHIFT], [_SHIFTED], _SHIFT),
        exponential,
    ]
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        nodes.extend(added if _ERROR in node.output else [node])
    set_nodes(scaled, nodes)
    onnx.checker.check_model(scaled)
    return scaled
