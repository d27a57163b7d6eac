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

"""Rewrites MediaPipe's TensorFlow Lite networks as ONNX.

Covers just the operators that MediaPipe Hands' four networks use. Images become NCHW, weights float32
(the files store them as float16), and layers are named by their place in the networks' blocks
(stem.conv, block01.expand, block01.depthwise, block01.project, …), so that a tool recognises what may
be pruned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.mediapipe.prelu import prelu_nodes
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.contract import FLOAT_INPUT, Contract

# Old enough for the ONNX Runtime of 2021, which the oldest supported robots may have.
OPSET = 13
IR_VERSION = 7

_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}

Array = NDArray[Any]


def convert(data: bytes, contract: Contract, name: str) -> onnx.ModelProto:
    """Rewrite a network; the same file gives the same bytes.

    Args:
        data: The .tflite file.
        contract: Names and shapes that the result shall have; outputs in the file's order.
        name: The graph's name.

    Returns:
        A checked model with one float32 input, NCHW, and float32 outputs.

    Raises:
        ModelError: The file uses an operator that this importer does not know.
    """
    return _OnnxWriter(data, contract).write(name)


class _OnnxWriter:
    """Walks a TFLite graph and collects ONNX nodes; one method an operator, named after TFLite's."""

    def __init__(self, data: bytes, contract: Contract) -> None:
        self._model = tflite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._contract = contract
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, Array] = {}
        self._dequantized: dict[int, Array] = {}
        self._names = {int(self._graph.Inputs(0)): contract.input(FLOAT_INPUT).name}
        outputs = self._graph.OutputsAsNumpy().tolist()
        self._names.update(zip(outputs, (output for output, _ in contract.outputs), strict=True))
        self._block = 0
        self._last_role = ""

    def write(self, name: str) -> onnx.ModelProto:
        for index in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(index)
            kind = _OPERATORS[self._model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()].lower()
            method: Callable[[Any, list[int], int], None] | None = getattr(self, f"_{kind}", None)
            if method is None:
                msg = f"The network {name} uses the operator {kind}, which this importer does not know."
                raise ModelError(msg)
            method(operator, operator.InputsAsNumpy().tolist(), int(operator.Outputs(0)))
        value = helper.make_tensor_value_info
        contract = self._contract
        image = contract.input(FLOAT_INPUT)
        graph = helper.make_graph(
            self._nodes,
            name,
            [value(image.name, TensorProto.FLOAT, image.shape)],
            [value(output, TensorProto.FLOAT, shape) for output, shape in contract.outputs],
            [numpy_helper.from_array(array, key) for key, array in self._weights.items()],
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="hand_tracking_dsp"
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _dequantize(self, _: Any, inputs: list[int], output: int) -> None:
        self._dequantized[output] = self._constant(inputs[0]).astype(np.float32)

    def _conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.Conv2DOptions)
        kernel = self._constant(inputs[1]).transpose(0, 3, 1, 2)
        role = "expand" if options.FusedActivationFunction() else "project"
        self._convolution(options, inputs, output, kernel, 1, "conv" if kernel.shape[2] > 1 else role)

    def _depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.DepthwiseConv2DOptions)
        kernel = self._constant(inputs[1]).transpose(3, 0, 1, 2)
        self._convolution(options, inputs, output, kernel, len(kernel), "depthwise")

    def _convolution(
        self, options: Any, inputs: list[int], output: int, kernel: Array, group: int, role: str
    ) -> None:
        name = self._layer(role)
        strides = [options.StrideH(), options.StrideW()]
        pads = self._pads(options, inputs[0], kernel.shape[2:], strides)
        tensors = [self._name(inputs[0]), self._weight(f"{name}.weight", kernel)]
        tensors.append(self._weight(f"{name}.bias", self._constant(inputs[2])))
        activation = options.FusedActivationFunction()
        kernel_shape = list(kernel.shape[2:])
        self._emit(
            "Conv", tensors, output, name, activation,
            kernel_shape=kernel_shape, strides=strides, pads=pads, group=group,
        )  # fmt: skip

    def _add(self, operator: Any, inputs: list[int], output: int) -> None:
        activation = _options(operator, tflite.AddOptions).FusedActivationFunction()
        names = [self._name(tensor) for tensor in inputs]
        self._emit("Add", names, output, f"add_{output}", activation)

    def _prelu(self, _: Any, inputs: list[int], output: int) -> None:
        slopes = self._constant(inputs[1]).reshape(-1, 1, 1)
        nodes, weights = prelu_nodes(f"prelu_{output}", self._name(inputs[0]), self._name(output), slopes)
        self._nodes += nodes
        self._weights.update(weights)

    def _max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.Pool2DOptions)
        kernel_shape = [options.FilterHeight(), options.FilterWidth()]
        strides = [options.StrideH(), options.StrideW()]
        pads = self._pads(options, inputs[0], kernel_shape, strides)
        self._emit(
            "MaxPool", [self._name(inputs[0])], output, f"pool_{output}", options.FusedActivationFunction(),
            kernel_shape=kernel_shape, strides=strides, pads=pads,
        )  # fmt: skip

    def _pad(self, _: Any, inputs: list[int], output: int) -> None:
        """Double the channels with zeros, the only padding in use.

        A Pad would be the one node that ONNX Runtime cannot run in its blocked layout, and everything
        behind it would leave that layout too: product and concatenation keep the palm detector in it.
        """
        channels = self._shape(inputs[0])[3]
        if self._constant(inputs[1]).tolist() != [[0, 0], [0, 0], [0, 0], [0, channels]]:
            msg = (
                f"The layer pad_{output} does more than doubling channels, which this importer does not know."
            )
            raise ModelError(msg)
        source, zeros = self._name(inputs[0]), f"tensor_{output}_zeros"
        weight = self._weight(f"pad_{output}.zero", np.zeros((channels, 1, 1), dtype=np.float32))
        self._nodes.append(helper.make_node("Mul", [source, weight], [zeros], name=f"pad_{output}.zeros"))
        self._emit("Concat", [source, zeros], output, f"pad_{output}", axis=1)

    def _resize_bilinear(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.ResizeBilinearOptions)
        mode = "asymmetric"
        if options.HalfPixelCenters():
            mode = "half_pixel"
        elif options.AlignCorners():
            mode = "align_corners"
        scales = np.array(self._shape(output)) / np.array(self._shape(inputs[0]))
        weight = self._weight(f"resize_{output}.scales", scales[[0, 3, 1, 2]].astype(np.float32))
        self._emit(
            "Resize", [self._name(inputs[0]), "", weight], output, f"resize_{output}",
            mode="linear", coordinate_transformation_mode=mode,
        )  # fmt: skip

    def _reshape(self, _: Any, inputs: list[int], output: int) -> None:
        """Reshape; TFLite counts an image's elements channel last."""
        last = f"tensor_{inputs[0]}_channels_last"
        name = f"reshape_{output}"
        source = [self._name(inputs[0])]
        self._nodes.append(
            helper.make_node("Transpose", source, [last], name=f"{name}.transpose", perm=[0, 2, 3, 1])
        )
        shape = self._weight(f"{name}.shape", np.array(self._shape(output), dtype=np.int64))
        self._emit("Reshape", [last, shape], output, name)

    def _concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        axis = _options(operator, tflite.ConcatenationOptions).Axis()
        self._emit("Concat", [self._name(tensor) for tensor in inputs], output, f"concat_{output}", axis=axis)

    def _mean(self, _: Any, inputs: list[int], output: int) -> None:
        """Mean over rows and columns, the only one in use."""
        pooled = f"tensor_{output}_pooled"
        node = helper.make_node("GlobalAveragePool", [self._name(inputs[0])], [pooled], name="mean")
        self._nodes.append(node)
        self._emit("Flatten", [pooled], output, "mean.flatten", axis=1)

    def _fully_connected(self, _: Any, inputs: list[int], output: int) -> None:
        name = f"head.{self._name(output)}"
        tensors = [self._name(inputs[0]), self._weight(f"{name}.weight", self._constant(inputs[1]))]
        tensors.append(self._weight(f"{name}.bias", self._constant(inputs[2])))
        self._emit("Gemm", tensors, output, name, transB=1)

    def _logistic(self, _: Any, inputs: list[int], output: int) -> None:
        self._emit("Sigmoid", [self._name(inputs[0])], output, f"sigmoid_{output}")

    def _layer(self, role: str) -> str:
        """Name a convolution; a new block starts with its expansion, or its depthwise convolution."""
        if role == "expand" or (role == "depthwise" and self._last_role == "project"):
            self._block += 1
        self._last_role = role
        name = f"block{self._block:02d}.{role}" if self._block else f"stem.{role}"
        # Behind the last block stand 1x1 convolutions of no block.
        same = sum(weight.startswith(f"{name}") and weight.endswith(".weight") for weight in self._weights)
        return f"{name}_{same + 1}" if same else name

    def _emit(
        self,
        kind: str,
        tensors: Sequence[str],
        output: int,
        name: str,
        activation: int = 0,
        **attributes: Any,
    ) -> None:
        """Add a node, and its activation as a node of its own."""
        target = self._name(output)
        result = f"{target}_linear" if activation else target
        self._nodes.append(helper.make_node(kind, list(tensors), [result], name=name, **attributes))
        if activation == tflite.ActivationFunctionType.RELU6:
            limits = [self._weight("zero", np.float32(0)), self._weight("six", np.float32(6))]
            self._nodes.append(helper.make_node("Clip", [result, *limits], [target], name=f"{name}.relu6"))
        elif activation == tflite.ActivationFunctionType.RELU:
            self._nodes.append(helper.make_node("Relu", [result], [target], name=f"{name}.relu"))
        elif activation:
            msg = f"The layer {name} has an activation ({activation}) that this importer does not know."
            raise ModelError(msg)

    def _pads(self, options: Any, source: int, kernel: Sequence[int], strides: Sequence[int]) -> list[int]:
        """Return TensorFlow's padding in ONNX's order: top, left, bottom, right."""
        if options.Padding() != tflite.Padding.SAME:
            return [0, 0, 0, 0]
        before, after = [], []
        for size, length, stride in zip(self._shape(source)[1:3], kernel, strides, strict=True):
            total = max((-(-size // stride) - 1) * stride + length - size, 0)
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def _name(self, tensor: int) -> str:
        return self._names.setdefault(tensor, f"tensor_{tensor}")

    def _weight(self, name: str, value: Array | np.float32) -> str:
        self._weights[name] = np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value)
        return name

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(self._graph.Tensors(tensor).ShapeAsNumpy().tolist())

    def _constant(self, tensor: int) -> Array:
        if tensor in self._dequantized:
            return self._dequantized[tensor]
        info = self._graph.Tensors(tensor)
        raw: Array = self._model.Buffers(info.Buffer()).DataAsNumpy()
        return raw.view(_TYPES[info.Type()]).reshape(self._shape(tensor))


def _options(operator: Any, kind: type) -> Any:
    table = operator.BuiltinOptions()
    options = kind()
    options.Init(table.Bytes, table.Pos)
    return options
