"""How much of each block to keep: the least error that a latency budget allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.lab.data.crops import Crops
from hand_tracking_dsp.lab.deviation import Predictions, deviation_palm_percent
from hand_tracking_dsp.lab.pruning.activations import Stream
from hand_tracking_dsp.lab.pruning.latency import GROUP, LatencyTable
from hand_tracking_dsp.lab.pruning.network import (
    Block,
    copied,
    cut_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
    set_mixing_matrix,
)
from hand_tracking_dsp.lab.pruning.prune import Teaching
from hand_tracking_dsp.lab.pruning.reconstruction import Moments, elimination_order, solve

_RIDGE = 1e-3
_STEPS_MS = 0.002


@dataclass(frozen=True, slots=True)
class Allocation:
    """How many channels of each block to keep, and what that promises.

    Attributes:
        counts: By block; 0 = the whole block goes.
        keep: The same as shares.
        latency: Predicted, relative to the reference.
        error: Root of the summed squares of the blocks' own deviations, % of palm size.
        parameters: Trained parameters of the pruned network.
    """

    counts: Mapping[str, int]
    keep: Mapping[str, float]
    latency: float
    error: float
    parameters: int


def sensitivities(
    model: onnx.ModelProto,
    crops: Crops,
    check: Crops,
    teaching: Teaching,
    shares: tuple[float, ...] = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875),
    threads: int = 1,
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, dict[int, float]]:
    """Measure what pruning one block alone does to the landmarks.

    Returns:
        By block, by number of channels kept: the mean squared deviation, (% of palm size) squared.
    """
    table: dict[str, dict[int, float]] = {}
    stream, held = Stream(crops.images, threads), Stream(check.images, threads)
    outputs = tuple(output.name for output in model.graph.output)
    reference = None
    for block in teaching.blocks:
        prior, bias = (part.astype(np.float64) for part in mixing_matrix(model, block))
        moments = Moments.empty(*prior.shape)
        small = prior.astype(np.float32), bias.astype(np.float32)
        for picture, (hidden,) in enumerate(stream.through(model, block.source, (block.hidden,))):
            sample = teaching.sampler.take(hidden, picture)
            moments.add(sample, sample @ small[0] + small[1])
        order = elimination_order(moments, prior, _RIDGE, np.ones(prior.shape[1]))
        if reference is None:
            reference = _predictions(held, model, block.source, outputs)
        row = {block.channels: 0.0}
        for share in shares:
            count = _rounded(share, block.channels)
            if count in row or (count == 0 and not block.removable):
                continue
            variant = copied(model)
            if count == 0:
                remove_block(variant, block)
                source = block.source
            else:
                keep = np.ones(block.channels, dtype=bool)
                keep[order[: block.channels - count]] = False
                matrix, offset = solve(moments, prior, _RIDGE, keep)
                cut_channels(variant, block, keep)
                shrunk = next(item for item in read_blocks(variant) if item.name == block.name)
                set_mixing_matrix(variant, shrunk, matrix[keep], offset)
            found = _predictions(held, variant, block.source, outputs)
            row[count] = float(np.mean(np.minimum(deviation_palm_percent(found, reference), 10))) ** 2
        table[block.name] = row
        if len(block.outputs) == 1:
            stream.advance(model, block)
            held.advance(model, block)
        if on_progress:
            on_progress(block.name)
    return table


def allocate(
    blocks: tuple[Block, ...],
    errors: Mapping[str, Mapping[int, float]],
    latency: LatencyTable,
    parameters: int,
    target: float,
    max_parameters: int | None = None,
) -> Allocation:
    """Choose the numbers of channels with the least summed squared error within a latency.

    Raises:
        ConfigurationError: The target cannot be reached.
    """
    budget_ms = target * latency.reference_ms
    price = 0.0
    best = None
    low, high = 0.0, None
    for _ in range(40):
        found = _within(blocks, errors, latency, parameters, budget_ms, price)
        if max_parameters is None or found.parameters <= max_parameters:
            best = found
            high = price
            if price == 0.0:
                return found
        else:
            low = price
        price = (low + high) / 2 if high is not None else max(1e-6, 4 * price)
        if price > 1e3:
            break
    if best is None:
        msg = f"No choice of channels leaves {max_parameters} parameters or fewer: allow more."
        raise ConfigurationError(msg)
    return best


def _within(blocks, errors, latency, parameters, budget_ms, price):
    """Dynamic programming over blocks and latency, in steps of 2 us."""
    options = {}
    for block in blocks:
        e = errors[block.name]
        t = latency.blocks[block.name]
        counts = _options(block)
        ce = sorted(e)
        ct = sorted(t)
        # Fewer channels cannot be better: what says so is noise.
        err = np.interp(counts, ce, np.maximum.accumulate([e[c] for c in ce][::-1])[::-1])
        ms = np.interp(counts, ct, [t[c] for c in ct])
        saved_ms = t[max(t)] - ms
        removed = np.array([_removed(block, c) for c in counts])
        options[block.name] = (counts, err, saved_ms, removed)
    need = latency.whole_ms - budget_ms
    steps = max(0, int(np.ceil(need / _STEPS_MS)))
    best = np.full(steps + 1, np.inf)
    best[0] = 0.0
    choice = []
    for block in blocks:
        counts, err, saved_ms, removed = options[block.name]
        new = np.full(steps + 1, np.inf)
        pick = np.zeros(steps + 1, dtype=np.int64)
        frm = np.zeros(steps + 1, dtype=np.int64)
        for o in range(len(counts)):
            s = max(0, int(np.floor(saved_ms[o] / _STEPS_MS)))
            cost = err[o] - price * removed[o] / 1000
            for_target = np.minimum(np.arange(steps + 1) + s, steps)
            cand = best + cost
            # several sources fall on the last step: keep the least
            order = np.argsort(-cand, kind="stable")
            tmp = np.full(steps + 1, np.inf)
            src = np.zeros(steps + 1, dtype=np.int64)
            tmp[for_target[order]] = cand[order]
            src[for_target[order]] = order
            better = tmp < new
            new[better] = tmp[better]
            pick[better] = o
            frm[better] = src[better]
        choice.append((pick, frm))
        best = new
    if not np.isfinite(best[steps]):
        lowest = latency.whole_ms - sum(o[2].max() for o in options.values())
        msg = (
            f"A latency of {budget_ms / latency.reference_ms:.2f} of the dense network's cannot be reached: "
            f"the least is {lowest / latency.reference_ms:.2f}."
        )
        raise ConfigurationError(msg)
    at = steps
    counts_by, total_err, total_saved, total_removed = {}, 0.0, 0.0, 0
    for block, (pick, frm) in zip(reversed(blocks), reversed(choice), strict=True):
        o = pick[at]
        counts, err, saved_ms, removed = options[block.name]
        counts_by[block.name] = int(counts[o])
        total_err += err[o]
        total_saved += saved_ms[o]
        total_removed += removed[o]
        at = frm[at]
    counts_by = {b.name: counts_by[b.name] for b in blocks}
    return Allocation(
        counts_by,
        {b.name: counts_by[b.name] / b.channels for b in blocks},
        (latency.whole_ms - total_saved) / latency.reference_ms,
        float(np.sqrt(total_err)),
        int(parameters - total_removed),
    )


def _options(block: Block) -> list[int]:
    step = GROUP if block.channels > 2 * GROUP else GROUP // 2
    counts = [*range(step, block.channels, step), block.channels]
    return [0, *counts] if block.removable else counts


def _removed(block: Block, count: int) -> int:
    return block.parameters if count == 0 else (block.channels - count) * block.parameters_each


def _rounded(share: float, channels: int) -> int:
    if share == 0:
        return 0
    step = GROUP if channels > 2 * GROUP else GROUP // 2
    return min(channels, max(step, step * round(share * channels / step)))


def _predictions(
    stream: Stream, model: onnx.ModelProto, source: str, outputs: tuple[str, ...]
) -> Predictions:
    found = list(stream.through(model, source, outputs))
    landmarks, presence, handedness, world = (np.concatenate(column) for column in zip(*found, strict=True))
    n = len(found)
    return Predictions(
        landmarks.reshape(n, 21, 3), presence.reshape(n), handedness.reshape(n), world.reshape(n, 21, 3)
    )
