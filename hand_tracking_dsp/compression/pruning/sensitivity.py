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

"""Effect of each block's width on the landmarks, in a network whose other blocks are pruned, too.

Measured in the unpruned network the errors of single blocks promise too much: they do not add up, since
each block of a pruned network works with what the blocks before it have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent
from hand_tracking_dsp.compression.bank.model_size import count_parameters
from hand_tracking_dsp.compression.blocks import (
    Block,
    keep_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
)
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.activations import Sampler, Stream
from hand_tracking_dsp.compression.pruning.prune import BlockTargets, ChannelChoice, prune
from hand_tracking_dsp.compression.pruning.reconstruction import Moments
from hand_tracking_dsp.compression.pruning.widths import rounded_width, uniform_shares
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

AROUND = 0.75
"""Share of the hidden channels that the other blocks keep."""

SHARES = (0.0, 0.25, 0.5, 0.625, 0.875, 1.0)
"""Of a block's hidden channels: what is tried; 0 = the whole block goes."""

# A hand that is lost altogether counts no more than one that is far off.
_LARGEST_DEVIATION = 20.0


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A network's blocks, and what their widths do.

    Attributes:
        blocks: The network's, unpruned.
        parameters: The unpruned network's trained parameters.
        base: Mean deviation of the network with all blocks pruned alike from the unpruned one, on crops
            held back, % of palm size, each crop's no more than 20.
        deviation: By block, by number of hidden channels in this block: the same.
    """

    blocks: tuple[Block, ...]
    parameters: int
    base: float
    deviation: Mapping[str, Mapping[int, float]]


def measure_sensitivity(
    model: onnx.ModelProto,
    targets: BlockTargets,
    held_back: Crops,
    *,
    around: float = AROUND,
    shares: Sequence[float] = SHARES,
    on_progress: Callable[[str], None] | None = None,
) -> Sensitivity:
    """Prune all blocks alike, then give each other widths, and measure what becomes of the landmarks.

    Args:
        model: Unpruned network.
        targets: Outputs from prune.prepare, of the same network.
        held_back: Crops to measure on; other pictures than the targets'.
        around: Share of the hidden channels that the other blocks keep, above 0 to 1.
        shares: Shares of the hidden channels to try in each block, 0 to 1.
        on_progress: Called with the name of each block when it is done.
    """
    blocks = targets.blocks
    held = Stream(held_back.images)
    reference = held.predictions(model, model.graph.input[0].name)
    choices: dict[str, ChannelChoice] = {}
    keep = uniform_shares(blocks, around)
    pruned = prune(model, targets, keep, on_choice=lambda choice: choices.update({choice.block.name: choice}))
    base = _mean(held.predictions(pruned, model.graph.input[0].name), reference)
    table: dict[str, dict[int, float]] = {}
    for block in blocks:
        row = {rounded_width(block, around): base}
        for width in sorted({rounded_width(block, share) for share in shares} - row.keys()):
            variant = copied(pruned)
            if width:
                keep_channels(variant, block, *choices[block.name].solved(width), donor=model)
            else:
                remove_block(variant, block)
            row[width] = _mean(held.predictions(variant, block.source), reference)
        table[block.name] = row
        if not block.heads:
            held.advance(pruned, block)
        if on_progress:
            on_progress(block.name)
    return Sensitivity(blocks, count_parameters(model), base, table)


def own_moments(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Iterator[tuple[Block, Moments]]:
    """Yield each block with its activations and what it makes of them, in the unpruned network."""
    sampler, stream = Sampler(seed), Stream(crops.images)
    for block in read_blocks(model):
        matrix, bias = mixing_matrix(model, block)
        moments = Moments.empty(*matrix.shape)
        for picture, (hidden,) in enumerate(stream.through(model, block.source, (block.hidden,))):
            sample = sampler.take(hidden, picture)
            moments.add(sample, sample @ matrix + bias)
        yield block, moments
        if not block.heads:
            stream.advance(model, block)


def _mean(found: Predictions, reference: Predictions) -> float:
    return float(np.minimum(deviation_palm_percent(found, reference), _LARGEST_DEVIATION).mean())
