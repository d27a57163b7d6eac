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

"""The policy that serves stated goals: at every decision the operating point whose forecast is worth most.

R = alpha Accuracy + beta (1 - InferenceTime) - gamma Energy of what is forecast at each point, where
InferenceTime is the share of late frames, and the weights follow from the goals (control.prices).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.forecast import Forecast, Forecaster, IndexForecaster
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.options import check_options, option

# Enough that noise changes nothing each second, and not for ever.
FADES_S = 5.0
LEAST_ADVANTAGE = 0.2

FREE = 0.5
"""Share of the late frames that the goals accept which a forecast may hold for nothing; the rest is for what
forecasts do not see coming."""


@dataclass(frozen=True, slots=True)
class GoalPolicyOptions:
    """Settings of policies that choose by forecasts."""

    advantage: float = option(
        0.01,
        "How much better another operating point must be than one just changed to; a fifth of it stays.",
        "wrong hands",
        0,
        1,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class GoalPolicy:
    """Chooses the best point by a forecast."""

    def __init__(
        self, forecaster: Forecaster | None = None, options: GoalPolicyOptions | None = None
    ) -> None:
        self.forecaster = forecaster or IndexForecaster()
        self._options = options or GoalPolicyOptions()

    @property
    def name(self) -> str:
        """Return the forecaster's name."""
        return self.forecaster.name

    def decide(self, observation: Observation) -> int:
        """Return the point wanted."""
        weights = observation.weights
        gained = worth(self.forecaster.forecast(observation), weights, observation.late_free)
        advantage = self._options.advantage * remaining_advantage(observation["time_since_switch_s"])
        gained[observation.point] += weights.alpha * advantage
        gained[: observation.densest] = -np.inf
        return int(gained.argmax())


def remaining_advantage(since_switch_s: float) -> float:
    """Return what is left of the present point's advantage, 0 to 1, so long after it was changed to."""
    return max(math.exp(-since_switch_s / FADES_S), LEAST_ADVANTAGE) if since_switch_s >= 0.0 else 1.0


def worth(forecast: Forecast, weights: GoalWeights, late_free: float = 0.0) -> NDArray[np.float64]:
    """Return R of each point, [p]; late frames up to a free share cost nothing."""
    gained: NDArray[np.float64] = (
        weights.alpha * (1.0 - forecast.error)
        + weights.beta * (1.0 - np.maximum(forecast.late - late_free, 0.0))
        - weights.gamma * forecast.energy
    )
    return gained


def binding_goal(forecast: Forecast, weights: GoalWeights, point: int, densest: int) -> str:
    """Name the goal for which a point is sparser than accuracy alone would have it: "time", "energy", or "".

    Both may be: then it is the one that counts more against the most accurate point.
    """
    best = densest + int(forecast.error[densest:].argmin())
    if point <= best:
        return ""
    time = weights.beta * (forecast.late[best] - forecast.late[point])
    energy = weights.gamma * (forecast.energy[best] - forecast.energy[point])
    return "" if max(time, energy) <= 0 else "time" if time >= energy else "energy"
