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

"""ONNX networks as PyTorch modules, and back: the same graph, with its weights as parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from hand_tracking_dsp.compression.bank.deviation import Predictions, as_input
from hand_tracking_dsp.compression.distillation.depthwise import Depthwise
from hand_tracking_dsp.compression.onnx_graph import attributes_of, read_weights, write_weights
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

FEATURES = "features"
"""Name in forward's result of the tensor that the landmark head reads."""

# In the order of tracking.contract.LANDMARKS.
_HEADS = ("landmarks", "presence", "handedness", "world_landmarks")
_Values = dict[str, Tensor]
_Operator = Callable[["OnnxNetwork", onnx.NodeProto, dict[str, Any], _Values], Tensor]


class Quantizer(Protocol):
    """Rounds as a quantized network does, for quantization-aware training."""

    def activation(self, name: str, values: Tensor) -> Tensor:
        """Round the tensor of that name."""

    def weight(self, name: str, values: Tensor) -> Tensor:
        """Round the weight of that name, output channels first."""


class OnnxNetwork(nn.Module):
    """Landmark or palm network of convolutions, run node by node.

    Args:
        model: Network in opset 13.

    Raises:
        ModelError: It has an operator that is not supported here.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        self._model = copied(model)
        unknown = sorted({node.op_type for node in model.graph.node} - set(_OPERATORS))
        if unknown:
            msg = f"The network cannot be trained: its operators {', '.join(unknown)} are not supported."
            raise ModelError(msg)
        self.weights = nn.ParameterDict()
        self.constants: dict[str, float] = {}
        self.shapes: dict[str, list[int]] = {}
        for name, array in read_weights(model).items():
            if array.dtype == np.float32 and array.ndim:
                self.weights[_key(name)] = nn.Parameter(torch.from_numpy(array.copy()))
            elif array.ndim:
                self.shapes[name] = [int(value) for value in array]
            elif array.size == 1:
                self.constants[name] = float(array.item())
        self.quantizer: Quantizer | None = None
        self._nodes = [(node, attributes_of(node)) for node in model.graph.node]
        heads = [node for node in model.graph.node if "landmarks" in node.output]
        self._features = heads[0].input[0] if heads else None
        self.feature_width = self.weight(heads[0].input[1]).shape[-1] if heads else 0
        self._outputs = [output.name for output in model.graph.output]
        self._done_after = self._last_uses()
        # Where a Clip follows, its output is rounded: a quantized convolution clips while it rounds.
        self._clipped = {node.input[0] for node in model.graph.node if node.op_type == "Clip"}

    def forward(self, image: Tensor, behind: str | None = None) -> dict[str, Tensor]:
        """Run the network on images, float [n, 3, height, width], RGB, 0 to 1.

        Args:
            image: The images.
            behind: Tensor that is given instead, as until gives it; what comes after it is run.

        Returns:
            Outputs by name, and the features that the landmark head reads.
        """
        # The image is not rounded, because its values are bytes.
        values: _Values = {behind or self._model.graph.input[0].name: image}
        self._run(self._nodes[self._place(behind) + 1 :] if behind else self._nodes, values)
        result = {name: values[name] for name in self._outputs}
        if self._features:
            result[FEATURES] = values[self._features]
        return result

    def until(self, image: Tensor, tensor: str) -> Tensor:
        """Run the network on images as forward does, as far as a tensor."""
        values: _Values = {self._model.graph.input[0].name: image}
        self._run(self._nodes[: self._place(tensor) + 1], values)
        return values[tensor]

    def freeze_until(self, tensor: str) -> None:
        """Freeze all weights that a tensor depends on."""
        for node, _ in self._nodes[: self._place(tensor) + 1]:
            for name in map(_key, node.input[1:]):
                if name in self.weights:
                    self.weights[name].requires_grad_(requires_grad=False)

    def _place(self, tensor: str) -> int:
        return next(i for i, (node, _) in enumerate(self._nodes) if node.output[0] == tensor)

    def _run(self, nodes: Sequence[tuple[onnx.NodeProto, dict[str, Any]]], values: _Values) -> None:
        for node, attributes in nodes:
            values[node.output[0]] = _OPERATORS[node.op_type](self, node, attributes, values)
            for name in self._done_after.get(node.output[0], ()):
                values.pop(name, None)  # without gradients its memory is free again

    def _last_uses(self) -> dict[str, list[str]]:
        """Return the values that no later node reads, by the output of the last one that does."""
        last = {name: node.output[0] for node, _ in self._nodes for name in node.input}
        done: dict[str, list[str]] = {}
        for name, after in last.items():
            if name not in (*self._outputs, self._features):
                done.setdefault(after, []).append(name)
        return done

    def to_onnx(self) -> onnx.ModelProto:
        """Write the parameters back into the graph they came from."""
        model = copied(self._model)
        names = [tensor.name for tensor in model.graph.initializer if _key(tensor.name) in self.weights]
        trained = {name: self.weights[_key(name)].detach().float().cpu().numpy() for name in names}
        write_weights(model, trained)
        return model

    def freeze_depthwise(self) -> None:
        """Freeze the kernels of depthwise convolutions: few weights, but half of the work."""
        for node, attributes in self._nodes:
            if node.op_type == "Conv" and attributes.get("group", 1) > 1:
                self.weights[_key(node.input[1])].requires_grad_(requires_grad=False)

    def freeze_constants(self) -> None:
        """Freeze what belongs to no convolution or linear layer, as the slopes of PReLUs."""
        layers = {
            name for node, _ in self._nodes if node.op_type in ("Conv", "Gemm") for name in node.input[1:]
        }
        for name, weight in self.weights.items():
            if name not in map(_key, layers):
                weight.requires_grad_(requires_grad=False)

    def weight(self, name: str) -> Tensor:
        """Return a weight, rounded where a quantizer is set."""
        values = self.weights[_key(name)]
        return self.quantizer.weight(name, values) if self.quantizer else values

    def bias(self, node: onnx.NodeProto) -> Tensor | None:
        """Return a layer's bias, if it has one."""
        return self.weights[_key(node.input[2])] if len(node.input) > 2 else None

    def rounded(self, name: str, values: Tensor) -> Tensor:
        """Return a tensor, rounded where a quantizer is set and no Clip follows."""
        if self.quantizer is None or name in self._clipped:
            return values
        return self.quantizer.activation(name, values)


