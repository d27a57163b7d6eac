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

"""Statistics of a network's activations: ranges of channels, and second moments of the layers' inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from onnx import TensorProto, helper

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import attributes_of, is_depthwise, read_weights
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.types import Floats

# Pictures, and positions of each, that a layer's second moments are estimated from.
_PICTURES = 64
_POSITIONS = 128
_DEPTHWISE_POSITIONS = 32


@dataclass(frozen=True, slots=True)
class ChannelRange:
    """Ranges of the channels of a tensor.

    Attributes:
        low: float32 [pictures, channels], the smallest value in each picture.
        high: The largest.
    """

    low: Floats
    high: Floats

    def scaled(self, factor: Floats) -> ChannelRange:
        """Return the same, each channel multiplied by a positive number."""
        return ChannelRange(self.low * factor, self.high * factor)

    def bounds(self, deviations: float) -> tuple[Floats, Floats]:
        """Return the channels' lowest and highest values, widened by standard deviations over pictures."""
        low = self.low.min(axis=0) - deviations * self.low.std(axis=0)
        high = self.high.max(axis=0) + deviations * self.high.std(axis=0)
        return low, high


def observe_ranges(model: onnx.ModelProto, images: NDArray[np.uint8]) -> dict[str, ChannelRange]:
    """Find the range of every tensor's channels, the input's too, on uint8 [n, height, width, 3] RGB."""
    names = tuple(name for node in model.graph.node for name in node.output)
    lows: dict[str, list[Floats]] = {}
    highs: dict[str, list[Floats]] = {}
    for tensors in run_through(model, images, names):
        for name, values in tensors.items():
            flat = values.reshape(values.shape[1], -1) if values.ndim > 1 else values.reshape(1, -1)
            lows.setdefault(name, []).append(flat.min(axis=1))
            highs.setdefault(name, []).append(flat.max(axis=1))
    return {name: ChannelRange(np.stack(lows[name]), np.stack(highs[name])) for name in lows}


def observe_moments(
    model: onnx.ModelProto, images: NDArray[np.uint8], seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Find the second moments of what each convolution's kernel meets on uint8 [n, height, width, 3] RGB.

    Returns:
        By the convolution's output: float64 [groups, k, k], E[x xᵀ] over pictures and positions, where x is
        a patch of one group's channels, flattened as the kernel is.
    """
    chosen = images[:: math.ceil(len(images) / _PICTURES)]
    layers = [node for node in model.graph.node if node.op_type == "Conv"]
    weights = read_weights(model)
    names = tuple(dict.fromkeys(node.input[0] for node in layers))
    sums: dict[str, NDArray[np.float64]] = {}
    random = np.random.default_rng(seed)
    for tensors in run_through(model, chosen, names):
        for node in layers:
            patches = _patches(tensors[node.input[0]], node, weights[node.input[1]].shape, random)
            moments = (patches.transpose(0, 2, 1) @ patches / patches.shape[1]).astype(np.float64)
            name = node.output[0]
            sums[name] = sums[name] + moments if name in sums else moments
    return {name: moments / len(chosen) for name, moments in sums.items()}


def run_through(
    model: onnx.ModelProto, images: Iterable[NDArray[np.uint8]], names: Sequence[str]
) -> Iterator[dict[str, Floats]]:
    """Run a network on pictures and yield some of its tensors for each."""
    opened = copied(model)
    image = model.graph.input[0].name
    inner = [name for name in names if name != image]
    del opened.graph.output[:]
    opened.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inner)
    session = open_exact(opened)
    for picture in images:
        tensor = as_input(picture)
        yield {image: tensor, **dict(zip(inner, session.run(tensor), strict=True))}


def _patches(
    tensor: Floats, node: onnx.NodeProto, shape: tuple[int, ...], random: np.random.Generator
) -> Floats:
    """Cut random patches as the kernel meets them: [groups, patches, k]."""
    attributes = attributes_of(node)
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    padded = np.pad(tensor[0], ((0, 0), (top, bottom), (left, right)))
    step_y, step_x = attributes.get("strides", [1, 1])
    windows = sliding_window_view(padded, shape[2:], axis=(1, 2))[:, ::step_y, ::step_x]
    height, width = windows.shape[1:3]
    count = min(_DEPTHWISE_POSITIONS if is_depthwise(node) else _POSITIONS, height * width)
    y, x = np.divmod(random.choice(height * width, count, replace=False), width)
    chosen: Floats = windows[:, y, x]
    if is_depthwise(node):
        depthwise: Floats = chosen.reshape(len(chosen), count, -1)
        return depthwise
    dense: Floats = chosen.transpose(1, 0, 2, 3).reshape(1, count, -1)
    return dense
