"""A landmark network seen as blocks whose hidden channels, or which themselves, can be removed.

A block is what surrounds a depthwise convolution: the convolution that makes its channels (expand; in the
stem a 3x3 one), and what mixes them behind (project; in the last block the linear heads behind the mean).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.utils import Extractor

from hand_tracking_dsp.errors import ModelError

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_BETWEEN = {"Clip", "GlobalAveragePool", "Flatten"}


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block's channels come from and go to. Layers and tensors are named by the tensor they make.

    Attributes:
        name: For example "block05": the depthwise layer's name without its last part.
        expand: The convolution that makes the hidden channels.
        depthwise: The convolution that filters each.
        mixers: The convolution, or the linear layers, that mix them.
        channels: Number of hidden channels.
        source: The tensor that the block reads.
        hidden: What the mixers read: the hidden channels, [1, n, h, w], or their means, [1, n].
        shortcut: The tensor that is added to what the mixer makes; None where nothing is.
        outputs: The tensors that leave the block.
        heads: Whether linear heads of the whole network mix the channels.
        parameters: Trained parameters of its layers.
        parameters_each: Those of them that belong to one hidden channel.
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
        """Whether the network still works without it: its shortcut carries its own input."""
        return self.shortcut == self.source


class Graph:
    """Finds the nodes of a model by what they make and read."""

    def __init__(self, model: onnx.ModelProto) -> None:
        """Index a model; the index does not follow later changes."""
        self.nodes: dict[str, onnx.NodeProto] = {
            name: node for node in model.graph.node for name in node.output
        }
        self.readers: dict[str, list[onnx.NodeProto]] = {}
        for node in model.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def mixers(self, depthwise: onnx.NodeProto) -> tuple[onnx.NodeProto, ...]:
        """Follow the output through activation and mean to the layers that mix channels; () if unclear."""
        found = self.readers.get(depthwise.output[0], [])
        while len(found) == 1 and found[0].op_type in _BETWEEN:
            found = self.readers.get(found[0].output[0], [])
        clear = all(
            node.op_type == "Gemm" or (node.op_type == "Conv" and not is_depthwise(node)) for node in found
        )
        return tuple(found) if clear else ()


def parse_model(data: bytes, name: str) -> onnx.ModelProto:
    """Read an ONNX file.

    Args:
        data: Its bytes.
        name: For messages.

    Raises:
        ModelError: It is none.
    """
    try:
        model: onnx.ModelProto = onnx.load_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # Those of onnx and of protobuf share no other base.
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        msg = f"{name} is no ONNX network ({reason}): restore the bank or export it again."
        raise ModelError(msg) from error
    return model


def read_blocks(model: onnx.ModelProto) -> tuple[Block, ...]:
    """Find the blocks of a network that is to be pruned, in the order in which they run.

    Args:
        model: Convolutions and linear layers with biases, ReLU6 written as Clip.

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


def is_depthwise(node: onnx.NodeProto) -> bool:
    """Tell whether a node is a convolution that filters each channel by itself."""
    groups = [attribute.i for attribute in node.attribute if attribute.name == "group"]
    return node.op_type == "Conv" and groups != [] and groups[0] > 1


def read_weights(model: onnx.ModelProto) -> dict[str, Array]:
    """Return the initializers by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def write_weights(model: onnx.ModelProto, weights: Mapping[str, Array]) -> None:
    """Replace initializers, in place; the others stay."""
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(weights[tensor.name]), tensor.name))


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
    """Remove hidden channels of a block, in place; what they gave is lost.

    Args:
        model: The network.
        block: One of its blocks.
        keep: bool [n], which channels stay, at least one.
    """
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
        model: The network.
        block: One of its blocks.
        keep: bool [n], which channels stay, at least one.
        matrix: float [n, m], weights as mixing_matrix reads them; the rows of the others do not count.
        bias: float [m].
        donor: The network whose block it is, where the model has it with fewer channels already.
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
    """Give a block, however pruned, the channels of another network's, in place; the mixers' biases stay.

    Args:
        model: The network to change.
        donor: The network from which it was made.
        block: One of the donor's blocks, which the network still has.
        keep: bool [n], which of the donor's channels are taken, at least one.
    """
    graph, weights = Graph(donor), read_weights(donor)
    layers = [graph.nodes[name] for name in (block.expand, block.depthwise)]
    changed = {name: weights[name][keep] for node in layers for name in node.input[1:]}
    for mixer in block.mixers:
        name = graph.nodes[mixer].input[1]
        changed[name] = weights[name][:, keep]
    write_weights(model, changed)
    _set_groups(Graph(model).nodes[block.depthwise], int(keep.sum()))


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
    _drop_unused(model)


def cut_out(model: onnx.ModelProto, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> onnx.ModelProto:
    """Take the part of a network between some tensors, as a network of its own.

    Args:
        model: Whole network; its tensors' shapes are found where not given.
        inputs: Tensors that become inputs.
        outputs: Tensors that become outputs.
    """
    part: onnx.ModelProto = Extractor(onnx.shape_inference.infer_shapes(model)).extract_model(
        list(inputs), list(outputs)
    )
    return part


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy that can be changed."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


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
    groups = next(attribute.i for attribute in depthwise.attribute if attribute.name == "group")
    parameters = sum(sizes[name] for node in layers for name in node.input[1:])
    fixed = sum(sizes[node.input[2]] for node in mixers)
    return Block(
        name=depthwise.name.rpartition(".")[0] or depthwise.output[0],
        expand=expand.output[0],
        depthwise=depthwise.output[0],
        mixers=tuple(node.output[0] for node in mixers),
        channels=int(groups),
        source=expand.input[0],
        hidden=mixers[0].input[0],
        shortcut=shortcut,
        outputs=outputs,
        heads=mixers[0].op_type == "Gemm",
        parameters=parameters,
        parameters_each=(parameters - fixed) // int(groups),
    )


def _set_groups(depthwise: onnx.NodeProto, count: int) -> None:
    for attribute in depthwise.attribute:
        if attribute.name == "group":
            attribute.i = count


def _drop_unused(model: onnx.ModelProto) -> None:
    """Remove nodes and initializers that no output needs."""
    needed = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed.update(node.input)
            kept.append(node)
    initializers = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    # Protocol buffers' repeated fields are emptied before their own members are put back.
    kept_nodes = [_node_copy(node) for node in reversed(kept)]
    kept_tensors = [
        numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name) for tensor in initializers
    ]
    del model.graph.node[:]
    del model.graph.initializer[:]
    model.graph.node.extend(kept_nodes)
    model.graph.initializer.extend(kept_tensors)


def _node_copy(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy
