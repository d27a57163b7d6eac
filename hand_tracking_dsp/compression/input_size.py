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

"""Landmark networks with inputs of other sizes."""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import copied, read_weights, write_weights


def with_input_size(model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    """Set the input's side of a network whose last map is pooled as a whole, so that any size fits."""
    sized = copied(model)
    for axis in sized.graph.input[0].type.tensor_type.shape.dim[2:]:
        axis.dim_value = size
    del sized.graph.value_info[:]
    return sized


def scale_landmarks(model: onnx.ModelProto, factor: float) -> None:
    """Scale the landmarks that a network gives, in place."""
    head = next(node for node in model.graph.node if "landmarks" in node.output)
    weights = read_weights(model)
    write_weights(model, {name: weights[name] * np.float32(factor) for name in head.input[1:3]})
