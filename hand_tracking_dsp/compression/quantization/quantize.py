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

"""INT8: weights by output channel, activations by tensor, all calibrated on pictures.

Written as ONNX Runtime's own tools write it (QuantizeLinear and DequantizeLinear around float layers), so
that every runtime can read it; which numbers to round to is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from hand_tracking_dsp.compression.bank.byte_input import sees_depth
from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.input_size import input_side, middle_size, with_middle, without_middle
from hand_tracking_dsp.compression.onnx_graph import Array, is_depthwise, read_weights, write_weights
from hand_tracking_dsp.compression.quantization.alignment import ZERO_PLANES, align, padded_image
from hand_tracking_dsp.compression.quantization.bias_correction import correct_biases
from hand_tracking_dsp.compression.quantization.equalization import equalize
from hand_tracking_dsp.compression.quantization.observation import (
    ChannelRange,
    observe_moments,
    observe_ranges,
)
from hand_tracking_dsp.compression.quantization.rounding import (
    largest_steps,
    round_by_moments,
    round_to_nearest,
)
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.geometry import in_size
from hand_tracking_dsp.tracking.types import Floats

_KINDS = ["Conv", "Clip", "Relu", "Add", "MaxPool", "Concat", "Resize"]
# Standard deviations between pictures that an activation may go beyond what was seen.
_MARGIN = 2.0
LARGEST_BIAS = 2.0**30
"""Largest bias, an int32, in steps of input times weight; the margin is for its correction."""
_SMALLEST_STEP = 1e-12


@dataclass(frozen=True, slots=True)
class _Activations:
    """8-bit numbers of activations.

    Attributes:
        kind: Type of the tensor.
        steps: Steps from 0 to the largest value; with zero points from the smallest value.
        symmetric: Whether 0 is the zero point.
    """

    kind: QuantType
    steps: int
    symmetric: bool

    def step(self, low: float, high: float) -> tuple[float, int]:
        """Return step and zero point of a tensor; 0 is exact, as padding needs it."""
        low, high = min(low, 0.0), max(high, 0.0)
        if self.symmetric:
            return max(-low, high) / self.steps or 1.0, 0
        step = (high - low) / self.steps or 1.0
        return step, round(-low / step)

    def override(self, step: float, zero: int) -> dict[str, Any]:
        """Return what the quantizer takes for a tensor."""
        return {
            "quant_type": self.kind,
            "scale": np.array(step, np.float32),
            "zero_point": np.array(zero, np.int8 if self.symmetric else np.uint8),
        }


_UNSIGNED = _Activations(QuantType.QUInt8, 255, symmetric=False)
_SYMMETRIC = _Activations(QuantType.QInt8, 127, symmetric=True)


def quantize(
    model: onnx.ModelProto,
    images: NDArray[np.uint8],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    *,
    symmetric: bool = False,
) -> onnx.ModelProto:
    """Quantize a network to INT8.

    Args:
        model: fp32 network with one image or depth as its input; stays as it is.
        images: Pictures to calibrate on: uint8 [n, height, width, 3] RGB, or depth as bytes, uint8
            [n, height, width]; squares of another size than the network's input are scaled to it.
        ranges: The lowest and highest value of activations by tensor, from quantization-aware training.
            Weights are then rounded to the nearest, as they were in training, and no channel is scaled.
        symmetric: Activations as int8 around a zero point of 0, as TensorRT needs them, instead of uint8.

    Returns:
        A network with float inputs and outputs and the same contract.
    """
    side = input_side(model)
    if images.shape[1] != side:
        images = np.stack([in_size(image, side) for image in images])
    if middle := middle_size(model):
        start = (side - middle) // 2
        shown = images[:, start : start + middle, start : start + middle]
        return with_middle(quantize(without_middle(model), shown, ranges, symmetric=symmetric), side)
    prepared = align(model)
    observed = observe_ranges(prepared, images)
    if ranges is None:
        prepared, observed = equalize(prepared, observed)
    activations = _SYMMETRIC if symmetric else _UNSIGNED
    steps = {name: activations.step(*bounds) for name, bounds in _bounds(prepared, observed).items()}
    steps.update((name, activations.step(*bounds)) for name, bounds in (ranges or {}).items())
    image = prepared.graph.input[0].name
    if sees_depth(prepared):
        steps[image] = activations.step(-1.0, 1.0)
    else:
        # The image is uint8 / 255: of unsigned numbers this step loses nothing.
        steps.update(dict.fromkeys((image, padded_image(image), ZERO_PLANES), (1 / activations.steps, 0)))
    moments = observe_moments(prepared, images) if ranges is None else None
    overrides = _round_weights(rounded := copied(prepared), steps, moments)
    overrides.update((name, [activations.override(*step)]) for name, step in steps.items())
    quantized = _insert(rounded, images, overrides, activations)
    if symmetric:
        _fuse_clips(quantized)
    if ranges is None:
        correct_biases(quantized, prepared, images)
    return quantized


def _bounds(model: onnx.ModelProto, observed: Mapping[str, ChannelRange]) -> dict[str, tuple[float, float]]:
    """Choose the lowest and highest value of every activation."""
    kinds = {node.output[0]: node.op_type for node in model.graph.node}
    found = {}
    for name, item in observed.items():
        low, high = item.bounds(0.0 if kinds.get(name) == "Clip" else _MARGIN)
        # The quantizer leaves ReLU to the lowest number of its output, which so must stand for 0.
        lowest = 0.0 if kinds.get(name) == "Relu" else float(low.min())
        found[name] = (lowest, float(high.max()))
    return found


def _round_weights(
    model: onnx.ModelProto, steps: Mapping[str, tuple[float, int]], moments: Mapping[str, Array] | None
) -> dict[str, list[dict[str, Any]]]:
    """Round the weights of all convolutions, in place; return their steps for the quantizer."""
    weights = read_weights(model)
    changed: dict[str, Array] = {}
    overrides: dict[str, list[dict[str, Any]]] = {}
    for node in model.graph.node:
        if node.op_type != "Conv":
            continue
        name = node.input[1]
        kernel, bias = (weights[key].astype(np.float64) for key in node.input[1:])
        rows = kernel.reshape((len(kernel), 1, -1) if is_depthwise(node) else (1, len(kernel), -1))
        smallest = np.abs(bias) / (steps[node.input[0]][0] * LARGEST_BIAS) + _SMALLEST_STEP
        smallest = smallest.reshape(rows.shape[:2])
        if moments is None:
            chosen = largest_steps(rows, smallest)
            rounded = round_to_nearest(rows, chosen)
        else:
            rounded, chosen = round_by_moments(rows, moments[node.output[0]], smallest)
        single = chosen.reshape(-1).astype(np.float32)
        changed[name] = (rounded.reshape(kernel.shape) * single.reshape(-1, 1, 1, 1)).astype(np.float32)
        overrides[name] = [
            {"quant_type": QuantType.QInt8, "axis": 0, "scale": step, "zero_point": np.int8(0)}
            for step in single
        ]
    write_weights(model, changed)
    return overrides


def _fuse_clips(model: onnx.ModelProto) -> None:
    """Take away the rounding between a convolution and its ReLU6, in place: only the result is rounded."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type in ("Clip", "Relu") and made_by[node.input[0]].op_type == "DequantizeLinear":
            rounded = made_by[made_by[node.input[0]].input[0]]
            if rounded.op_type == "QuantizeLinear" and made_by[rounded.input[0]].op_type == "Conv":
                node.input[0] = rounded.input[0]
    for kind in ("DequantizeLinear", "QuantizeLinear"):
        read = {name for node in model.graph.node for name in node.input}
        read.update(value.name for value in model.graph.output)
        unread = [node for node in model.graph.node if node.op_type == kind and node.output[0] not in read]
        for node in unread:
            model.graph.node.remove(node)


