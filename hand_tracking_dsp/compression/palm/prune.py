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

"""Closed-form pruning of the palm detector: kernels lose their rim, and what is behind makes up for it.

The detector has no hidden channels to cut: its blocks work on the stream itself. What can go are taps of
the 5x5 kernels, which cost most where the grid is finest. By least squares,

1. the nine middle taps of each such kernel take over the part of the sixteen outer ones (of a depthwise
   kernel by channel, of the first layer with all colours together), then
2. every 1x1 convolution from there on is solved again, in order, on the pruned network's own input, for what
   the dense network has at that place; near the old weights where the samples do not say.

No labels, no gradients; the dense network is the one that the detector was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.onnx_graph import Graph, is_depthwise, read_weights, write_weights
from hand_tracking_dsp.compression.palm.blocks import without_blocks
from hand_tracking_dsp.compression.palm.layers import FeatureSamples, Projection, read_projections
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles, Moments, solve
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.types import Floats

FINEST_GRID = 96
"""Side of the grid behind the detector's first layer, cells."""

_LARGE, _SMALL = 5, 3
_RIDGE = 1e-3
# Of the taps' own variance: neighbouring pixels are much alike.
_TAP_RIDGE = 1e-5


@dataclass(frozen=True, slots=True)
class LayerFit:
    """Mean squared error of a layer in shares of the target's variance, with the old and the new weights."""

    layer: str
    before: float
    after: float


def prune_palm(
    dense: onnx.ModelProto,
    images: NDArray[np.uint8],
    *,
    stem: bool = True,
    without: Sequence[str] = (),
    seed: int = 0,
    on_step: Callable[[LayerFit], None] | None = None,
) -> onnx.ModelProto:
    """Make a palm detector smaller and faster.

    Args:
        dense: The detector, fp32; stays as it is.
        images: uint8 [n, 192, 192, 3], RGB: what detector_inputs gives.
        stem: Whether the first layer's kernels are cut, too.
        without: Residual blocks that are taken out as a whole; what is behind them makes up for that, too.
        seed: Seed of the positions that are compared.
        on_step: Called after each layer.

    Raises:
        ModelError: The network has no such kernel or block.
    """
    reference = project_before_resize(dense)
    pruned = without_blocks(reference, without)
    kernels = _large_kernels(pruned, stem=stem)
    if not kernels:
        msg = (
            f"The palm detector {dense.graph.name or 'given'} has no 5x5 kernel on a grid of "
            f"{FINEST_GRID} cells or finer: give one of MediaPipe's detectors in fp32."
        )
        raise ModelError(msg)
    samples = FeatureSamples(images, reference, seed)
    projections = read_projections(pruned)
    targets = _targets(reference, projections, samples)
    layers: Iterable[str | Projection] = _in_order(pruned, kernels, projections)
    for layer in layers:
        step = (
            _cut_kernel(pruned, layer, samples)
            if isinstance(layer, str)
            else _solve_projection(pruned, layer, samples, targets[layer.target])
        )
        if on_step:
            on_step(step)
    return pruned


def _large_kernels(model: onnx.ModelProto, *, stem: bool) -> list[str]:
    """Name the convolutions whose kernels can be cut."""
    weights, sides = read_weights(model), _sides(model)
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Conv"
        and weights[node.input[1]].shape[2:] == (_LARGE, _LARGE)
        and (sides[node.output[0]] >= FINEST_GRID if is_depthwise(node) else stem)
    ]


def _sides(model: onnx.ModelProto) -> dict[str, int]:
    values = onnx.shape_inference.infer_shapes(model).graph.value_info
    return {value.name: value.type.tensor_type.shape.dim[-1].dim_value for value in values}


def _in_order(
    model: onnx.ModelProto, kernels: list[str], projections: tuple[Projection, ...]
) -> list[str | Projection]:
    """Put the layers to change in the order in which they run, from the first kernel on."""
    by_name = {projection.name: projection for projection in projections}
    names = [node.name for node in model.graph.node]
    return [
        by_name.get(name, name)
        for name in names[names.index(kernels[0]) :]
        if name in kernels or name in by_name
    ]


def _targets(
    model: onnx.ModelProto, projections: tuple[Projection, ...], samples: FeatureSamples
) -> dict[str, list[Floats]]:
    """Sample what each projection should lead to: by tensor, float32 [positions, channels] a picture."""
    names = tuple(dict.fromkeys(projection.target for projection in projections))
    pictures = [tuple(rows) for rows in samples.rows(model, names)]
    return {name: [rows[i] for rows in pictures] for i, name in enumerate(names)}


