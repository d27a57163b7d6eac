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

"""INT8 networks to be timed: as fast as properly quantized ones, with numbers that mean nothing."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hand_tracking_dsp.compression.input_size import input_side, middle_size, with_middle, without_middle
from hand_tracking_dsp.compression.onnx_graph import Array, read_weights
from hand_tracking_dsp.compression.quantization.alignment import align
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

# One step for all activations: a bias must be in steps of its layer's input times those of its weights.
_STEP = np.float32(6 / 255)
_ZERO = np.uint8(128)
_LAYERS = {"Conv", "Gemm"}


def with_any_ranges(model: onnx.ModelProto) -> onnx.ModelProto:
    """Quantize a network as quantize does (QDQ; weights S8 by channel, activations U8, biases S32).

    Takes milliseconds, where calibrating takes seconds. The fp32 network has one input.
    """
    if middle_size(model):
        return with_middle(with_any_ranges(without_middle(model)), input_side(model))
    return _QdqWriter(align(model)).written()


class _QdqWriter:
    """Writes a network again, with a QuantizeLinear and a DequantizeLinear around every layer."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self._weights = read_weights(model)
        self._constants: dict[str, Array] = {"step": np.asarray(_STEP), "zero point": np.asarray(_ZERO)}
        self._nodes: list[onnx.NodeProto] = []
        self._names: dict[str, str] = {}

    def written(self) -> onnx.ModelProto:
        graph = self._model.graph
        finals = {output.name for output in graph.output}
        self._round(graph.input[0].name)
        for node in graph.node:
            if node.op_type == "Clip":
                # An unsigned integer's range does what ReLU6 does.
                self._names[node.output[0]] = self._names[node.input[0]]
                continue
            self._copy(node)
            if node.output[0] not in finals and node.op_type not in {"Gemm", "Sigmoid"}:
                self._round(node.output[0])
        new = helper.make_graph(
            self._nodes,
            graph.name,
            list(graph.input),
            list(graph.output),
            [numpy_helper.from_array(value, name) for name, value in self._constants.items()],
        )
        return helper.make_model(
            new, opset_imports=list(self._model.opset_import), ir_version=self._model.ir_version
        )

    def _copy(self, node: onnx.NodeProto) -> None:
        copy = copied(node)
        if node.op_type in _LAYERS:
            kernel = self._weights[node.input[1]]
            steps = np.abs(kernel).reshape(len(kernel), -1).max(axis=1).astype(np.float32) / 127 + np.float32(
                1e-9
            )
            integers = np.rint(kernel / steps.reshape(-1, *[1] * (kernel.ndim - 1))).astype(np.int8)
            self._store(node.input[1], integers, steps)
            bias = self._weights[node.input[2]]
            self._store(node.input[2], np.zeros(bias.shape, np.int32), steps * _STEP)
        else:
            for name in self._weights.keys() & set(node.input):
                self._constants[name] = self._weights[name]
                self._round(name)
        for i, name in enumerate(node.input):
            copy.input[i] = self._names.get(name, name)
        self._nodes.append(copy)

    def _round(self, name: str) -> None:
        """Round a tensor; what reads it gets the rounded one."""
        inputs = ["step", "zero point"]
        self._nodes.append(helper.make_node("QuantizeLinear", [name, *inputs], [f"{name}.q"]))
        self._nodes.append(helper.make_node("DequantizeLinear", [f"{name}.q", *inputs], [f"{name}.dq"]))
        self._names[name] = f"{name}.dq"

    def _store(self, name: str, integers: Array, steps: Array) -> None:
        """Store a weight or a bias as integers, its first axis with a step each."""
        parts = {"q": integers, "steps": steps, "zeros": np.zeros(len(steps), integers.dtype)}
        self._constants.update((f"{name}.{part}", value) for part, value in parts.items())
        inputs = [f"{name}.{part}" for part in parts]
        self._nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}.dq"], axis=0))
        self._names[name] = f"{name}.dq"
