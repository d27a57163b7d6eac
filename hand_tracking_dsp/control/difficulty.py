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

"""Difficulty of the present scene: measured drift, relative to what the bank says of the level."""

from __future__ import annotations

import math

import numpy as np

from hand_tracking_dsp.control.point_figures import Array, PointFigures
from hand_tracking_dsp.control.samples import LatencySample

# A hand in one pose says little of the next ones.
_LEARNED_S = 2.0
# Once nothing is measured, the bank's own clips are the best guess again.
_FORGOTTEN_S = 30.0
_LEAST, _MOST = 0.1, 5.0


class Difficulty:
    """Ratio of measured drift to the bank's, one number for all levels: 1 = as on the bank's clips."""

    def __init__(self, figures: PointFigures) -> None:
        self._figures = figures
        drifting = np.flatnonzero(figures.level_percent > 0)
        # Point whose level the dense one is compared with.
        self._sparser = int(drifting[0]) if len(drifting) else -1
        self._logarithm = 0.0
        self._stamp_s = -math.inf

    def add(self, sample: LatencySample) -> None:
        """Take a frame whose landmarks are of the level commanded."""
        expected, drift = self._expected(sample)
        if not (expected > 0 and 0 <= drift < math.inf):
            return
        measured = math.log(min(max(drift / expected, _LEAST), _MOST))
        passed_s = min(max(sample.stamp_s - self._stamp_s, 0.0), 1.0)
        share = -math.expm1(-passed_s / _LEARNED_S)
        self._logarithm = self._faded(sample.stamp_s)
        self._logarithm += share * (measured - self._logarithm)
        self._stamp_s = max(sample.stamp_s, self._stamp_s)

    def drift_percent(self, now_s: float) -> Array:
        """Return the distance from the dense level that is expected at each point, [p], % of palm size."""
        figures = self._figures
        expected: Array = figures.level_percent * math.exp(self._faded(now_s)) + figures.held_percent
        return expected

    def _faded(self, now_s: float) -> float:
        silent_s = max(now_s - self._stamp_s, 0.0)
        return self._logarithm * math.exp(-silent_s / _FORGOTTEN_S) if math.isfinite(silent_s) else 0.0

    def _expected(self, sample: LatencySample) -> tuple[float, float]:
        """Return the bank's drift for what a frame measured, and that; 0 where it measured nothing."""
        point = sample.operating_point
        if point < self._figures.count and self._figures.level[point] > 0:
            return float(self._figures.level_percent[point]), sample.drift
        if point < self._figures.count and self._sparser >= 0:
            return float(self._figures.level_percent[self._sparser]), sample.drift_sparser
        return 0.0, math.nan
