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

"""Prunes a landmark network in closed form: chooses channels, then refits what mixes them.

Block by block from the front. Each is fitted, on the input that the pruned network really gives it, to make
up for what the blocks before it have lost: its target is the dense block's output less the pruned
network's residual stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.blocks import (
    Block,
    Mask,
    cut_channels,
    keep_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
)
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import Array
from hand_tracking_dsp.compression.pruning.activations import Sampler, Stream, block_outputs
from hand_tracking_dsp.compression.pruning.heads import output_weights
from hand_tracking_dsp.compression.pruning.reconstruction import (
    Doubles,
    Moments,
    best_ridge,
    eliminate,
    solve,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.types import Floats

# One group of pictures in so many is held back to choose ridges with.
_CHECK_EVERY = 5

Progress = Callable[[str], None]
"""Called with the name of each block when it is done."""


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Channels of a block in the order in which they can be spared, and the activations behind it.

    Attributes:
        block: The block as it was before.
        moments: Moments of its activations in the pruned network, with what should come of them.
        prior: float [n, m], the weights of its mixers before.
        ridge: See reconstruction.solve.
        order: int64 [n], the channels in the order in which they can be spared.
    """

    block: Block
    moments: Moments
    prior: Array
    ridge: float
    order: NDArray[np.int64]

    def solved(self, width: int) -> tuple[Mask, Doubles, Doubles]:
        """Reconstruct with so many channels left, at least one.

        Returns:
            (which stay, bool [n]; weights [n, m]; biases [m]), as blocks.keep_channels takes them.
        """
        keep = np.ones(self.block.channels, dtype=bool)
        keep[self.order[: self.block.channels - width]] = False
        return keep, *solve(self.moments, self.prior, keep, self.ridge)


@dataclass(frozen=True, slots=True)
class BlockTargets:
    """Outputs that a network's blocks should give on some crops; good for any number of prunings.

    Attributes:
        blocks: Blocks of the network before pruning.
        outputs: By block, float32 [crops, samples, m].
        sampler: Positions at which they were sampled.
        check: bool [crops], which are held back to choose ridges with.
    """

    crops: Crops
    blocks: tuple[Block, ...]
    outputs: Mapping[str, Floats]
    sampler: Sampler
    check: Mask


def prepare(model: onnx.ModelProto, crops: Crops, *, seed: int = 0) -> BlockTargets:
    """Sample the outputs of the blocks of a network in fp32 on some crops.

    Raises:
        ModelError: The network has no blocks.
    """
    blocks, sampler = read_blocks(model), Sampler(seed)
    outputs = block_outputs(model, blocks, crops.images, sampler)
    return BlockTargets(crops, blocks, outputs, sampler, held_back_groups(crops.groups))


def prune(
    model: onnx.ModelProto,
    targets: BlockTargets,
    keep: Mapping[str, float],
    *,
    relevance: Mapping[str, Doubles] | None = None,
    on_choice: Callable[[ChannelChoice], None] | None = None,
    on_progress: Progress | None = None,
) -> onnx.ModelProto:
    """Prune a network and reconstruct its outputs.

    Args:
        model: Stays as it is.
        targets: Result of prepare for the same network.
        keep: By block, the share of hidden channels to keep, 0 (the whole block goes) to 1; 1 where a
            block is not named.
        relevance: By block, a number for each channel, the least relevant leave first; chosen in closed
            form, block by block as the network is pruned, if None.
        on_choice: Called with the choice of each block's channels.
        on_progress: Called after every block.

    Returns:
        A smaller network of the same contract.

    Raises:
        ConfigurationError: A share is outside 0 to 1, of an unknown block, or 0 where the block must stay.
    """
    counts = channel_counts(targets.blocks, keep)
    pruned, stream = copied(model), Stream(targets.crops.images)
    changed = False
    for original in targets.blocks:
        block = next(item for item in read_blocks(pruned) if item.name == original.name)
        count = counts[block.name]
        if count == 0:
            remove_block(pruned, block)
            changed = True
        else:
            # Heads are refitted in any case: their target may be another network's.
            if changed or count < block.channels or block.heads or on_choice:
                scores = None if relevance is None else relevance[block.name]
                choice = _choose(pruned, block, _moments(pruned, block, stream, targets), count, scores)
                keep_channels(pruned, block, *choice.solved(count))
                changed = True
                if on_choice:
                    on_choice(choice)
            if not block.heads:
                stream.advance(pruned, block)
        if on_progress:
            on_progress(block.name)
    onnx.checker.check_model(pruned, full_check=True)
    return pruned


