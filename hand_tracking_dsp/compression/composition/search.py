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

"""Searches for the composition that is least off within a time: by dynamic programming, and step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.pruning.allocation import cheapest_choice
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, Array
from hand_tracking_dsp.tracking.composition.surrogate import Doubles, Surrogate

# Steps that a time is divided into.
_STEPS = 2000
# A time that is reached to within a rounding is reached.
_ROUNDING = 1e-9


def by_dynamic_programming(squares: Doubles, time: Doubles, limit: float) -> list[int] | None:
    """Choose intensities whose blocks' squared deviations have the least sum within a time.

    Args:
        squares: float64 [b, 5]: squared deviation of the dense network with one block at an intensity.
        time: float64 [b, 5]: share of the dense network's time that it spares.
        limit: Longest time, relative to the dense network's.

    Returns:
        A place in INTENSITIES for each block; None where no choice is fast enough.
    """
    saved = np.floor(np.maximum(time, 0.0) * _STEPS).astype(np.int64)
    need = max(0, int(np.ceil((1.0 - limit) * _STEPS - _ROUNDING)))
    if saved.max(axis=1).sum() < need:
        return None
    return cheapest_choice(list(squares), list(saved), need)


def by_local_search(
    surrogate: Surrogate, time: Doubles, scene: int, limit: float, start: Sequence[int]
) -> list[int]:
    """Change one or two blocks at a time as long as the estimate of the deviation falls within a time.

    Args:
        surrogate: The estimate.
        time: float64 [b, 5]: share of the dense network's time that a block at an intensity spares.
        scene: Kind of scene, a place in SCENES.
        limit: Longest time, relative to the dense network's.
        start: Choice to begin with, which keeps the limit.
    """
    best = list(start)
    least = float(surrogate.deviation_percent([best])[0, scene])
    while True:
        tried = _neighbours(best)
        tried = tried[time_left(time, tried) <= limit + _ROUNDING]
        deviations = surrogate.deviation_percent(tried)[:, scene]
        if not len(tried) or deviations.min() >= least:
            return best
        best, least = [int(place) for place in tried[deviations.argmin()]], float(deviations.min())


def time_left(time: Doubles, choices: Sequence[Sequence[int]] | Array) -> Doubles:
    """Return the time of compositions, [n], relative to the dense network's, of choices [n, b].

    Args:
        time: float64 [b, 5]: share of the dense network's time that a block at an intensity spares.
        choices: Places in INTENSITIES.
    """
    found: Doubles = 1.0 - time[np.arange(len(time)), np.asarray(choices)].sum(axis=1)
    return found


def _neighbours(choice: Sequence[int]) -> NDArray[np.int64]:
    """Return all choices that differ in one block or, a step each, in two."""
    blocks = len(choice)
    found = [
        [*choice[:block], place, *choice[block + 1 :]]
        for block in range(blocks)
        for place in range(len(INTENSITIES))
        if place != choice[block]
    ]
    for block in range(blocks):
        for other in range(blocks):
            changed = list(choice)
            changed[block] += 1
            changed[other] -= 1
            if block != other and changed[block] < len(INTENSITIES) and changed[other] >= 0:
                found.append(changed)
    return np.array(found)
