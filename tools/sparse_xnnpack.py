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

"""Times zeros in the weights of convolutions of 1x1 under LiteRT's XNNPACK delegate, on this machine.

    python tools/sparse_xnnpack.py

XNNPACK has kernels for sparse convolutions of 1x1 in fp32. By its sources (src/subgraph.c, August 2026) it
takes them where a network begins with a 3x3 convolution of 3 channels and stride 2, padded by 1 on every
side, goes on with 1x1 and depthwise convolutions padded alike on every side, and ends with a mean over the
map; where weights come from DENSIFY, and more than two thirds of them are zero. This builds such networks,
with random weights, and runs them in turn on one thread. The sources also say that x86 processors with AVX
never get these kernels (xnn_is_chw_compatible_config in src/xnnpack/hardware-config.h).
"""

from __future__ import annotations

from collections import Counter
from time import process_time
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Shape = tuple[int, ...]

SIDE, STEM, CHANNELS, BLOCKS, RUNS = 56, 32, 256, 12, 200
VARIANTS = {
    "dense": (0.0, False),
    "dense, again": (0.0, False),
    "90 % zeros, plain tensors": (0.9, False),
    "90 % zeros, DENSIFY": (0.9, True),
    "70 % zeros, DENSIFY": (0.7, True),
}
"""Share of zeros, and whether weights are sparse tensors, by name."""

_VALID, _SAME, _RELU, _SPARSE, _INT32_VECTOR = 1, 0, 1, 1, 1


