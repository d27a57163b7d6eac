"""Removes hidden channels that training has switched off, without changing what a network says.

More than half of the hidden channels in the last blocks of MediaPipe's landmark networks are dead:
weight decay has driven their depthwise kernels to zero, so that they give the same number for every
picture. What they give is added to the biases behind them, and the channels go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

# A channel is dead where its output cannot vary by more than this: its input lies within 0 and 6.
_LARGEST_VARIATION = 1e-5
_LARGEST_INPUT = 6.0
# Runtimes compute channels in groups of 16; the last group is kept whole.
_GROUP = 16

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Block:
    """Where a depthwise convolution's channels come from and go to.

    Attributes:
        before: The convolution that makes the channels.
        depthwise: The convolution that filters each.
        behind: The convolution or the linear layers that mix them.
    """

    before: onnx.NodeProto
    depthwise: onnx.NodeProto
    behind: tuple[onnx.NodeProto, ...]


def remove_dead_channels(model: onnx.ModelProto) -> int:
    """Remove the dead hidden channels of a network of inverted-residual blocks, in place.

    Args:
        model: Convolutions with ReLU6 written as Clip.

    Returns:
        The number of channels removed.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    removed = 0
    for block in _blocks(model.graph):
        keep = _keep(block, weights)
        channels = len(keep)
        if keep.all():
            continue
        removed += channels - int(keep.sum())
        _cut(block, weights, keep)
    del model.graph.initializer[:]
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    onnx.checker.check_model(model, full_check=True)
    return removed


def _blocks(graph: onnx.GraphProto) -> list[_Block]:
    producers = {output: node for node in graph.node for output in node.output}
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    blocks = []
    for node in graph.node:
        if not _is_depthwise(node):
            continue
        activation = producers.get(node.input[0])
        before = producers.get(activation.input[0]) if activation and activation.op_type == "Clip" else None
        behind = _mixers(node, consumers)
        if before is not None and before.op_type == "Conv" and behind:
            blocks.append(_Block(before, node, behind))
    return blocks


def _mixers(
    depthwise: onnx.NodeProto, consumers: dict[str, list[onnx.NodeProto]]
) -> tuple[onnx.NodeProto, ...]:
    """Follow the output through activation and mean to the layers that mix channels; () if unclear."""
    found = consumers.get(depthwise.output[0], [])
    while len(found) == 1 and found[0].op_type in {"Clip", "GlobalAveragePool", "Flatten"}:
        found = consumers.get(found[0].output[0], [])
    if all(node.op_type == "Gemm" or (node.op_type == "Conv" and not _is_depthwise(node)) for node in found):
        return tuple(found)
    return ()


def _keep(block: _Block, weights: dict[str, Array]) -> NDArray[np.bool_]:
    """Choose the channels that live, and as many dead ones as fill the last group."""
    kernels = np.abs(weights[block.depthwise.input[1]]).reshape(len(weights[block.depthwise.input[1]]), -1)
    variation = kernels.sum(axis=1) * _LARGEST_INPUT
    keep: NDArray[np.bool_] = variation > _LARGEST_VARIATION
    alive = int(keep.sum())
    spare = -max(alive, 1) % _GROUP + (alive == 0)
    keep[np.flatnonzero(~keep)[:spare]] = True
    return keep


def _cut(block: _Block, weights: dict[str, Array], keep: NDArray[np.bool_]) -> None:
    constant = np.clip(weights[block.depthwise.input[2]], 0, _LARGEST_INPUT)[~keep]
    for node in block.behind:
        matrix = weights[node.input[1]]
        dropped = matrix[:, ~keep].reshape(len(matrix), -1)
        weights[node.input[2]] = (weights[node.input[2]] + dropped @ constant).astype(np.float32)
        weights[node.input[1]] = np.ascontiguousarray(matrix[:, keep])
    for node in (block.before, block.depthwise):
        for name in node.input[1:]:
            weights[name] = np.ascontiguousarray(weights[name][keep])
    for attribute in block.depthwise.attribute:
        if attribute.name == "group":
            attribute.i = int(keep.sum())


def _is_depthwise(node: onnx.NodeProto) -> bool:
    groups = [attribute.i for attribute in node.attribute if attribute.name == "group"]
    return node.op_type == "Conv" and groups != [] and groups[0] > 1
