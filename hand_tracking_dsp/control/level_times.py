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

"""Times of the levels relative to each other, learned from what frames take before and after a change."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.point_figures import Array, PointFigures
from hand_tracking_dsp.control.samples import LatencySample

# Frames on either side of a change that are compared, and the longest time between the two.
_FRAMES, _APART_S = 15, 2.0
# Share of a difference that one change teaches: load may have come with it.
_LEARNED = 0.15
# The bank was measured on some device: another's levels lie up to this factor off.
_MOST = math.log(3.0)


class LevelTimes:
    """Time of each level's network, relative to the dense level's: the bank's, corrected by this robot's.

    Just before and after a change of level the machine is about as busy, so that the ratio of the two times
    is that of the levels.
    """

    def __init__(self, figures: PointFigures) -> None:
        self._level = figures.level
        self._bank: NDArray[np.float64] = np.zeros(int(figures.level.max()) + 1)
        self._bank[figures.level] = np.log(figures.level_time)
        self._correction = np.zeros(len(self._bank))
        self._now: deque[float] = deque(maxlen=_FRAMES)
        self._now_level, self._stamp_s = -1, -math.inf
        # Level and median time before the change that is being looked at.
        self._before: tuple[int, float] | None = None

    def add(self, sample: LatencySample, level: int) -> None:
        """Take a frame whose landmarks are of a level; one that does not say its time teaches nothing."""
        measured = sample.hands - sample.predicted
        if measured <= 0 or not 0.0 < sample.landmarks_ms < math.inf:
            return
        apart = not 0.0 <= sample.stamp_s - self._stamp_s <= _APART_S
        if apart or level != self._now_level:
            known = len(self._now) == _FRAMES and not apart
            self._before = (self._now_level, median(self._now)) if known else None
            self._now.clear()
            self._now_level = level
        self._stamp_s = sample.stamp_s
        self._now.append(sample.landmarks_ms / measured)
        if self._before is not None and len(self._now) == _FRAMES:
            self._learn(*self._before)
            self._before = None

    def of_points(self) -> Array:
        """Return the time of each point's level relative to the dense level's: float64 [p]."""
        logarithms = self._bank + self._correction
        relative: Array = np.exp(logarithms - logarithms[0])[self._level]
        return relative

    def _learn(self, level: int, before_ms: float) -> None:
        """Move both levels' times towards the ratio that was measured."""
        logarithms = self._bank + self._correction
        expected = logarithms[self._now_level] - logarithms[level]
        missing = math.log(median(self._now) / before_ms) - expected
        step = _LEARNED * min(max(missing, -_MOST), _MOST)
        self._correction[self._now_level] += step / 2
        self._correction[level] -= step / 2
        self._correction = np.clip(self._correction - self._correction[0], -_MOST, _MOST)