@torch.no_grad()
def predict_in_torch(model: onnx.ModelProto, images: NDArray[np.uint8]) -> Predictions:
    """Run a landmark network in PyTorch on images, uint8 [n, 224, 224, 3] RGB, one at a time."""
    network = OnnxNetwork(model).eval()
    outputs = [network(torch.from_numpy(as_input(image))) for image in images]
    return Predictions.of([[output[name].numpy() for name in _HEADS] for output in outputs])


def _key(name: str) -> str:
    # PyTorch does not allow dots in names of parameters.
    return name.replace(".", "/")


def _conv(network: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values) -> Tensor:
    return network.rounded(node.output[0], _convolved(network, node, attributes, values))


def _convolved(
    network: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values
) -> Tensor:
    data, weight, bias = values[node.input[0]], network.weight(node.input[1]), network.bias(node)
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    stride, group = attributes.get("strides", [1, 1])[0], attributes.get("group", 1)
    if group == len(weight) > 1 and weight.shape[2] % 2 and not data.is_cuda:
        # With a stride all positions are computed and some taken: PyTorch's own gradient is far slower.
        half = weight.shape[2] // 2
        if torch.is_autocast_enabled(data.device.type):
            half_type = torch.get_autocast_dtype(data.device.type)
            data, weight, bias = (None if x is None else x.to(half_type) for x in (data, weight, bias))
        dense = Depthwise.apply(data, weight, bias)
        return dense if stride == 1 else dense[:, :, half - top :: stride, half - left :: stride]
    if (top, left) == (bottom, right):
        return functional.conv2d(data, weight, bias, stride, (top, left), 1, group)
    padded = functional.pad(data, (left, right, top, bottom))
    return functional.conv2d(padded, weight, bias, stride, 0, 1, group)


