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

"""Figures of a bank's operating points in arrays: the beginning of every forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, files_of
from hand_tracking_dsp.tracking.operating_point import PointInfo, densest_choice

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PointFigures:
    """Figures of the operating points of a bank; [p] is by point, relative ones are shares of point 0's.

    Attributes:
        level: int64 [p]: sparsity level.
        sparsity: float64 [p]: share of the dense network's parameters that are removed at it, 0 to 1.
        level_time: float64 [p]: time of that level's network for one hand, relative to the dense level's.
        cost: float64 [p]: processor time of a frame, relative.
        level_percent: float64 [p]: distance of the level's landmarks from the dense level's, % of palm size;
            where the points were not measured, the mean of what was measured of the level's networks.
        held_percent: float64 [p]: what holding hands at rest adds to that.
        near: float64 [p]: share of hands found within 10 % of palm size, 0 to 1.
        found: float64 [p]: share of hands found, 0 to 1.
        measured: float64 [p]: share of hands that the network sees, the others being held, 0 to 1.
        densest: Number of the densest point that policies choose.
    """

    level: NDArray[np.int64]
    sparsity: Array
    level_time: Array
    cost: Array
    level_percent: Array
    held_percent: Array
    near: Array
    found: Array
    measured: Array
    densest: int

    @property
    def count(self) -> int:
        """Number of points."""
        return len(self.level)

    @classmethod
    def of(cls, bank: Manifest) -> PointFigures:
        """Take the figures from a bank's manifest."""
        times = [_least_ms(level) for level in bank.levels]
        if not all(map(math.isfinite, times)):
            times = [float(max(level.macs, 1)) for level in bank.levels]
        points = bank.points
        return cls(
            level=np.array([point.level for point in points]),
            sparsity=np.array([bank.levels[point.level].sparsity for point in points]),
            level_time=np.array([times[point.level] / times[0] for point in points]),
            cost=_column(points, "cost"),
            level_percent=np.array([_level_percent(point, bank.levels[point.level]) for point in points]),
            held_percent=_column(points, "held_percent"),
            near=_column(points, "near"),
            found=_column(points, "found"),
            measured=_column(points, "measured"),
            densest=densest_choice(points),
        )


def _column(points: Sequence[PointInfo], name: str) -> Array:
    return np.array([getattr(point, name) for point in points], dtype=np.float64)


def _level_percent(point: PointInfo, level: LevelInfo) -> float:
    if point.samples:
        return point.drift_percent - point.held_percent
    of_sets = [one.value for file in files_of(level) for one in file.accuracy if one.metric == DEVIATION]
    return fmean(of_sets) if point.level and of_sets else 0.0


def _least_ms(level: LevelInfo) -> float:
    """Return the least median time of a level's files on one thread; infinity where none was timed."""
    profiles = (profile for file in files_of(level) for profile in file.latency)
    return min((one.p50_ms for one in profiles if one.threads == 1), default=math.inf)