class _OnePicture(CalibrationDataReader):  # type: ignore[misc]
    """Feeds one picture: the quantizer wants to calibrate, though every range is given."""

    def __init__(self, name: str, images: NDArray[np.uint8]) -> None:
        self._inputs: Iterator[dict[str, Floats]] = iter([{name: as_input(images[0])}])

    def get_next(self) -> dict[str, Floats] | None:
        return next(self._inputs, None)


def _insert(
    model: onnx.ModelProto,
    images: NDArray[np.uint8],
    overrides: dict[str, list[dict[str, Any]]],
    activations: _Activations,
) -> onnx.ModelProto:
    # A mark that there is nothing left to prepare, which the tool would otherwise ask for.
    onnx.helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    with temporary_folder() as folder:
        path = folder / "quantized.onnx"
        quantize_static(
            model,
            path,
            _OnePicture(model.graph.input[0].name, images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_KINDS,
            per_channel=True,
            activation_type=activations.kind,
            weight_type=QuantType.QInt8,
            extra_options={
                "TensorQuantOverrides": overrides,
                "QDQDisableWeightAdjustForInt32Bias": True,
                # Else ReLU6 would be left to the lowest number of its output, which is 0 only unsigned.
                "ActivationSymmetric": activations.symmetric,
            },
        )
        return onnx.load(path)
