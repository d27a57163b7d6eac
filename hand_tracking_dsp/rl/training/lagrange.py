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

"""Rule that adjusts the reward's weights so that late frames stay below their target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hand_tracking_dsp.control.goals import GoalWeights


@dataclass(frozen=True, slots=True)
class MultiplierOptions:
    """A PID rule for a Lagrange multiplier (Stooke, Achiam, Abbeel, ICML 2020), on a logarithmic scale.

    Attributes:
        target: Allowed share of late frames, above 0.
        start: Alpha at the beginning, 0 to 1.
        proportional: Response to the present excess, in units of the logarithm of beta / alpha.
        integral: Growth of that logarithm at each update.
        derivative: Response to a rise since the last update.
        smoothing: Share of a new measurement in the running mean, above 0, at most 1.
        alpha_low: Least alpha.
        alpha_high: Greatest alpha.
    """

    target: float = 0.01
    start: float = 0.5
    proportional: float = 0.2
    integral: float = 0.1
    derivative: float = 0.1
    smoothing: float = 0.3
    alpha_low: float = 0.1
    alpha_high: float = 0.5


class MultiplierRule:
    """Puts more weight on time while more frames are late than allowed, more on accuracy while fewer are."""

    def __init__(self, options: MultiplierOptions | None = None) -> None:
        self._options = options or MultiplierOptions()
        self._low, self._high = (
            _log_odds(1 - alpha) for alpha in (self._options.alpha_high, self._options.alpha_low)
        )
        self._integral = _log_odds(1 - self._options.start)
        self._mean = math.nan
        self.weights = GoalWeights.without_energy(self._options.start)

    def update(self, miss_share: float) -> GoalWeights:
        """Take the share of late frames of the latest episodes, 0 to 1; returns the new weights."""
        options = self._options
        before = miss_share if math.isnan(self._mean) else self._mean
        self._mean = before + options.smoothing * (miss_share - before)
        # In units of the target, and bounded: the first episodes are far off.
        excess = min(max(self._mean / options.target - 1, -1.0), 2.0)
        rise = min(max((self._mean - before) / options.target, 0.0), 2.0)
        self._integral = min(max(self._integral + options.integral * excess, self._low), self._high)
        ratio = self._integral + options.proportional * excess + options.derivative * rise
        alpha = 1 / (1 + math.exp(min(max(ratio, self._low), self._high)))
        self.weights = GoalWeights.without_energy(alpha)
        return self.weights

    def state(self) -> list[float]:
        """Return the state that has to be kept to go on later."""
        return [self._integral, self._mean, self.weights.alpha]

    def restore(self, state: list[float]) -> None:
        """Go on from a state."""
        self._integral, self._mean, alpha = state
        self.weights = GoalWeights.without_energy(alpha)

    @property
    def settled(self) -> GoalWeights:
        """Return the weights of the integral alone, without the response to the latest episodes."""
        return GoalWeights.without_energy(1 / (1 + math.exp(self._integral)))


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
