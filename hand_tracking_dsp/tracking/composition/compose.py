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

"""Composes a landmark network of one choice for each block, without calibration: a fraction of a second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
from onnx import numpy_helper

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import Array, BlockSet, PrunableBlock
from hand_tracking_dsp.tracking.composition.onnx_changes import keep_outputs, serialized, set_groups


def compose(blocks: BlockSet, choice: Sequence[int]) -> bytes:
    """Compose a network.

    Args:
        blocks: The blocks of a bank's dense network.
        choice: For each block, a place in block_set.INTENSITIES.

    Returns:
        ONNX file with the dense network's inputs and outputs, without error_percent, which is about the dense
        network.

    Raises:
        ModelError: The choice does not fit, or the blocks do not fit the network.
    """
    choice = blocks.checked(choice)
    model = onnx.load_from_string(blocks.network)
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = {node.name: node for node in model.graph.node}
    passed: dict[str, str] = {}
    for block, place in zip(blocks.blocks, choice, strict=True):
        channels = block.widths[place].channels
        if channels == 0:
            passed[block.output] = passed.get(block.source, block.source)
        elif channels < block.channels:
            try:
                for name, values in _changes(blocks, block, channels, initializers):
                    initializers[name].CopyFrom(numpy_helper.from_array(values, name))
                set_groups(nodes[block.depthwise], channels)
            except (KeyError, IndexError, ValueError) as error:
                msg = f"The block {block.name} does not fit its network ({error}): make the blocks again."
                raise ModelError(msg) from error
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = passed.get(name, name)
    keep_outputs(model, blocks.description.outputs)
    if len(model.graph.output) != len(blocks.description.outputs):
        msg = "The blocks name outputs that their network has not: make the blocks again."
        raise ModelError(msg)
    # Shapes noted before would contradict the new ones.
    del model.graph.value_info[:]
    return serialized(model)


def _changes(
    blocks: BlockSet, block: PrunableBlock, channels: int, initializers: Mapping[str, onnx.TensorProto]
) -> Iterator[tuple[str, Array]]:
    """Yield the initializers of a block at a width, by name."""
    kept = blocks.kept(block, channels)
    for name in block.rows:
        yield name, np.ascontiguousarray(numpy_helper.to_array(initializers[name])[kept])
    yield from blocks.weights(block, channels).items()
