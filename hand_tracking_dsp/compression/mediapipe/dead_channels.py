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

"""Removes hidden channels that training has switched off, without changing a network's outputs.

More than half of the hidden channels in the last blocks of MediaPipe's landmark networks are dead:
weight decay has driven their depthwise kernels to zero, so that they give the same number for every
picture. What they give is added to the biases behind them, and the channels go.
"""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.blocks import (
    Block,
    Mask,
    find_blocks,
    keep_channels,
    mixing_matrix,
)
from hand_tracking_dsp.compression.onnx_graph import Array, Graph, read_weights

# A channel is dead where its output cannot vary by more than this: its input lies within 0 and 6.
_LARGEST_VARIATION = 1e-5
_LARGEST_INPUT = 6.0
# Runtimes compute channels in groups of 16; the last group is kept whole.
_GROUP = 16


def remove_dead_channels(model: onnx.ModelProto) -> int:
    """Remove the dead hidden channels of blocks with ReLU6 written as Clip, in place; return their number."""
    removed = 0
    for block in find_blocks(model):
        node = Graph(model).nodes[block.depthwise]
        weights = read_weights(model)
        kernels, biases = weights[node.input[1]], weights[node.input[2]]
        keep = _keep(block, kernels)
        if keep.all():
            continue
        removed += block.channels - int(keep.sum())
        matrix, bias = mixing_matrix(model, block)
        constant = np.clip(biases, 0, _LARGEST_INPUT)[~keep]
        keep_channels(model, block, keep, matrix, bias + constant @ matrix[~keep])
    onnx.checker.check_model(model, full_check=True)
    return removed


def _keep(block: Block, kernels: Array) -> Mask:
    """Choose the channels that live, and as many dead ones as fill the last group."""
    variation = np.abs(kernels).reshape(block.channels, -1).sum(axis=1) * _LARGEST_INPUT
    keep: Mask = variation > _LARGEST_VARIATION
    alive = int(keep.sum())
    spare = -max(alive, 1) % _GROUP + (alive == 0)
    keep[np.flatnonzero(~keep)[:spare]] = True
    return keep