def _gemm(network: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values) -> Tensor:
    weight, data = network.weight(node.input[1]), values[node.input[0]]
    # Also where the convolutions are in bfloat16, which would round pixels to halves.
    with torch.autocast(data.device.type, enabled=False):
        return functional.linear(
            data.float(), weight if attributes.get("transB") else weight.T, network.bias(node)
        )


def _clip(network: OnnxNetwork, node: onnx.NodeProto, _: dict[str, Any], values: _Values) -> Tensor:
    low, high = (network.constants[name] for name in node.input[1:3])
    return network.rounded(node.output[0], functional.hardtanh(values[node.input[0]], low, high))


def _add(network: OnnxNetwork, node: onnx.NodeProto, _: dict[str, Any], values: _Values) -> Tensor:
    return network.rounded(node.output[0], values[node.input[0]] + values[node.input[1]])


def _max_pool(_: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values) -> Tensor:
    return functional.max_pool2d(values[node.input[0]], attributes["kernel_shape"], attributes["strides"])


def _mul(network: OnnxNetwork, node: onnx.NodeProto, _: dict[str, Any], values: _Values) -> Tensor:
    return values[node.input[0]] * network.weights[_key(node.input[1])]


def _concat(_: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values) -> Tensor:
    return torch.cat([values[name] for name in node.input], dim=attributes["axis"])


def _slice(network: OnnxNetwork, node: onnx.NodeProto, _: dict[str, Any], values: _Values) -> Tensor:
    """Cut out along some axes, in steps of 1."""
    data = values[node.input[0]]
    for start, end, axis in zip(*(network.shapes[name] for name in node.input[1:4]), strict=True):
        data = data.narrow(axis, start, end - start)
    return data


def _transpose(_: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values) -> Tensor:
    return values[node.input[0]].permute(attributes["perm"])


def _reshape(network: OnnxNetwork, node: onnx.NodeProto, _: dict[str, Any], values: _Values) -> Tensor:
    """Reshape; the first size is that of a batch of one."""
    data = values[node.input[0]]
    return data.reshape(len(data), *network.shapes[node.input[1]][1:])


def _resize(
    network: OnnxNetwork, node: onnx.NodeProto, attributes: dict[str, Any], values: _Values
) -> Tensor:
    """Enlarge by a whole factor, the only one in use, with ONNX's half_pixel."""
    factor = float(network.weights[_key(node.input[2])][-1])
    if attributes.get("coordinate_transformation_mode", b"half_pixel") != b"half_pixel":
        msg = f"The network cannot be trained: the coordinates of {node.name} are not half_pixel."
        raise ModelError(msg)
    return functional.interpolate(values[node.input[0]], scale_factor=factor, mode="bilinear")


def _plain(_: OnnxNetwork, node: onnx.NodeProto, __: dict[str, Any], values: _Values) -> Tensor:
    return PLAIN[node.op_type](values[node.input[0]])


PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "GlobalAveragePool": lambda data: data.mean((2, 3), keepdim=True, dtype=torch.float32),
    "Exp": lambda data: data.exp(),
    "Flatten": lambda data: data.flatten(1),
    "Relu": lambda data: data.relu(),
    "Sigmoid": lambda data: data.sigmoid(),
}
"""Operators with neither weights nor attributes, by ONNX's names."""

_OPERATORS: dict[str, _Operator] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "Clip": _clip,
    "Add": _add,
    "Concat": _concat,
    "MaxPool": _max_pool,
    "Mul": _mul,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "Transpose": _transpose,
    **dict.fromkeys(PLAIN, _plain),
}
