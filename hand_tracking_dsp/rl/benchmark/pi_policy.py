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

"""PI control of the latency, a rule to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from hand_tracking_dsp.control.observation import Observation


@dataclass(frozen=True, slots=True)
class PiOptions:
    """Proportional-integral control of the 95th percentile of the latency.

    Attributes:
        setpoint: Latency to keep, in budgets.
        proportional: Levels for an error of one budget.
        integral: Levels a second for an error of one budget.
    """

    setpoint: float = 0.8
    proportional: float = 4.0
    integral: float = 0.5


class PiPolicy:
    """Chooses sparser levels in proportion to the latency over the setpoint and to its integral.

    Anti-windup is by clamping: Åström and Murray, Feedback Systems, 2008, chapter 10.
    """

    name: ClassVar[str] = "pi"

    def __init__(self, options: PiOptions | None = None) -> None:
        self._options = options or PiOptions()
        self._integral = 0.0
        self._last_s = math.nan

    def decide(self, observation: Observation) -> int:
        """Return the level wanted; the level in use while latency is not measured."""
        options, error = self._options, observation["latency_p95_budgets"] - self._options.setpoint
        elapsed_s, self._last_s = observation.stamp_s - self._last_s, observation.stamp_s
        if math.isnan(error):
            return observation.point
        if elapsed_s > 0:
            self._integral += options.integral * error * elapsed_s
        sparsest = observation.points - 1
        self._integral = min(max(self._integral, 0.0), float(sparsest))
        return min(max(round(self._integral + options.proportional * error), observation.densest), sparsest)
