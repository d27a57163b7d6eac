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

"""A network file of some precision, seen as the layers of its blocks and the initializers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.blocks import Block
from hand_tracking_dsp.compression.onnx_graph import Array, Graph, read_weights
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles, Moments
from hand_tracking_dsp.compression.quantization.quantize import LARGEST_BIAS
from hand_tracking_dsp.compression.quantization.rounding import round_by_moments

_SMALLEST_STEP = 1e-12


@dataclass(frozen=True, slots=True)
class Weights:
    """Initializers behind one input of a layer.

    Attributes:
        values: Name of the weights themselves.
        scale: Name of their steps where they are quantized, else "".
        names: All of them, zero points too.
    """

    values: str
    scale: str
    names: tuple[str, ...]


class NetworkForm:
    """Finds, in the file of a network in some precision, what belongs to the blocks of the fp32 network.

    Args:
        model: The network file as it is: weights may be quantized, or float16 behind a Cast.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._layers: dict[str, onnx.NodeProto] = {node.name: node for node in model.graph.node}
        self._graph = Graph(model)
        self.initializers = read_weights(model)

    def layer(self, dense: onnx.ModelProto, tensor: str) -> onnx.NodeProto:
        """Find the layer that makes a tensor of the fp32 network."""
        name = next(node.name for node in dense.graph.node if tensor in node.output)
        return self._layers[name]

    def weights(self, layer: onnx.NodeProto, place: int) -> Weights:
        """Return the initializers behind an input of a layer, 1: weights, 2: biases."""
        name = layer.input[place]
        if name in self.initializers:
            return Weights(name, "", (name,))
        names = tuple(self._graph.nodes[name].input)
        return Weights(names[0], names[1] if len(names) > 1 else "", names)

    def quantized(self, layer: onnx.NodeProto) -> bool:
        """Tell whether the weights of a layer are."""
        return bool(self.weights(layer, 1).scale)

    def values(self, layer: onnx.NodeProto, place: int) -> Doubles:
        """Return weights or biases as numbers, float64."""
        found = self.weights(layer, place)
        values = self.initializers[found.values].astype(np.float64)
        if found.scale:
            scale = self.initializers[found.scale].astype(np.float64)
            values = values * scale.reshape(-1, *[1] * (values.ndim - 1))
        return values

    def step_of(self, tensor: str) -> float:
        """Return the step of a quantized activation."""
        return float(self.initializers[self._graph.nodes[tensor].input[1]])

    def read_name(self, tensor: str) -> str:
        """Return the name by which a tensor is read: where it is rounded, that of the rounded one."""
        readers = self._graph.readers.get(tensor, [])
        if len(readers) == 1 and readers[0].op_type == "QuantizeLinear":
            (dequantize,) = self._graph.readers[readers[0].output[0]]
            return str(dequantize.output[0])
        return tensor


@dataclass(frozen=True, slots=True)
class BlockForm:
    """A block in a network file.

    Attributes:
        block: The block of the fp32 network.
        expand: The layer that makes its hidden channels.
        depthwise: The layer that filters each.
        mixers: The layers that mix them.
        channels: Number of hidden channels, which INT8 pads.
        read_output: Tensor that is read behind the block.
    """

    block: Block
    expand: onnx.NodeProto
    depthwise: onnx.NodeProto
    mixers: tuple[onnx.NodeProto, ...]
    channels: int
    read_output: str

    @classmethod
    def find(cls, form: NetworkForm, dense: onnx.ModelProto, block: Block) -> BlockForm:
        """Find a block of the fp32 network."""
        depthwise = form.layer(dense, block.depthwise)
        return cls(
            block,
            form.layer(dense, block.expand),
            depthwise,
            tuple(form.layer(dense, name) for name in block.mixers),
            len(form.initializers[form.weights(depthwise, 1).values]),
            form.read_name(block.outputs[0]),
        )

    @property
    def hidden(self) -> str:
        """The tensor that the mixers read."""
        return str(self.mixers[0].input[0])

    @property
    def mixed(self) -> tuple[str, ...]:
        """The tensors that the mixers make."""
        return tuple(str(mixer.output[0]) for mixer in self.mixers)

    def rows(self, form: NetworkForm) -> tuple[str, ...]:
        """Name the initializers whose first axis is the hidden channels."""
        names = [
            name
            for layer in (self.expand, self.depthwise)
            for place in (1, 2)
            for name in form.weights(layer, place).names
        ]
        return tuple(name for name in names if form.initializers[name].shape[:1] == (self.channels,))

    def replaced(self, form: NetworkForm) -> tuple[str, ...]:
        """Name the initializers that are others when channels are gone."""
        found = []
        for mixer in self.mixers:
            weight, bias = form.weights(mixer, 1), form.weights(mixer, 2)
            found += [weight.values, bias.values]
            found += [name for name in (weight.scale, bias.scale) if name]
        return tuple(found)

    def matrix(self, form: NetworkForm) -> Doubles:
        """Return the weights of all mixers side by side, [n, m]."""
        parts = [form.values(mixer, 1).reshape(-1, self.channels) for mixer in self.mixers]
        matrix: Doubles = np.concatenate(parts).T
        return matrix

    def fitted(
        self, form: NetworkForm, kept: Array, matrix: Doubles, bias: Doubles, moments: Moments
    ) -> dict[str, Array]:
        """Return the initializers of the mixers for other weights, as the file keeps them.

        Args:
            form: The network file.
            kept: int64 [k], channels that stay.
            matrix: float64 [n, m], weights of all mixers.
            bias: float64 [m].
            moments: Moments of the hidden activations, for rounding.
        """
        found: dict[str, Array] = {}
        first = 0
        for mixer in self.mixers:
            shape = form.initializers[form.weights(mixer, 1).values].shape
            part = slice(first, first + shape[0])
            first += shape[0]
            if form.quantized(mixer):
                found |= _rounded(form, mixer, kept, matrix[kept, part], bias[part], moments)
                continue
            weight, offset = form.weights(mixer, 1).values, form.weights(mixer, 2).values
            values = matrix[kept, part].T.reshape(shape[0], len(kept), *shape[2:])
            found[weight] = values.astype(form.initializers[weight].dtype)
            found[offset] = bias[part].astype(form.initializers[offset].dtype)
        return found


def _rounded(
    form: NetworkForm,
    mixer: onnx.NodeProto,
    kept: Array,
    matrix: Doubles,
    bias: Doubles,
    moments: Moments,
) -> Mapping[str, Array]:
    """Round weights [k, m] and biases [m] of a convolution of 1x1, each error made good by later ones."""
    weight, offset = form.weights(mixer, 1), form.weights(mixer, 2)
    step = form.step_of(str(mixer.input[0]))
    smallest = (np.abs(bias) / (step * LARGEST_BIAS) + _SMALLEST_STEP)[None]
    products = moments.hh[np.ix_(kept, kept)] / moments.count
    whole, steps = round_by_moments(matrix.T[None], products[None], smallest)
    means = moments.hidden[kept] / moments.count
    # What rounding moves on average, the bias takes back.
    bias = bias + means @ (matrix - (whole[0] * steps[0][:, None]).T)
    scales = (steps[0] * step).astype(np.float32)
    return {
        weight.values: whole[0][:, :, None, None].astype(np.int8),
        weight.scale: steps[0].astype(np.float32),
        offset.values: np.round(bias / scales).astype(np.int32),
        offset.scale: scales,
    }
