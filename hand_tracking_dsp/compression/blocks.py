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

"""A landmark network seen as blocks whose hidden channels, or which themselves, can be removed.

A block is what surrounds a depthwise convolution: the convolution that makes its channels (expand; in the
stem a 3x3 one), and what mixes them behind (project; in the last block the linear heads behind the mean).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.onnx_graph import (
    Array,
    Graph,
    groups_of,
    is_depthwise,
    read_weights,
    write_weights,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import drop_unused, set_groups

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """The layers of a block and its tensors; each layer is named by the tensor that it makes.

    Attributes:
        name: For example "block05": the depthwise layer's name without its last part.
        expand: The convolution that makes the hidden channels.
        depthwise: The convolution that filters each.
        mixers: The convolution, or the linear layers, that mix them.
        channels: Number of hidden channels.
        source: The tensor that the block reads.
        hidden: Tensor that the mixers read: the hidden channels, [1, n, h, w], or their means, [1, n].
        shortcut: The tensor that is added to what the mixer makes; None where nothing is.
        outputs: The tensors that leave the block.
        heads: Whether linear heads of the whole network mix the channels.
        parameters: Trained parameters of its layers.
        parameters_each: Number of them that belong to one hidden channel.
    """

    name: str
    expand: str
    depthwise: str
    mixers: tuple[str, ...]
    channels: int
    source: str
    hidden: str
    shortcut: str | None
    outputs: tuple[str, ...]
    heads: bool
    parameters: int
    parameters_each: int

    @property
    def removable(self) -> bool:
        """True if the network still works without it: its shortcut carries its own input."""
        return self.shortcut == self.source


def read_blocks(model: onnx.ModelProto) -> tuple[Block, ...]:
    """Find the blocks of a network of layers with biases, ReLU6 written as Clip, in the order of their run.

    Raises:
        ModelError: It has none.
    """
    blocks = find_blocks(model)
    if not blocks:
        msg = (
            f"The network {model.graph.name or 'given'} has no inverted-residual block that could be pruned: "
            "give a landmark network in fp32, for example of the bank that comes with the package."
        )
        raise ModelError(msg)
    return blocks


def find_blocks(model: onnx.ModelProto) -> tuple[Block, ...]:
    """Find the blocks of any network, as read_blocks does; there may be none."""
    graph = Graph(model)
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in model.graph.initializer}
    found = (_block(graph, sizes, node) for node in model.graph.node if is_depthwise(node))
    return tuple(block for block in found if block is not None)


def mixing_matrix(model: onnx.ModelProto, block: Block) -> tuple[Array, Array]:
    """Read what a block makes of its hidden channels.

    Returns:
        (weights [n, m], biases [m]) of all mixers side by side: output = hidden @ weights + biases.
    """
    weights, graph = read_weights(model), Graph(model)
    nodes = [graph.nodes[name] for name in block.mixers]
    matrices = [weights[node.input[1]].reshape(-1, block.channels) for node in nodes]
    biases = [weights[node.input[2]] for node in nodes]
    return np.concatenate(matrices).T, np.concatenate(biases)


def cut_channels(model: onnx.ModelProto, block: Block, keep: Mask) -> None:
    """Remove the hidden channels that are not kept, bool [n], in place; what they gave is lost."""
    transplant(model, model, block, keep)


def keep_channels(
    model: onnx.ModelProto,
    block: Block,
    keep: Mask,
    matrix: Array,
    bias: Array,
    donor: onnx.ModelProto | None = None,
) -> None:
    """Remove hidden channels of a block and give those that stay other weights to be mixed with, in place.

    Args:
        model: Network to change.
        block: One of its blocks.
        keep: bool [n], which channels stay, at least one.
        matrix: float [n, m], weights as mixing_matrix reads them; the rows of the others do not count.
        bias: float [m].
        donor: Network whose block it is, where the model has it with fewer channels already.
    """
    transplant(model, donor or model, block, keep)
    old, graph = read_weights(model), Graph(model)
    changed: dict[str, Array] = {}
    first = 0
    for name in block.mixers:
        node = graph.nodes[name]
        shape = old[node.input[1]].shape
        part = slice(first, first + shape[0])
        changed[node.input[1]] = matrix[keep, part].T.reshape(shape).astype(np.float32)
        changed[node.input[2]] = bias[part].astype(np.float32)
        first += shape[0]
    write_weights(model, changed)


def transplant(model: onnx.ModelProto, donor: onnx.ModelProto, block: Block, keep: Mask) -> None:
    """Give a block, however pruned, the donor's channels that are kept, in place; the mixers' biases stay.

    The donor is the network from which it was made; keep is bool [n], at least one.
    """
    graph, weights = Graph(donor), read_weights(donor)
    layers = [graph.nodes[name] for name in (block.expand, block.depthwise)]
    changed = {name: weights[name][keep] for node in layers for name in node.input[1:]}
    for mixer in block.mixers:
        name = graph.nodes[mixer].input[1]
        changed[name] = weights[name][:, keep]
    write_weights(model, changed)
    set_groups(Graph(model).nodes[block.depthwise], int(keep.sum()))


def remove_block(model: onnx.ModelProto, block: Block) -> None:
    """Remove a whole residual block, in place: its shortcut alone remains.

    Raises:
        ModelError: It is not removable.
    """
    if not block.removable:
        msg = f"The block {block.name} cannot be removed: it changes the shape of what passes through it."
        raise ModelError(msg)
    (output,) = block.outputs
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            if name == output:
                node.input[i] = block.source
    drop_unused(model)


def _block(graph: Graph, sizes: Mapping[str, int], depthwise: onnx.NodeProto) -> Block | None:
    """Describe the block around a depthwise convolution; None if it is not of the known form."""
    activation = graph.nodes.get(depthwise.input[0])
    expand = graph.nodes.get(activation.input[0]) if activation and activation.op_type == "Clip" else None
    mixers = graph.mixers(depthwise)
    # A layer without a bias could not take over the mean of what is removed.
    if expand is None or expand.op_type != "Conv" or not mixers:
        return None
    layers = [expand, depthwise, *mixers]
    if any(len(node.input) != 3 for node in layers):
        return None
    outputs = tuple(node.output[0] for node in mixers)
    shortcut = None
    readers = graph.readers.get(outputs[0], []) if len(outputs) == 1 else []
    if len(readers) == 1 and readers[0].op_type == "Add":
        (shortcut,) = (name for name in readers[0].input if name != outputs[0])
        outputs = (readers[0].output[0],)
    channels = groups_of(depthwise)
    parameters = sum(sizes[name] for node in layers for name in node.input[1:])
    fixed = sum(sizes[node.input[2]] for node in mixers)
    return Block(
        name=depthwise.name.rpartition(".")[0] or depthwise.output[0],
        expand=expand.output[0],
        depthwise=depthwise.output[0],
        mixers=tuple(node.output[0] for node in mixers),
        channels=channels,
        source=expand.input[0],
        hidden=mixers[0].input[0],
        shortcut=shortcut,
        outputs=outputs,
        heads=mixers[0].op_type == "Gemm",
        parameters=parameters,
        parameters_each=(parameters - fixed) // channels,
    )
