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

"""The latest frames at whatever operating point, and what they would have taken at every other one.

What a frame took is known in two parts: the landmark network, which a sparser level runs in a known share of
the time, and the rest, which is the same at every level. Both were as slow as the machine was at that moment.
So one frame tells of all points, and the frames of a busy minute count at a point that was not in use then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.samples import LatencySample

Array = NDArray[np.float64]

DECAYS_S = (0.5, 2.0, 8.0, 30.0)
"""Times after which a frame counts 1/e as much as a new one, seconds: from this moment to the last minute."""

QUANTILES_S = 20.0
"""Age up to which frames count for the quantiles of latency, seconds."""

FITTING_S = 2.0
"""Age up to which frames count for the points at which they are in time, seconds."""

_TIGHT = 0.7
"""Share of the budget above which a frame was nearly late."""

_MOST_BUDGETS = 2.0
_RATES = -1.0 / np.array(DECAYS_S)
# No frame counts below exp(-_OLDEST) of a new one.
_OLDEST = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class RecentFrames:
    """Shares and means of recent frames as they would have been at each point, [t, p] by DECAYS_S and point.

    Attributes:
        late: float64 [t, p]: share of frames over the budget, 0 to 1.
        late_at_best: float64 [t, p]: share of those over the budget at every point from this one on.
        tight: float64 [t, p]: share of frames over 0.7 of it.
        mean: float64 [t, p]: mean latency in shares of the budget, each counted as 2 at most.
        p90: float64 [p]: 90th percentile of latency over QUANTILES_S, in budgets; NaN: no frame.
        p99: float64 [p]: 99th percentile likewise.
        in_time: float64 [p, p]: share of frames, over FITTING_S, by the densest point from each one (row) on
            at which they are in time, the sparsest where none is; the point itself where there was no frame.
        weight: float64 [t]: number of frames that count, each by its age.
    """

    late: Array
    late_at_best: Array
    tight: Array
    mean: Array
    p90: Array
    p99: Array
    in_time: Array
    weight: Array


class FrameHistory:
    """Frames on which a hand was measured, the oldest given up for new ones.

    Args:
        size: Number of frames that are kept.
    """

    def __init__(self, size: int = 4096) -> None:
        self._stamp_s = np.full(size, -math.inf)
        self._rest_ms = np.zeros(size, np.float32)
        self._dense_ms = np.zeros(size, np.float32)
        self._next = 0

    def add(self, sample: LatencySample, level_time: float) -> None:
        """Take a frame whose budgeted_ms is a number.

        Args:
            sample: The frame.
            level_time: Time of the network that was commanded, relative to the dense level's. Where the frame
                does not say what its network took, all of its time is taken for the rest.
        """
        network_ms, all_ms = sample.network_ms, sample.budgeted_ms + sample.spared_ms
        if not 0.0 <= network_ms <= all_ms:
            network_ms = 0.0
        index = self._next
        self._stamp_s[index] = sample.stamp_s
        self._rest_ms[index] = all_ms - network_ms
        self._dense_ms[index] = network_ms / level_time
        self._next = (index + 1) % len(self._stamp_s)

    def clear(self) -> None:
        """Forget every frame."""
        self._stamp_s[:] = -math.inf

    def recent(self, now_s: float, budget_ms: float, level_times: Array) -> RecentFrames:
        """Return what the frames would have taken at points whose levels take these relative times, [p]."""
        recent = self._stamp_s > now_s - _OLDEST * max(DECAYS_S)
        age_s = np.maximum(now_s - self._stamp_s[recent], 0.0)
        # [p, n] of single precision: each step runs along the frames, in memory that need not be asked for.
        budgets = level_times[:, None].astype(np.float32) * self._dense_ms[recent] + self._rest_ms[recent]
        budgets /= np.float32(budget_ms)
        over = budgets > 1.0
        at_best = over.copy()
        for point in range(len(over) - 2, -1, -1):
            at_best[point] &= at_best[point + 1]
        # Smaller weights count nothing, and slow the products down.
        weights = np.exp(np.maximum(np.multiply.outer(_RATES, age_s), -50.0).astype(np.float32))
        weight = weights.sum(axis=1, dtype=np.float64)
        late, late_at_best, tight, mean = (
            (weights @ values.T.astype(np.float32)).astype(np.float64)
            / np.maximum(weight, np.finfo(float).tiny)[:, None]
            for values in (over, at_best, budgets > _TIGHT, np.minimum(budgets, np.float32(_MOST_BUDGETS)))
        )
        p90, p99 = _quantiles(budgets[:, age_s <= QUANTILES_S], (0.9, 0.99))
        in_time = _in_time(over[:, age_s <= FITTING_S])
        return RecentFrames(late, late_at_best, tight, mean, p90, p99, in_time, weight)


def _in_time(late: NDArray[np.bool_]) -> Array:
    """Return RecentFrames.in_time of frames that are late or not at each point, bool [p, n]."""
    count, frames = late.shape
    if not frames:
        return np.eye(count)
    # Of each frame and point the densest one in time from it on, the sparsest points first.
    first = np.full(late.shape, count - 1)
    for point in range(count - 2, -1, -1):
        first[point] = np.where(late[point], first[point + 1], point)
    shares: Array = (first[:, None] == np.arange(count)[:, None]).mean(axis=2)
    return shares


def _quantiles(values: NDArray[np.floating[Any]], shares: tuple[float, ...]) -> list[Array]:
    """Return quantiles of the rows, not interpolated; numpy's own takes three times as long."""
    frames = values.shape[1]
    if not frames:
        return [np.full(len(values), math.nan)] * len(shares)
    places = [min(int(share * frames), frames - 1) for share in shares]
    ordered = np.partition(values, places, axis=1).astype(np.float64)
    return [ordered[:, place] for place in places]
