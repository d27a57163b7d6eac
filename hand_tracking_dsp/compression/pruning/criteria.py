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

"""Relevance of hidden channels: the classic criteria, and the closed-form one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import onnx

from hand_tracking_dsp.compression.blocks import Block, mixing_matrix, read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import Array, Graph, read_weights
from hand_tracking_dsp.compression.pruning.heads import output_weights
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles, eliminate
from hand_tracking_dsp.compression.pruning.sensitivity import own_moments

Relevance = dict[str, Doubles]
"""By block, a number for each hidden channel, float64 [n]: the lower, the sooner it can be spared."""


class Criterion(Protocol):
    """Says how relevant each hidden channel of a network is."""

    def __call__(self, model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
        """Score the channels of an fp32 network; crops and seed count where pictures or chance do."""


def l1_norm(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
    """Sum the absolute weights of each channel (Li et al., Pruning Filters for Efficient ConvNets, 2017)."""
    del crops, seed
    return channel_sums(model, {name: np.abs(value) for name, value in read_weights(model).items()})


def magnitude(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
    """Take the Euclidean norm of each channel's weights."""
    del crops, seed
    squares = {name: np.square(value) for name, value in read_weights(model).items()}
    return {name: np.sqrt(sums) for name, sums in channel_sums(model, squares).items()}


def random_choice(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
    """Draw lots: what every criterion must beat."""
    del crops
    random = np.random.default_rng(seed)
    return {block.name: random.random(block.channels) for block in read_blocks(model)}


def closed_form(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
    """Estimate by how much a block's squared error has grown when a channel leaves it, without gradients.

    The channels leave one at a time, and the others take over what they can (see reconstruction). In
    shares of the variance of the block's output, so that blocks can be compared.
    """
    relevance = {}
    for block, moments in own_moments(model, crops, seed):
        weights = output_weights(model, block, moments)
        order, rises = eliminate(moments, mixing_matrix(model, block)[0], weights)
        scores = np.empty(block.channels)
        scores[order] = np.cumsum(rises)
        relevance[block.name] = scores
    return relevance


CRITERIA: Mapping[str, Criterion] = {
    "l1": l1_norm,
    "magnitude": magnitude,
    "closed-form": closed_form,
    "random": random_choice,
}
"""The criteria that need no backward pass; distillation.gradient_relevance has the one that does."""


def channel_sums(model: onnx.ModelProto, values: Mapping[str, Array]) -> Relevance:
    """Sum a number for each weight, shaped as it, over the weights of each hidden channel.

    Returns:
        By block, float64 [n]: over what makes the channel, filters it and mixes it into the output.
    """
    graph = Graph(model)
    return {block.name: _sums(graph, block, values) for block in read_blocks(model)}


def _sums(graph: Graph, block: Block, values: Mapping[str, Array]) -> Doubles:
    sums = np.zeros(block.channels)
    for name in (*graph.nodes[block.expand].input[1:], *graph.nodes[block.depthwise].input[1:]):
        sums += values[name].reshape(block.channels, -1).sum(axis=1, dtype=np.float64)
    for mixer in block.mixers:
        matrix = values[graph.nodes[mixer].input[1]]
        sums += matrix.reshape(len(matrix), block.channels).sum(axis=0, dtype=np.float64)
    return sums
