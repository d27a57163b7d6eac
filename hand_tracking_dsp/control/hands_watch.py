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

"""Means of hands and of the parts of frames over the latest frames, at whatever operating point."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.samples import LatencySample

# Time after which a frame counts 1/e as much as a new one, seconds.
_DECAY_S = 5.0
# Fewer than this, each by its age, say nothing.
_LEAST_FRAMES = 5.0

_FRAMES, _WITH_HANDS, _HANDS, _HELD, _LOST, _LANDMARKS, _LANDMARKS_MS, _DETECTION, _DETECTION_MS = range(9)


class HandsWatch:
    """Means over the latest frames, the older ones fading; a frame without a hand counts, too."""

    def __init__(self) -> None:
        self._sums: NDArray[np.float64] = np.zeros(9)
        self._stamp_s = -math.inf
        self._hands = 0

    def add(self, sample: LatencySample) -> None:
        """Take a frame; one older than the latest counts as that does."""
        passed_s = max(sample.stamp_s - self._stamp_s, 0.0)
        self._sums *= math.exp(-passed_s / _DECAY_S)
        self._stamp_s = max(sample.stamp_s, self._stamp_s)
        sums, measured = self._sums, sample.hands > sample.predicted
        sums[_FRAMES] += 1
        sums[_WITH_HANDS] += sample.hands > 0
        sums[_HANDS] += sample.hands
        sums[_HELD] += min(sample.predicted, sample.hands)
        sums[_LOST] += max(self._hands - sample.hands, 0)
        self._hands = sample.hands
        if measured and 0.0 <= sample.landmarks_ms < math.inf:
            sums[_LANDMARKS] += 1
            sums[_LANDMARKS_MS] += sample.landmarks_ms
        if 0.0 <= sample.detection_ms < math.inf:
            sums[_DETECTION] += 1
            sums[_DETECTION_MS] += sample.detection_ms

    def values(self, now_s: float, budget_ms: float) -> Mapping[str, float]:
        """Return entries of the observation by name; NaN where too few frames say it.

        Args:
            now_s: Time of the decision, seconds.
            budget_ms: Latency budget, milliseconds.
        """
        sums = self._sums * math.exp(-max(now_s - self._stamp_s, 0.0) / _DECAY_S)
        # So many seconds of frames are in the sums.
        lost = sums[_LOST] / _DECAY_S if sums[_FRAMES] >= _LEAST_FRAMES else math.nan
        return {
            "landmarks_budgets": _mean(sums[_LANDMARKS_MS], sums[_LANDMARKS]) / budget_ms,
            "detection_budgets": _mean(sums[_DETECTION_MS], sums[_DETECTION]) / budget_ms,
            "held_share": _mean(sums[_HELD], sums[_HANDS]),
            "hand_share": _mean(sums[_WITH_HANDS], sums[_FRAMES]),
            "hands_lost_per_s": float(lost),
        }


def _mean(total: float, count: float) -> float:
    return float(total / count) if count >= _LEAST_FRAMES else math.nan
