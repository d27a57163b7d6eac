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

"""Allocation of channels to blocks: the least error that a latency allows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.blocks import Block
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles
from hand_tracking_dsp.compression.pruning.sensitivity import Sensitivity
from hand_tracking_dsp.compression.pruning.widths import widths
from hand_tracking_dsp.errors import ConfigurationError

# Finer than a time is measured.
_STEP_MS = 0.001
_BISECTIONS = 30
# Squared error, in (% of palm size)², for which no parameter would be kept.
_HIGHEST_PRICE = 1.0


@dataclass(frozen=True, slots=True)
class Allocation:
    """Numbers of hidden channels to keep in each block, and the latency and error expected of them.

    Attributes:
        channels: By block, how many stay; 0 = the whole block goes.
        keep: The same as shares, 0 to 1.
        latency: Relative to the dense network in fp32.
        deviation: Expected of the whole, % of palm size, where each block's width adds to the squared
            deviation what it adds in a network whose other blocks are pruned alike.
        parameters: Trained parameters that remain.
    """

    channels: Mapping[str, int]
    keep: Mapping[str, float]
    latency: float
    deviation: float
    parameters: int


@dataclass(frozen=True, slots=True)
class _Options:
    """Possible widths of a block: each array has an element for each of them."""

    block: Block
    channels: list[int]
    squares: Doubles
    saved_ms: Doubles
    removed: Doubles


def allocate(
    sensitivity: Sensitivity, latency: LatencyTable, target: float, max_parameters: int | None = None
) -> Allocation:
    """Choose the widths whose blocks' squared deviations have the least sum within a latency.

    Solved exactly by dynamic programming over blocks and milliseconds; a limit on parameters enters as a
    price for each, found by bisection.

    Args:
        sensitivity: Deviation by block and width.
        latency: Time by block and width.
        target: Most latency, relative to the dense network in fp32, above 0.
        max_parameters: Most trained parameters; no limit if None.

    Raises:
        ConfigurationError: No choice is fast or small enough; the sentence names what can be reached.
    """
    options = [_options(block, sensitivity, latency) for block in sensitivity.blocks]
    saving_ms = latency.whole_ms - target * latency.reference_ms
    _check_reach(options, latency, sensitivity.parameters, target, max_parameters)
    chosen = _cheapest(options, saving_ms, 0.0)
    found = _allocation(options, chosen, sensitivity, latency)
    if max_parameters is None or found.parameters <= max_parameters:
        return found
    low, high = 0.0, _HIGHEST_PRICE
    for _ in range(_BISECTIONS):
        price = (low + high) / 2
        tried = _cheapest(options, saving_ms, price)
        if _allocation(options, tried, sensitivity, latency).parameters <= max_parameters:
            chosen, high = tried, price
        else:
            low = price
    chosen = _widened(options, chosen, saving_ms, sensitivity.parameters - max_parameters)
    return _allocation(options, chosen, sensitivity, latency)


def _options(block: Block, sensitivity: Sensitivity, latency: LatencyTable) -> _Options:
    channels = widths(block)
    deviation = sensitivity.deviation[block.name]
    known = sorted(deviation)
    # Fewer channels are not better: where it seems so, that is noise.
    falling = np.maximum.accumulate([deviation[width] for width in reversed(known)])[::-1]
    squares = np.interp(channels, known, falling) ** 2 - sensitivity.base**2
    saved_ms = np.array([latency.saved_ms(block.name, width) for width in channels])
    removed = [
        block.parameters if width == 0 else (block.channels - width) * block.parameters_each
        for width in channels
    ]
    return _Options(block, channels, squares, saved_ms, np.array(removed, dtype=np.float64))


def _cheapest(options: list[_Options], saving_ms: float, price: float) -> list[int]:
    """Choose an option of each block so that they save enough at the least error; a parameter has a price."""
    costs = [item.squares - price * item.removed for item in options]
    steps = [_steps(item.saved_ms) for item in options]
    return cheapest_choice(costs, steps, max(0, int(np.ceil(saving_ms / _STEP_MS))))


def cheapest_choice(costs: Sequence[Doubles], saved: Sequence[NDArray[np.int64]], need: int) -> list[int]:
    """Choose an option of each block so that they save enough at the least sum of costs.

    Args:
        costs: By block, the cost of each option, float64 [options].
        saved: By block, the whole steps that each saves, int64 [options].
        need: Steps that all are to save, at least 0; more than can be saved gives any choice.
    """
    # least[t] is what the blocks behind cost if they must still save t steps.
    left = np.arange(need + 1)
    least = np.where(left == 0, 0.0, np.inf)
    picks = []
    for cost, steps in zip(reversed(costs), reversed(saved), strict=True):
        table = cost[:, None] + least[np.clip(left[None] - steps[:, None], 0, need)]
        picks.append(np.argmin(table, axis=0))
        least = np.min(table, axis=0)
    chosen, t = [], need
    for steps, pick in zip(saved, reversed(picks), strict=True):
        index = int(pick[t])
        chosen.append(index)
        t = max(0, min(need, t - int(steps[index])))
    return chosen


def _widened(options: list[_Options], chosen: list[int], saving_ms: float, removed: float) -> list[int]:
    """Use up what a price for each parameter leaves of the budgets: better the best block, and again."""
    chosen = list(chosen)
    while True:
        spare_ms = sum(item.saved_ms[i] for item, i in zip(options, chosen, strict=True)) - max(
            0.0, saving_ms
        )
        spare = sum(item.removed[i] for item, i in zip(options, chosen, strict=True)) - removed
        best = (-1e-9, 0, 0)
        for place, (item, i) in enumerate(zip(options, chosen, strict=True)):
            fits = (item.saved_ms[i] - item.saved_ms <= spare_ms) & (item.removed[i] - item.removed <= spare)
            gains = np.where(fits, item.squares - item.squares[i], 0.0)
            best = min(best, (float(gains.min()), place, int(gains.argmin())))
        if best[0] >= -1e-9:
            return chosen
        chosen[best[1]] = best[2]


def _steps(saved_ms: Doubles) -> NDArray[np.int64]:
    """Count whole steps; what floating point has taken off a whole one does not count."""
    return np.floor(saved_ms / _STEP_MS + 1e-6).astype(np.int64)


def _check_reach(
    options: list[_Options], latency: LatencyTable, parameters: int, target: float, limit: int | None
) -> None:
    """Refuse what no choice of options reaches."""
    steps = sum(int(_steps(item.saved_ms).max()) for item in options)
    least = (latency.whole_ms - steps * _STEP_MS) / latency.reference_ms
    if target < least:
        msg = (
            f"A latency of {target:.2f} of the dense network's cannot be reached by pruning on this device: "
            f"choose {math.ceil(round(100 * least, 6)) / 100:.2f} or more."
        )
        raise ConfigurationError(msg)
    fewest = parameters - int(sum(item.removed.max() for item in options))
    if limit is not None and limit < fewest:
        msg = f"The network cannot be pruned to {limit} parameters: allow {fewest} or more."
        raise ConfigurationError(msg)


def _allocation(
    options: list[_Options], chosen: list[int], sensitivity: Sensitivity, latency: LatencyTable
) -> Allocation:
    pairs = list(zip(options, chosen, strict=True))
    saved_ms = sum(float(item.saved_ms[i]) for item, i in pairs)
    return Allocation(
        channels={item.block.name: item.channels[i] for item, i in pairs},
        keep={item.block.name: item.channels[i] / item.block.channels for item, i in pairs},
        latency=(latency.whole_ms - saved_ms) / latency.reference_ms,
        deviation=float(np.sqrt(max(0.0, sensitivity.base**2 + sum(item.squares[i] for item, i in pairs)))),
        parameters=sensitivity.parameters - int(sum(item.removed[i] for item, i in pairs)),
    )
