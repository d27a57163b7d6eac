"""Prunes a landmark network in closed form: chooses channels, then refits what mixes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.lab.data.crops import Crops
from hand_tracking_dsp.lab.pruning.activations import Sampler, Stream, block_outputs, head_tensors
from hand_tracking_dsp.lab.pruning.network import (
    Block,
    Mask,
    copied,
    cut_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
    set_mixing_matrix,
)
from hand_tracking_dsp.lab.pruning.reconstruction import (
    Doubles,
    Moments,
    best_ridge,
    elimination_order,
    solve,
)
from hand_tracking_dsp.tracking.types import Floats

_FIRST_RIDGE = 1e-3
_CHECK_SHARE = 5

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Teaching:
    """What the blocks of a network should give: sampled from the dense network.

    Attributes:
        blocks: Of the network to prune, before pruning.
        targets: By block, float32 [crops, samples, m].
        sampler: How they were sampled.
        check: bool [crops], which are held back to choose ridges with.
    """

    blocks: tuple[Block, ...]
    targets: dict[str, Floats]
    sampler: Sampler
    check: Mask


def teach(
    model: onnx.ModelProto,
    crops: Crops,
    *,
    teacher: onnx.ModelProto | None = None,
    seed: int = 0,
    threads: int = 1,
) -> Teaching:
    """Sample what a network's blocks give on some crops.

    Args:
        model: The network to prune.
        crops: To calibrate on.
        teacher: The network whose heads the pruned one's should resemble; the network itself if None.
        seed: Of the sampled positions.
        threads: Of ONNX Runtime.
    """
    blocks = read_blocks(model)
    sampler = Sampler(seed)
    targets = block_outputs(model, blocks, crops.images, sampler, threads)
    if teacher is not None:
        last, teachers = blocks[-1], read_blocks(teacher)[-1]
        found = block_outputs(teacher, [teachers], crops.images, sampler, threads)[teachers.name]
        places = _columns(teacher, teachers)
        order = np.concatenate([places[name] for name in head_tensors(model, last)])
        targets[last.name] = found[:, :, order]
    return Teaching(blocks, targets, sampler, _held_back(crops.groups))


def prune(
    model: onnx.ModelProto,
    crops: Crops,
    keep: Mapping[str, float],
    *,
    teaching: Teaching | None = None,
    threads: int = 1,
    on_progress: Progress | None = None,
) -> onnx.ModelProto:
    """Prune a network.

    Args:
        model: Stays as it is.
        crops: To calibrate on.
        keep: By block, the share of hidden channels to keep, 0 (the whole block goes) to 1; 1 where none
            is given.
        teaching: From teach on the same network and crops; made if None.
        threads: Of ONNX Runtime.
        on_progress: Called with the name of each block when it is done.

    Raises:
        ModelError: The network has no blocks.
        ConfigurationError: A share is outside 0 to 1, of an unknown block, or 0 where the block must stay.
    """
    teaching = teaching or teach(model, crops, threads=threads)
    counts = channel_counts(teaching.blocks, keep)
    pruned = copied(model)
    stream = Stream(crops.images, threads)
    touched = False
    for original in teaching.blocks:
        block = next(item for item in read_blocks(pruned) if item.name == original.name)
        count = counts[block.name]
        if count == 0:
            remove_block(pruned, block)
            touched = True
            continue
        if touched or count < block.channels or len(block.outputs) > 1:
            touched = True
            fit, check = _moments(pruned, block, stream, teaching)
            weights = output_weights(pruned, block, fit + check)
            _refit(pruned, block, fit, check, count, weights)
        if len(block.outputs) == 1:
            stream.advance(pruned, block)
        if on_progress:
            on_progress(block.name)
    onnx.checker.check_model(pruned, full_check=True)
    return pruned


def channel_counts(blocks: tuple[Block, ...], keep: Mapping[str, float]) -> dict[str, int]:
    """Turn shares of channels into numbers of channels.

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
    counts = {}
    for name, block in known.items():
        share = keep.get(name, 1.0)
        counts[name] = max(1, round(share * block.channels)) if share else 0
    return counts


def output_weights(model: onnx.ModelProto, block: Block, moments: Moments) -> Doubles:
    """Say how much the squared error of each of a block's outputs counts, [m].

    Feature maps count alike. Heads count by their variance: image landmarks half, the others the rest.
    """
    width = len(moments.target)
    if len(block.outputs) == 1:
        return np.ones(width)
    variance = moments.yy / moments.count - (moments.target / moments.count) ** 2
    weights = np.empty(width)
    for name, columns in _columns(model, block).items():
        share = 0.5 if name == "landmarks" else 0.5 / (len(block.outputs) - 1)
        weights[columns] = share / max(float(variance[columns].sum()), 1e-12)
    return weights


def _moments(
    model: onnx.ModelProto, block: Block, stream: Stream, teaching: Teaching
) -> tuple[Moments, Moments]:
    """Gather the pruned network's own activations with what they should become."""
    shortcut = block.shortcut
    asked = (block.hidden,) if shortcut in {None, block.source} else (block.hidden, str(shortcut))
    targets = teaching.targets[block.name]
    sums = [Moments.empty(block.channels, targets.shape[2]) for _ in range(2)]
    # The stream moves on only behind this loop, so both iterations see the same tensors.
    pairs = zip(stream, stream.through(model, block.source, asked), strict=True)
    for picture, (source, tensors) in enumerate(pairs):
        hidden = teaching.sampler.take(tensors[0], picture)
        target = targets[picture]
        if shortcut is not None:
            beside = source if shortcut == block.source else tensors[1]
            target = target - teaching.sampler.take(beside, picture)
        sums[int(teaching.check[picture])].add(hidden, target)
    return sums[0], sums[1]


def _refit(
    model: onnx.ModelProto, block: Block, fit: Moments, check: Moments, count: int, weights: Doubles
) -> None:
    prior = mixing_matrix(model, block)[0].astype(np.float64)
    every = fit + check
    keep = np.ones(block.channels, dtype=bool)
    if count < block.channels:
        ridge = best_ridge(fit, check, prior, keep, weights)
        keep[elimination_order(every, prior, ridge, weights)[: block.channels - count]] = False
    ridge = best_ridge(fit, check, prior, keep, weights)
    matrix, bias = solve(every, prior, ridge, keep)
    cut_channels(model, block, keep)
    set_mixing_matrix(model, _shrunk(model, block), matrix[keep], bias)


def _shrunk(model: onnx.ModelProto, block: Block) -> Block:
    return next(item for item in read_blocks(model) if item.name == block.name)


def _columns(model: onnx.ModelProto, block: Block) -> dict[str, NDArray[np.int64]]:
    """Find the columns of mixing_matrix by the network's output they belong to."""
    shapes = {output.name: output.type.tensor_type.shape.dim[1].dim_value for output in model.graph.output}
    names = head_tensors(model, block)
    ends = np.cumsum([shapes[name] for name in names])
    return {name: np.arange(end - shapes[name], end) for name, end in zip(names, ends, strict=True)}


def _held_back(groups: tuple[str, ...]) -> Mask:
    """Choose every fifth group, or every fifth crop where there are few groups."""
    names = sorted(set(groups))
    if len(names) < _CHECK_SHARE:
        return np.arange(len(groups)) % _CHECK_SHARE == 0
    chosen = set(names[::_CHECK_SHARE])
    return np.array([group in chosen for group in groups])