class SparseNetwork:
    """Writes a TFLite network.

    Args:
        zeros: Share of zeros in the weights of convolutions of 1x1.
        densify: Whether these are sparse tensors, with a DENSIFY in front of the convolution.
    """

    def __init__(self, zeros: float, *, densify: bool) -> None:
        self._zeros, self._densify = zeros, densify
        self._random = np.random.default_rng(0)
        self._codes: list[int] = []
        self._model, self._graph = schema.ModelT(), schema.SubGraphT()
        self._model.version, self._model.buffers = 3, [schema.BufferT()]
        self._graph.tensors, self._graph.operators = [], []

    def written(self) -> bytes:
        """Return the file."""
        import flatbuffers  # type: ignore[import-untyped]

        shape: Shape = (1, SIDE, SIDE, 3)
        image = place = self._tensor(shape)
        place, shape = self._pad(place, shape)
        place, shape = self._convolution(place, shape, STEM, 3, 2)
        for _ in range(BLOCKS):
            place, shape = self._convolution(place, shape, CHANNELS, 1, 1)
            place = self._depthwise(place, shape)
        axes = self._tensor((2,), np.array([1, 2], np.int32))
        mean = self._tensor((1, 1, 1, CHANNELS))
        options = schema.ReducerOptionsT()
        options.keepDims = True
        self._operator("MEAN", [place, axes], mean, "ReducerOptions", options)
        self._graph.inputs, self._graph.outputs = [image], [mean]
        self._model.subgraphs = [self._graph]
        self._model.operatorCodes = [self._code(number) for number in self._codes]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(self, shape: Shape, values: NDArray[Any] | None = None, sparsity: Any = None) -> int:  # noqa: ANN401
        tensor = schema.TensorT()
        whole = values is not None and values.dtype == np.int32
        tensor.shape, tensor.hasRank, tensor.buffer, tensor.sparsity = list(shape), True, 0, sparsity
        tensor.type = schema.TensorType.INT32 if whole else schema.TensorType.FLOAT32
        tensor.name = f"tensor{len(self._graph.tensors)}".encode()
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _operator(self, name: str, inputs: list[int], output: int, kind: str, options: Any) -> None:  # noqa: ANN401
        number = int(getattr(schema.BuiltinOperator, name))
        if number not in self._codes:
            self._codes.append(number)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = self._codes.index(number), inputs, [output]
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        operator.builtinOptions = options
        self._graph.operators.append(operator)

    @staticmethod
    def _code(number: int) -> Any:  # noqa: ANN401
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = number, number, 1
        return code

    def _pad(self, place: int, shape: Shape) -> tuple[int, Shape]:
        """Pad by 1 on every side, which the delegate puts into the convolution behind."""
        padded = (1, shape[1] + 2, shape[2] + 2, shape[3])
        widths = self._tensor((4, 2), np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
        output = self._tensor(padded)
        self._operator("PAD", [place, widths], output, "PadOptions", schema.PadOptionsT())
        return output, padded

    def _convolution(
        self, place: int, shape: Shape, outputs: int, side: int, stride: int
    ) -> tuple[int, Shape]:
        made = (1, *((size - side) // stride + 1 for size in shape[1:3]), outputs)
        kernel = (outputs, side, side, shape[3])
        values: Floats = self._random.normal(0, (2 / (side**2 * shape[3])) ** 0.5, kernel).astype(np.float32)
        if side == 1:
            values[self._random.random(kernel) < self._zeros] = 0
        weights = self._sparse(values) if side == 1 and self._densify else self._tensor(kernel, values)
        biases, output = self._tensor((outputs,), np.zeros(outputs, np.float32)), self._tensor(made)
        options = schema.Conv2DOptionsT()
        options.padding, options.fusedActivationFunction = _VALID, _RELU
        options.strideW = options.strideH = stride
        options.dilationWFactor = options.dilationHFactor = 1
        self._operator("CONV_2D", [place, weights, biases], output, "Conv2DOptions", options)
        return output, made

    def _sparse(self, values: Floats) -> int:
        """Store weights [outputs, 1, 1, inputs] without their zeros; return what DENSIFY makes of them."""
        rows = values.reshape(len(values), -1)
        sparsity, last = schema.SparsityParametersT(), schema.DimensionMetadataT()
        sparsity.traversalOrder, sparsity.blockMap, sparsity.dimMetadata = [0, 1, 2, 3], [], []
        for size in values.shape[:3]:
            dense = schema.DimensionMetadataT()
            dense.denseSize = size
            sparsity.dimMetadata.append(dense)
        last.format, last.arraySegmentsType, last.arrayIndicesType = _SPARSE, _INT32_VECTOR, _INT32_VECTOR
        last.arraySegments, last.arrayIndices = schema.Int32VectorT(), schema.Int32VectorT()
        last.arraySegments.values = np.cumsum([0, *(rows != 0).sum(axis=1)]).astype(np.int32)
        last.arrayIndices.values = np.nonzero(rows)[1].astype(np.int32)
        sparsity.dimMetadata.append(last)
        packed, output = self._tensor(values.shape, rows[rows != 0], sparsity), self._tensor(values.shape)
        self._operator("DENSIFY", [packed], output, "DensifyOptions", schema.DensifyOptionsT())
        return output

    def _depthwise(self, place: int, shape: Shape) -> int:
        channels = shape[3]
        kernel = self._tensor(
            (1, 3, 3, channels), self._random.normal(0, 0.3, (9, channels)).astype(np.float32)
        )
        biases, output = self._tensor((channels,), np.zeros(channels, np.float32)), self._tensor(shape)
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideW, options.strideH, options.depthMultiplier = _SAME, 1, 1, 1
        options.dilationWFactor = options.dilationHFactor = 1
        inputs = [place, kernel, biases]
        self._operator("DEPTHWISE_CONV_2D", inputs, output, "DepthwiseConv2DOptions", options)
        return output


def main() -> None:
    """Time the variants, and print medians of the processor's time."""
    image = np.random.default_rng(1).random((1, SIDE, SIDE, 3), np.float32)
    sessions, files = {}, {}
    for name, (zeros, densify) in VARIANTS.items():
        files[name] = SparseNetwork(zeros, densify=densify).written()
        sessions[name] = Interpreter(model_content=files[name], num_threads=1)
        sessions[name].allocate_tensors()
        sessions[name].set_tensor(sessions[name].get_input_details()[0]["index"], image)
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(RUNS):
        for name, session in sessions.items():
            start = process_time()
            session.invoke()
            times[name].append(process_time() - start)
    dense = float(np.median(times["dense"]))
    for name, session in sessions.items():
        taken = Counter(one["op_name"] for one in session._get_ops_details())["DELEGATE"]  # noqa: SLF001
        ratio, kilobytes = float(np.median(times[name])) / dense, len(files[name]) / 1000
        print(f"{name:26} {kilobytes:5.0f} KB, {taken} delegate, {ratio:.3f} of the dense network's time")


if __name__ == "__main__":
    main()