def cut(
    model: onnx.ModelProto, keep: Mapping[str, float], relevance: Mapping[str, Doubles]
) -> onnx.ModelProto:
    """Prune a network without reconstruction: the least relevant channels go, the weights stay.

    Raises:
        ConfigurationError: As in prune.
    """
    pruned = copied(model)
    blocks = read_blocks(model)
    for name, count in channel_counts(blocks, keep).items():
        block = next(item for item in read_blocks(pruned) if item.name == name)
        if count == 0:
            remove_block(pruned, block)
        elif count < block.channels:
            cut_channels(pruned, block, _most_relevant(relevance[name], count))
    return pruned


def channel_counts(blocks: tuple[Block, ...], keep: Mapping[str, float]) -> dict[str, int]:
    """Turn shares of channels into numbers of channels, by block.

    Raises:
        ConfigurationError: See prune.
    """
    known = {block.name: block for block in blocks}
    for name, share in keep.items():
        if name not in known:
            msg = f"There is no block {name!r} to prune: choose from {', '.join(known)}."
            raise ConfigurationError(msg)
        if not 0 <= share <= 1 or (share == 0 and not known[name].removable):
            lowest = "0" if known[name].removable else "above 0"
            msg = f"The block {name} cannot keep {share} of its channels: give a share from {lowest} to 1."
            raise ConfigurationError(msg)
    shares = {name: keep.get(name, 1.0) for name in known}
    return {
        name: max(1, round(share * known[name].channels)) if share else 0 for name, share in shares.items()
    }


def _moments(
    model: onnx.ModelProto, block: Block, stream: Stream, targets: BlockTargets
) -> tuple[Moments, Moments]:
    """Gather the pruned network's own activations with what should come of them: to fit, and to check."""
    outputs = targets.outputs[block.name]
    sums = Moments.empty(block.channels, outputs.shape[2]), Moments.empty(block.channels, outputs.shape[2])
    wanted = (
        (block.hidden,) if block.shortcut in {None, block.source} else (block.hidden, str(block.shortcut))
    )
    tensors = stream.through(model, block.source, wanted)
    for picture, (source, (hidden, *beside)) in enumerate(zip(stream, tensors, strict=True)):
        target = outputs[picture]
        if block.shortcut is not None:
            target = target - targets.sampler.take(beside[0] if beside else source, picture)
        sums[int(targets.check[picture])].add(targets.sampler.take(hidden, picture), target)
    return sums


def _choose(
    model: onnx.ModelProto, block: Block, moments: tuple[Moments, Moments], count: int, scores: Doubles | None
) -> ChannelChoice:
    """Order the channels of a block, and choose how near the weights stay to the old ones."""
    fit, check = moments
    every = fit + check
    prior = mixing_matrix(model, block)[0]
    weights = output_weights(model, block, every)
    if scores is None:
        whole = np.ones(block.channels, dtype=bool)
        order, _ = eliminate(every, prior, weights, best_ridge(fit, check, prior, whole, weights))
    else:
        order = np.argsort(scores, kind="stable")
    keep = np.isin(np.arange(block.channels), order[block.channels - count :])
    return ChannelChoice(block, every, prior, best_ridge(fit, check, prior, keep, weights), order)


def _most_relevant(scores: Doubles, count: int) -> Mask:
    keep = np.zeros(len(scores), dtype=bool)
    keep[np.argsort(-scores, kind="stable")[:count]] = True
    return keep


def held_back_groups(groups: tuple[str, ...]) -> Mask:
    """Choose crops to choose ridges with: every fifth group, or every fifth crop where there are few groups.

    Returns:
        bool [n].
    """
    names = sorted(set(groups))
    if len(names) < _CHECK_EVERY:
        return np.asarray(np.arange(len(groups)) % _CHECK_EVERY == 0)
    chosen = set(names[::_CHECK_EVERY])
    return np.array([group in chosen for group in groups], dtype=bool)
