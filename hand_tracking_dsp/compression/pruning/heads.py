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

"""The linear heads of a landmark network's last block, and how much each output counts."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.blocks import Block
from hand_tracking_dsp.compression.onnx_graph import Graph
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles, Moments

_LANDMARKS_SHARE = 0.5


def head_names(model: onnx.ModelProto, block: Block) -> tuple[str, ...]:
    """Name the network's output that each head of a block becomes, some through a sigmoid."""
    graph = Graph(model)
    outputs = {output.name for output in model.graph.output}
    return tuple(name if name in outputs else graph.readers[name][0].output[0] for name in block.outputs)


def head_columns(model: onnx.ModelProto, block: Block) -> dict[str, NDArray[np.int64]]:
    """Find the columns of blocks.mixing_matrix that belong to each of the network's outputs."""
    sizes = {output.name: output.type.tensor_type.shape.dim[1].dim_value for output in model.graph.output}
    names = head_names(model, block)
    ends = np.cumsum([sizes[name] for name in names])
    return {name: np.arange(end - sizes[name], end) for name, end in zip(names, ends, strict=True)}


def output_weights(model: onnx.ModelProto, block: Block, moments: Moments) -> Doubles:
    """Say how much the squared error of each of a block's outputs counts.

    The channels of a feature map count alike. Heads count in shares of their variance, so that pixels,
    metres and logits can be added: image landmarks half of all, the others the rest.

    Returns:
        float64 [m].
    """
    variance = moments.variance()
    if not block.heads:
        return np.full(len(variance), 1 / max(float(variance.sum()), np.finfo(np.float32).tiny))
    weights = np.empty(len(variance))
    columns = head_columns(model, block)
    for name, places in columns.items():
        share = _LANDMARKS_SHARE if name == "landmarks" else (1 - _LANDMARKS_SHARE) / max(len(columns) - 1, 1)
        weights[places] = share / max(float(variance[places].sum()), np.finfo(np.float32).tiny)
    return weights
