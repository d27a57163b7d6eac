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

"""Landmark networks made of PyTorch's own layers, for pruning tools that trace such layers.

compression.distillation.network.OnnxNetwork holds bare weights, in which Torch-Pruning 1.6.1 finds no layer.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_tracking_dsp.compression.distillation.network import PLAIN
from hand_tracking_dsp.compression.onnx_graph import (
    Array,
    attributes_of,
    is_depthwise,
    read_weights,
    write_weights,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, set_groups

_PLAIN: dict[str, Callable[..., Tensor]] = {"Add": torch.add, **PLAIN}
_WITHOUT_WEIGHTS = {"Clip", "MaxPool", *_PLAIN}


class LayeredNetwork(nn.Module):
    """Network whose convolutions and linear layers are modules, so that their widths may change.

    Args:
        model: fp32 landmark network.

    Raises:
        ModelError: It has an operator that is not supported here, or a layer without bias.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        self._model = model
        weights = read_weights(model)
        self.layers = nn.ModuleDict()
        self.constants = {name: float(value) for name, value in weights.items() if value.ndim == 0}
        for node in model.graph.node:
            if node.op_type in {"Conv", "Gemm"} and len(node.input) == 3:
                self.layers[_key(node)] = _layer(node, *(weights[name] for name in node.input[1:]))
            elif node.op_type not in _WITHOUT_WEIGHTS:
                msg = (
                    f"The layer {node.name} ({node.op_type}) cannot be handed to other tools: "
                    f"give a landmark network of a bank."
                )
                raise ModelError(msg)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Run the network on images, float32 [n, 3, height, width], 0 to 1; return its outputs in order."""
        values = {self._model.graph.input[0].name: image}
        for node in self._model.graph.node:
            values[node.output[0]] = self._run(node, [values[name] for name in node.input if name in values])
        return tuple(values[output.name] for output in self._model.graph.output)

    def heads(self) -> list[nn.Module]:
        """Return the linear layers, whose outputs are the network's and must keep their size."""
        return [layer for layer in self.layers.values() if isinstance(layer, nn.Linear)]

    def to_onnx(self) -> onnx.ModelProto:
        """Write the layers back into the graph they came from, in their present widths."""
        model = copied(self._model)
        changed: dict[str, Tensor] = {}
        for node in model.graph.node:
            if node.op_type not in {"Conv", "Gemm"}:
                continue
            layer = self.layers[_key(node)]
            changed.update(zip(node.input[1:], (layer.weight, layer.bias), strict=True))
            if is_depthwise(node):
                set_groups(node, layer.groups)
        write_weights(model, {name: value.detach().numpy() for name, value in changed.items()})
        # Shapes between the layers have changed.
        del model.graph.value_info[:]
        onnx.checker.check_model(model, full_check=True)
        return model

    def _run(self, node: onnx.NodeProto, inputs: list[Tensor]) -> Tensor:
        attributes = attributes_of(node)
        if node.op_type == "Conv":
            top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
            inputs = [functional.pad(inputs[0], (left, right, top, bottom))]
        if node.op_type in {"Conv", "Gemm"}:
            result: Tensor = self.layers[_key(node)](*inputs)
        elif node.op_type == "Clip":
            result = inputs[0].clamp(*(self.constants[name] for name in node.input[1:3]))
        elif node.op_type == "MaxPool":
            result = functional.max_pool2d(inputs[0], attributes["kernel_shape"], attributes["strides"])
        else:
            result = _PLAIN[node.op_type](*inputs)
        return result


def _layer(node: onnx.NodeProto, weight: Array, bias: Array) -> nn.Module:
    attributes = attributes_of(node)
    if node.op_type == "Gemm":
        layer = nn.Linear(weight.shape[1], weight.shape[0])
    else:
        groups = attributes.get("group", 1)
        strides = tuple(attributes.get("strides", [1, 1]))
        layer = nn.Conv2d(weight.shape[1] * groups, len(weight), weight.shape[2:], strides, groups=groups)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    return layer


def _key(node: onnx.NodeProto) -> str:
    # PyTorch does not allow dots in names of modules.
    return str(node.output[0]).replace(".", "/")
