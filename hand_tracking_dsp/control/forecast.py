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

"""Forecasts of the next seconds at each operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.observation import Observation

DRIFT_OF_NO_USE_PERCENT = 20.0
"""Drift at which the hands count as wrong, % of palm size: a fingertip is then a finger's width off."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Figures expected at each operating point over the next seconds; float64 [p] each.

    Attributes:
        late: Share of frames over the budget, 0 to 1.
        error: Mean of 1 - Accuracy of the hands, 0 to 1.
        energy: Power of the tracker, 1 = the densest point's.
    """

    late: NDArray[np.float64]
    error: NDArray[np.float64]
    energy: NDArray[np.float64]


def beyond_limit(error: NDArray[np.float64], limit_percent: float) -> NDArray[np.float64]:
    """Return the harm of errors, 0 to 1, where a distance from the dense level, % of palm, does none."""
    drift = np.sqrt(error) * DRIFT_OF_NO_USE_PERCENT
    harm: NDArray[np.float64] = (np.maximum(drift - limit_percent, 0.0) / DRIFT_OF_NO_USE_PERCENT) ** 2
    return harm


class Forecaster(Protocol):
    """Anything that foretells."""

    @property
    def name(self) -> str:
        """Return the name for people and for msg/ControllerState.msg."""

    def forecast(self, observation: Observation) -> Forecast:
        """Return what the next seconds bring at each point."""


@runtime_checkable
class Forecasting(Protocol):
    """Anything that has a forecaster, as a policy may."""

    @property
    def forecaster(self) -> Forecaster:
        """Return what foretells for it."""


class IndexForecaster:
    """Forecasts without learning: the next seconds are as the last ones.

    What recent frames would have taken at each point says how many will be late there, the drift measured
    lately how large the error is, the bank how much energy goes.
    """

    name: ClassVar[str] = "index"

    def forecast(self, observation: Observation) -> Forecast:
        """Return what the next seconds bring at each point; no frame is late where there was none."""
        late = np.nan_to_num(observation.of_points("late_2s")).astype(np.float64)
        drift = observation.of_points("drift_percent").astype(np.float64)
        beyond = np.maximum(drift - observation.error_limit_percent, 0.0)
        error = np.minimum((beyond / DRIFT_OF_NO_USE_PERCENT) ** 2, 1.0)
        return Forecast(late, error, observation.of_points("cost").astype(np.float64))