def _solve_projection(
    model: onnx.ModelProto, layer: Projection, samples: FeatureSamples, targets: list[Floats]
) -> LayerFit:
    """Solve a 1x1 convolution for its target, in place."""
    graph, weights = Graph(model), read_weights(model)
    node = next(node for node in graph.nodes.values() if node.name == layer.name)
    kernel, bias = weights[node.input[1]], weights[node.input[2]]
    prior = kernel[:, :, 0, 0].T.astype(np.float64)
    moments = Moments.empty(*prior.shape)
    variance = Moments.empty(1, prior.shape[1])
    names = (layer.source,) if layer.shortcut is None else (layer.source, layer.shortcut)
    for (hidden, *shortcut), target in zip(samples.rows(model, names), targets, strict=True):
        moments.add(hidden, target - shortcut[0] if shortcut else target)
        variance.add(np.zeros((len(target), 1), np.float32), target)
    matrix, offset = solve(moments, prior, keep=np.ones(len(prior), dtype=bool), ridge=_RIDGE)
    total = float(variance.variance().sum())
    step = LayerFit(
        layer.name,
        float(moments.error(prior, bias.astype(np.float64)).sum()) / total,
        float(moments.error(matrix, offset).sum()) / total,
    )
    new = {node.input[1]: matrix.T.reshape(kernel.shape), node.input[2]: offset}
    write_weights(model, {name: value.astype(np.float32) for name, value in new.items()})
    return step


def _cut_kernel(model: onnx.ModelProto, name: str, samples: FeatureSamples) -> LayerFit:
    """Make a 5x5 kernel a 3x3 one, in place."""
    weights = read_weights(model)
    node = next(node for node in model.graph.node if node.name == name)
    kernel, bias = weights[node.input[1]].astype(np.float64), weights[node.input[2]]
    attributes = {attribute.name: attribute for attribute in node.attribute}
    pads, stride = attributes["pads"], attributes["strides"].ints[0]
    covariance, mean = _tap_moments(model, node, samples, list(pads.ints), stride)
    # One system a channel of a depthwise layer; one for all of another layer's.
    old = kernel.reshape(len(covariance), -1, covariance.shape[1])
    middle = np.zeros((kernel.shape[1], _LARGE, _LARGE), dtype=bool)
    middle[:, 1:-1, 1:-1] = True
    kept = middle.reshape(-1)
    new = np.zeros_like(old)
    for part, system, weight in zip(new, covariance, old, strict=True):
        strength = _TAP_RIDGE * np.trace(system) / len(system) + np.finfo(np.float32).tiny
        inner = system[np.ix_(kept, kept)] + strength * np.eye(int(kept.sum()))
        # The rim's part, predicted from the middle.
        part[:, kept] = (
            weight[:, kept] + np.linalg.solve(inner, system[np.ix_(kept, ~kept)] @ weight[:, ~kept].T).T
        )
    change = old - new
    left = float(np.einsum("gij,gjk,gik->", change, covariance, change))
    cut = np.where(kept, 0.0, old)
    total = float(np.einsum("gij,gjk,gik->", old, covariance, old))
    before = float(np.einsum("gij,gjk,gik->", cut, covariance, cut))
    offset = bias + np.einsum("gij,gj->gi", change, mean).reshape(-1)
    shape = (*kernel.shape[:2], _SMALL, _SMALL)
    changed = {node.input[1]: new[:, :, kept].reshape(shape), node.input[2]: offset}
    write_weights(model, {key: value.astype(np.float32) for key, value in changed.items()})
    pads.ints[:] = [size - 1 for size in pads.ints]
    attributes["kernel_shape"].ints[:] = [_SMALL] * 2
    return LayerFit(name, before / total, left / total)


def _tap_moments(
    model: onnx.ModelProto, node: onnx.NodeProto, samples: FeatureSamples, pads: list[int], stride: int
) -> tuple[Doubles, Doubles]:
    """Return covariances, float64 [systems, taps, taps], and means of what a convolution's taps see."""
    gathered = []
    for picture, (tensor,) in enumerate(samples.tensors(model, (node.input[0],))):
        padded = np.pad(tensor[0], ((0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
        side = (padded.shape[1] - _LARGE) // stride + 1
        rows, columns = np.divmod(samples.positions(picture, side), side)
        taps = [
            padded[:, rows * stride + i, columns * stride + j] for i in range(_LARGE) for j in range(_LARGE)
        ]
        gathered.append(np.stack(taps, axis=1))
    # Channels, taps, samples.
    seen = np.concatenate(gathered, axis=2).astype(np.float64)
    if not is_depthwise(node):
        seen = seen.reshape(1, -1, seen.shape[2])
    mean = seen.mean(axis=2)
    return np.einsum("cis,cjs->cij", seen, seen) / seen.shape[2] - mean[:, :, None] * mean[:, None], mean
