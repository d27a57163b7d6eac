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

"""Prices of late frames and of energy, adjusted by integral control until the goals are met.

A price is a Lagrange multiplier: what one unit counts as, in units of a wrong hand. It rises while more of it
is used than the goal allows, and falls while less is, on a logarithmic scale (the integral part of Stooke,
Achiam and Abbeel's PID rule, ICML 2020, at run time instead of in training).
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from hand_tracking_dsp.control.goals import GoalWeights

# A late frame counts as so many wrong hands: at first, at least, at most.
_LATE_START, _LATE_LEAST, _LATE_MOST = 10.0, 1.0, 100.0
# Lateness is judged over the last minute; an excess of once the target raises the price e-fold in as long.
_LATE_S = 60.0
_MOST_EXCESS = 3.0
# So many late frames as the sparsest point would have are accepted where that has more than the goals accept.
_MARGIN = 1.1

# Energy of a frame of the densest point, in wrong hands; below the least it is free.
_ENERGY_LEAST, _ENERGY_MOST = 0.01, 10.0
# A gauge shows steps of a percent, and less while more power is drawn: the rate is measured over a fall of so
# much, over a quarter of an hour at most, and before there was such a fall after so many seconds.
_FALL, _SHORTEST_S, _PATIENCE_S, _LONGEST_S = 0.03, 2.0, 20.0, 900.0
# So many times the time is as good as for ever.
_LONGEST = 10.0
# Share of the time left in which an excess of once the rate allowed raises the price e-fold.
_ENERGY_SHARE, _ENERGY_FASTEST_S, _ENERGY_SLOWEST_S = 0.05, 10.0, 300.0


class LatePrice:
    """Price of a late frame.

    Where even the sparsest point has more late frames than the goals accept, no price helps: somewhat more
    than its own are accepted then.

    Attributes:
        value: The price, in wrong hands.
        share: Share of late frames over the last minute, 0 to 1.
        accepted: Share that is accepted, 0 to 1.
    """

    def __init__(self) -> None:
        self.value = _LATE_START
        self.share = self.accepted = self._unavoidable = 0.0
        self._sums = np.zeros(3)
        self._counted = np.zeros(3)
        self._stamp_s = -math.inf

    def add(self, now_s: float, late: int, frames: int, target: float, unavoidable: int = 0) -> None:
        """Take what was counted so far.

        Args:
            now_s: Time, seconds, monotonic.
            late: Number of late frames.
            frames: Number of frames.
            target: Share of late frames that the goals accept, 0 to 1.
            unavoidable: Number of frames that would have been late at every point.
        """
        passed_s = min(max(now_s - self._stamp_s, 0.0), 1.0)
        counts = np.array([late, frames, unavoidable], dtype=float)
        new = counts - self._counted
        self._counted, self._stamp_s = counts, now_s
        self.accepted = max(target, _MARGIN * self._unavoidable)
        if not new[1]:
            return
        self._sums = math.exp(-passed_s / _LATE_S) * self._sums + new
        late_sum, frames_sum, unavoidable_sum = self._sums.tolist()
        self.share, self._unavoidable = late_sum / frames_sum, unavoidable_sum / frames_sum
        self.accepted = max(target, _MARGIN * self._unavoidable)
        excess = min(self.share / self.accepted - 1.0, _MOST_EXCESS)
        raised = self.value * math.exp(excess * passed_s / _LATE_S)
        self.value = min(max(raised, _LATE_LEAST), _LATE_MOST)


class EnergyPrice:
    """Price of energy, 0 while the battery lasts long enough, or nobody said how long it is to last.

    Attributes:
        lasts: Time that the battery lasts at the present rate, relative to that for which it is to last, at
            least 0; NaN: not known yet, or no matter.
    """

    def __init__(self) -> None:
        self._logarithm = math.log(_ENERGY_LEAST)
        self._readings: deque[tuple[float, float]] = deque(maxlen=4096)
        self._stamp_s = -math.inf
        self.lasts = math.nan

    @property
    def value(self) -> float:
        """The price."""
        return math.exp(self._logarithm) if self._logarithm > math.log(_ENERGY_LEAST) else 0.0

    def add(self, now_s: float, charge: float, reserve: float, left_s: float) -> None:
        """Take a reading of the battery.

        Args:
            now_s: Time, seconds, monotonic.
            charge: State of charge, 0 to 1; NaN: mains power, or not known.
            reserve: Charge that is to be left, 0 to 1.
            left_s: Time for which the battery is to last from now on, seconds; 0 or less: no matter.
        """
        passed_s = min(max(now_s - self._stamp_s, 0.0), 1.0)
        self._stamp_s = now_s
        self.lasts = math.nan
        if math.isnan(charge) or left_s <= 0.0:
            self._readings.clear()
            self._logarithm = math.log(_ENERGY_LEAST)
            return
        self._readings.append((now_s, charge))
        rate, allowed = self._rate(now_s), max(charge - reserve, 1e-6) / left_s
        if math.isnan(rate):
            return
        self.lasts = min(allowed / rate, _LONGEST) if rate > 0.0 else _LONGEST
        slowness_s = min(max(_ENERGY_SHARE * left_s, _ENERGY_FASTEST_S), _ENERGY_SLOWEST_S)
        excess = min(rate / allowed - 1.0, _MOST_EXCESS)
        raised = self._logarithm + excess * passed_s / slowness_s
        self._logarithm = min(max(raised, math.log(_ENERGY_LEAST)), math.log(_ENERGY_MOST))

    def _rate(self, now_s: float) -> float:
        """Return how fast the charge falls, a second; NaN: not known yet."""
        readings, charge = self._readings, self._readings[-1][1]
        while len(readings) > 2:
            second_s, second = readings[1]
            long = now_s - second_s >= _SHORTEST_S and second - charge >= _FALL
            if not (long or now_s - readings[0][0] > _LONGEST_S):
                break
            readings.popleft()
        (began_s, began), enough_s = readings[0], _PATIENCE_S
        if began - charge >= _FALL:
            enough_s = _SHORTEST_S
        return (began - charge) / (now_s - began_s) if now_s - began_s >= enough_s else math.nan


def weights_of(late: float, energy: float) -> GoalWeights:
    """Return the weights that the prices make, of which those of accuracy and of time sum up to 1."""
    alpha = 1.0 / (1.0 + late)
    return GoalWeights(alpha, late * alpha, energy * alpha)
