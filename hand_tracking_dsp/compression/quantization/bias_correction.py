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

"""Moves biases so that a quantized network's layers have the original's outputs on average.

Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section 4.2,
with pictures instead of assumed distributions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.onnx_graph import Graph, read_weights, write_weights
from hand_tracking_dsp.compression.quantization.observation import run_through
from hand_tracking_dsp.compression.quantization.rounding import Doubles

_PICTURES = 32
_LARGEST = 2**31 - 1


def correct_biases(quantized: onnx.ModelProto, original: onnx.ModelProto, images: NDArray[np.uint8]) -> None:
    """Correct the biases of all layers of a network quantized from an original in fp32, in place, in order.

    Each is corrected with those before it corrected already, so that it answers for its own error only.
    The linear heads, which stay in float, take what is left: a channel that is nearly constant lies between
    two steps, and only what reads it can make that good. Of images, uint8 [n, height, width, 3] RGB, some
    are used.
    """
    chosen = images[:: max(1, len(images) // _PICTURES)][:_PICTURES]
    graph = Graph(original)
    layers = [node for node in original.graph.node if node.op_type in {"Conv", "Gemm"}]
    tensors = {node.name: _activated(node, graph) for node in layers}
    wanted = _means(original, tuple(tensors.values()), chosen)
    for node in layers:
        target, bias = tensors[node.name], node.input[2]
        weights = read_weights(quantized)
        in_float = bias in weights
        name = target if in_float else f"{target}_DequantizeLinear_Output"
        excess = _means(quantized, (name,), chosen)[name] - wanted[target]
        if in_float:
            changed = {bias: (weights[bias] - excess).astype(np.float32)}
        else:
            whole = f"{bias}_quantized"
            corrected = weights[whole] - np.round(excess / weights[f"{whole}_scale"].astype(np.float64))
            changed = {whole: np.clip(corrected, -_LARGEST, _LARGEST).astype(np.int32)}
        write_weights(quantized, changed)


def _activated(node: onnx.NodeProto, graph: Graph) -> str:
    """Return what a layer's output becomes: the quantizer takes ReLU6 and ReLU into it."""
    readers = graph.readers.get(node.output[0], [])
    if len(readers) == 1 and readers[0].op_type in {"Clip", "Relu"}:
        return str(readers[0].output[0])
    return str(node.output[0])


def _means(model: onnx.ModelProto, names: Sequence[str], images: NDArray[np.uint8]) -> dict[str, Doubles]:
    """Average tensors over pictures and positions: float64 [channels] by tensor."""
    sums: dict[str, Doubles] = {}
    for tensors in run_through(model, images, names):
        for name in names:
            values = tensors[name]
            mean = values.mean(axis=(0, *range(2, values.ndim)), dtype=np.float64)
            sums[name] = sums[name] + mean if name in sums else mean
    return {name: total / len(images) for name, total in sums.items()}
