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

"""The least deviation that searches find within a time, measured: what an agent is to be compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.compression.composition.meter import CompositionMeter, measure_all
from hand_tracking_dsp.compression.composition.search import (
    by_dynamic_programming,
    by_local_search,
    time_left,
)
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles, Surrogate

LIMITS = (0.95, 0.9, 0.85, 0.8, 0.7, 0.6)
"""Longest times that are searched for, relative to the dense network's."""

METHODS = ("dynamic programming", "random search", "local search")
"""Searches: over sums of what single blocks deviate; among the compositions that were measured; from the best
of these on, by the estimate."""

_SCENE = SCENES.index("plain")


@dataclass(frozen=True, slots=True)
class BestComposition:
    """The best composition that a search finds.

    Attributes:
        method: One of METHODS.
        limit: One of LIMITS.
        choice: A place in INTENSITIES for each block.
        time: Its time, relative to the dense network's.
        deviation: Measured in plain scenes, % of palm size.
    """

    method: str
    limit: float
    choice: tuple[int, ...]
    time: float
    deviation: float


def best_compositions(
    meter: CompositionMeter,
    surrogate: Surrogate,
    time: Doubles,
    choices: Sequence[Sequence[int]],
    deviations: Doubles,
    executor: Executor = EVERY_CORE,
) -> list[BestComposition]:
    """Search for the best compositions within each of LIMITS, and measure them.

    Args:
        meter: What measures them.
        surrogate: Estimate of deviations.
        time: float64 [b, 5]: share of the dense network's time that a block at an intensity spares.
        choices: Compositions that were measured.
        deviations: float64 [n, s]: what was measured of them.
        executor: Where the work runs.
    """
    squares = single_deviations(meter, len(time), executor)[:, :, _SCENE] ** 2
    times, plain = time_left(time, choices), deviations[:, _SCENE]
    found: list[tuple[str, float, list[int]]] = []
    for limit in LIMITS:
        kept = np.flatnonzero(times <= limit)
        planned = by_dynamic_programming(squares, time, limit)
        if planned is not None:
            found.append((METHODS[0], limit, planned))
        if len(kept):
            drawn = [*choices[int(kept[plain[kept].argmin()])]]
            found.append((METHODS[1], limit, drawn))
            found.append((METHODS[2], limit, by_local_search(surrogate, time, _SCENE, limit, drawn)))
    measured = measure_all(meter, [choice for _, _, choice in found], executor)[:, _SCENE]
    return [
        BestComposition(method, limit, tuple(choice), float(time_left(time, [choice])[0]), float(value))
        for (method, limit, choice), value in zip(found, measured, strict=True)
    ]


def single_deviations(
    meter: CompositionMeter,
    blocks: int,
    executor: Executor,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Doubles:
    """Measure the dense network with one block at each intensity, [b, 5, s]: % of palm size, by SCENES."""
    choices = [[0] * blocks, *single_choices(blocks)]
    dense, *measured = measure_all(meter, choices, executor, on_progress)
    pruned = np.array(measured).reshape(blocks, len(INTENSITIES) - 1, -1)
    found: Doubles = np.concatenate([np.tile(dense, (blocks, 1, 1)), pruned], axis=1)
    return found


def single_choices(blocks: int) -> list[list[int]]:
    """Return choices of one block pruned, the blocks in their order, each at each intensity but 0."""
    return [
        [place if other == block else 0 for other in range(blocks)]
        for block in range(blocks)
        for place in range(1, len(INTENSITIES))
    ]
