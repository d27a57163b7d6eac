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

"""Variants of the dense network whose areas are pruned in several granularities, in closed form.

Every block is pruned by itself on the dense network's own activations, as compression.composition does, so
that any granularity of one area goes with any of another. Single weights go out of convolutions of 1x1 and
linear heads; depthwise filters and the stem's 3x3 stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.half_weights import rounded_to_half
from hand_tracking_dsp.compression.blocks import (
    Block,
    Mask,
    keep_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
)
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.granularity.patterns import PATTERNS, sparse_weights
from hand_tracking_dsp.compression.onnx_graph import Array, Graph, read_weights, write_weights
from hand_tracking_dsp.compression.pruning.activations import Sampler, Stream
from hand_tracking_dsp.compression.pruning.heads import output_weights
from hand_tracking_dsp.compression.pruning.reconstruction import RIDGE, Doubles, Moments, eliminate, solve
from hand_tracking_dsp.compression.pruning.widths import rounded_width
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

AREAS = ("stem", "early", "middle", "late", "heads")
"""Areas of a network: its first block, a third of the others each, and the block that the heads end."""

DENSE, CHANNEL, BLOCK = "dense", "channel", "block"

GRANULARITIES = (DENSE, *PATTERNS, CHANNEL, BLOCK)
"""Choices for an area: nothing goes; single weights in a pattern; hidden channels; whole blocks."""

Plan = Mapping[str, str]
"""One of GRANULARITIES by area; DENSE where an area is not named."""


def areas_of(blocks: Sequence[Block]) -> dict[str, tuple[Block, ...]]:
    """Divide the blocks of a network, in the order of their run, into AREAS.

    Raises:
        ValueError: There are fewer blocks than areas.
    """
    if len(blocks) < len(AREAS):
        msg = f"{len(blocks)} blocks are fewer than {len(AREAS)} areas"
        raise ValueError(msg)
    first, *inner, last = blocks
    ends = np.linspace(0, len(inner), len(AREAS) - 1).round().astype(int)
    thirds = [tuple(inner[start:end]) for start, end in pairwise(ends)]
    return dict(zip(AREAS, ((first,), *thirds, (last,)), strict=True))


class GranularPruner:
    """Prunes areas of a dense network.

    Args:
        dense: The network in fp32.
        crops: Crops of hands to fit on.
        share: Share of the weights, channels or blocks of an area that go, above 0, below 1.
        seed: Seed of the positions at which feature maps are sampled.
        on_progress: Called with the name of each block when it is done.

    Raises:
        ModelError: The network has no blocks.
    """

    def __init__(
        self,
        dense: onnx.ModelProto,
        crops: Crops,
        share: float,
        *,
        seed: int = 0,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.dense, self.share = dense, share
        self.areas = areas_of(read_blocks(dense))
        self._sparse: dict[tuple[str, str], dict[str, Array]] = {}
        self._fewer: dict[str, tuple[Mask, Doubles, Doubles]] = {}
        self._order: dict[str, list[Block]] = {}
        inputs = self._input_moments(crops, Sampler(seed))
        for block in (block for blocks in self.areas.values() for block in blocks):
            for pattern in PATTERNS:
                self._sparse[block.name, pattern] = self._patterned(block, pattern, inputs)
            self._fewer[block.name] = self._narrowed(block, inputs[block.hidden])
            on_progress(block.name)

    def possible(self, area: str, granularity: str) -> bool:
        """Tell whether an area can be pruned so: without some blocks a network does not work."""
        return granularity != BLOCK or any(block.removable for block in self.areas[area])

    def choose_blocks(self, deviation: Callable[[onnx.ModelProto], float]) -> None:
        """Order the blocks of each area by how far the network is off without each alone."""
        for area, blocks in self.areas.items():
            alone = {block.name: deviation(self._without([block])) for block in blocks if block.removable}
            able = [block for block in blocks if block.removable]
            self._order[area] = sorted(able, key=lambda block: alone[block.name])

    def removed(self, area: str) -> list[Block]:
        """Return the blocks of an area that go: so many as are nearest to the share, at least one."""
        able = self._order.get(area) or [block for block in self.areas[area] if block.removable]
        return able[: max(1, round(self.share * len(self.areas[area])))]

    def keep(self, plan: Plan) -> dict[str, float]:
        """Return the shares of channels that a plan keeps, by block, as pruning.prune.prune takes them."""
        shares = {}
        for area, blocks in self.areas.items():
            choice = plan.get(area, DENSE)
            if choice == CHANNEL:
                shares.update({one.name: rounded_width(one, 1 - self.share) / one.channels for one in blocks})
            elif choice == BLOCK:
                shares.update({one.name: 0.0 for one in self.removed(area)})
        return shares

    def network(self, plan: Plan) -> onnx.ModelProto:
        """Prune the areas of a plan; weights are rounded to float16, as a bank's file keeps them."""
        pruned = copied(self.dense)
        gone: list[Block] = []
        for area, blocks in self.areas.items():
            choice = plan.get(area, DENSE)
            if choice == BLOCK:
                gone += self.removed(area)
            for block in blocks:
                if choice == CHANNEL:
                    keep_channels(pruned, block, *self._fewer[block.name])
                elif choice in PATTERNS:
                    write_weights(pruned, self._sparse[block.name, choice])
        for block in gone:
            self._remove(pruned, block)
        return rounded_to_half(pruned)

    def _without(self, blocks: Sequence[Block]) -> onnx.ModelProto:
        pruned = copied(self.dense)
        for block in blocks:
            self._remove(pruned, block)
        return pruned

    @staticmethod
    def _remove(model: onnx.ModelProto, block: Block) -> None:
        """Remove a block as it stands now: the block before it may be gone, and give it another source."""
        remove_block(model, next(one for one in read_blocks(model) if one.name == block.name))

    def _input_moments(self, crops: Crops, sampler: Sampler) -> dict[str, Moments]:
        """Gather the moments of what all layers read, by tensor, in one pass."""
        blocks = [block for blocks in self.areas.values() for block in blocks]
        image = self.dense.graph.input[0].name
        names = tuple(
            dict.fromkeys(name for one in blocks for name in (one.source, one.hidden) if name != image)
        )
        found: dict[str, Moments] = {}
        for picture, tensors in enumerate(Stream(crops.images).through(self.dense, image, names)):
            for name, tensor in zip(names, tensors, strict=True):
                rows = sampler.take(tensor, picture)
                found.setdefault(name, Moments.empty(rows.shape[1], 0)).add(rows, rows[:, :0])
        return found

    def _patterned(self, block: Block, pattern: str, inputs: Mapping[str, Moments]) -> dict[str, Array]:
        """Prune a block's layers of 1x1 to a pattern: weights and biases by their initializers."""
        graph, weights = Graph(self.dense), read_weights(self.dense)
        changed: dict[str, Array] = {}
        for name in (block.expand, *block.mixers):
            node = graph.nodes[name]
            moments = inputs.get(node.input[0])
            values = weights[node.input[1]]
            if moments is None or values[0, 0].size > 1:
                continue
            matrix = values.reshape(len(values), -1).T.astype(np.float64)
            covariance, _ = moments.centred()
            found = sparse_weights(covariance, matrix, pattern, self.share)
            # What the mean input loses, the bias gives.
            bias = weights[node.input[2]] + moments.hidden / moments.count @ (matrix - found)
            changed[node.input[1]] = found.T.reshape(values.shape).astype(np.float32)
            changed[node.input[2]] = bias.astype(np.float32)
        return changed

    def _narrowed(self, block: Block, inputs: Moments) -> tuple[Mask, Doubles, Doubles]:
        """Choose a block's channels and mix them anew, as blocks.keep_channels takes it."""
        matrix, bias = (values.astype(np.float64) for values in mixing_matrix(self.dense, block))
        moments = _with_targets(inputs, matrix, bias)
        counts = output_weights(self.dense, block, moments)
        order, _ = eliminate(moments, matrix, counts, RIDGE)
        keep = np.ones(block.channels, dtype=np.bool_)
        keep[order[: block.channels - rounded_width(block, 1 - self.share)]] = False
        return keep, *solve(moments, matrix, keep, RIDGE)


def _with_targets(inputs: Moments, matrix: Doubles, bias: Doubles) -> Moments:
    """Give moments of inputs [n] the targets that a linear layer makes of them, [m]."""
    target = inputs.hidden @ matrix + inputs.count * bias
    products = inputs.hh @ matrix + np.outer(inputs.hidden, bias)
    squares = (
        np.einsum("ij,ij->j", matrix, inputs.hh @ matrix)
        + 2 * bias * (inputs.hidden @ matrix)
        + inputs.count * bias**2
    )
    return Moments(inputs.hidden, target, inputs.hh, products, squares, inputs.count)
