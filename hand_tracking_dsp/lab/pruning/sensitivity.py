"""What pruning one block alone does to the landmarks, by how many of its channels stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.lab.data.crops import Crops
from hand_tracking_dsp.lab.deviation import deviation_palm_percent
from hand_tracking_dsp.lab.pruning.activations import Sampler, Stream
from hand_tracking_dsp.lab.pruning.heads import output_weights
from hand_tracking_dsp.lab.pruning.network import (
    Block,
    copied,
    keep_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
)
from hand_tracking_dsp.lab.pruning.reconstruction import Moments, eliminate, solve
from hand_tracking_dsp.lab.pruning.widths import rounded_width
from hand_tracking_dsp.lab.statistics import count_parameters

SHARES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
"""Of a block's hidden channels: what is tried; 0 = the whole block goes."""

# A hand that is lost altogether says no more than one that is far off.
_LARGEST_DEVIATION = 10.0


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A network's blocks, and what pruning each of them alone costs.

    Attributes:
        blocks: The network's.
        parameters: The network's trained parameters.
        deviation: By block, by number of hidden channels kept: the mean deviation from the unpruned
            network on crops held back, % of palm size, each crop's no more than 10.
    """

    blocks: tuple[Block, ...]
    parameters: int
    deviation: Mapping[str, Mapping[int, float]]


def measure_sensitivity(
    model: onnx.ModelProto,
    crops: Crops,
    held_back: Crops,
    *,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
    on_progress: Callable[[str], None] | None = None,
) -> Sensitivity:
    """Prune each block alone, by several shares, and measure what becomes of the landmarks.

    Args:
        model: The network, unpruned.
        crops: To reconstruct with.
        held_back: To measure on, other pictures.
        shares: Of the hidden channels to keep, 0 to 1.
        seed: Of the sampled positions.
        on_progress: Called with the name of each block when it is done.

    Raises:
        ModelError: The network has no blocks.
    """
    table: dict[str, dict[int, float]] = {}
    held = Stream(held_back.images)
    reference = held.predictions(model, model.graph.input[0].name)
    for block, moments in own_moments(model, crops, seed):
        row = {block.channels: 0.0}
        order, _ = eliminate(moments, mixing_matrix(model, block)[0], output_weights(model, block, moments))
        for count in sorted({rounded_width(block, share) for share in shares} - row.keys()):
            variant = _variant(model, block, moments, order[block.channels - count :])
            found = held.predictions(variant, block.source)
            deviation = np.minimum(deviation_palm_percent(found, reference), _LARGEST_DEVIATION)
            row[count] = float(deviation.mean())
        table[block.name] = row
        if not block.heads:
            held.advance(model, block)
        if on_progress:
            on_progress(block.name)
    return Sensitivity(read_blocks(model), count_parameters(model), table)


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


def _variant(
    model: onnx.ModelProto, block: Block, moments: Moments, kept: NDArray[np.int64]
) -> onnx.ModelProto:
    variant = copied(model)
    if not len(kept):
        remove_block(variant, block)
        return variant
    keep = np.isin(np.arange(block.channels), kept)
    keep_channels(variant, block, keep, *solve(moments, mixing_matrix(model, block)[0], keep))
    return variant
