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

"""Throttling by the tracker's own heat: what it draws warms the device, and above a limit the clock falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.rl.simulation.frames import Array

_RELEASE = 0.9


@dataclass(frozen=True, slots=True)
class HeatModel:
    """A device of one heat capacity: warmth follows the tracker's power with one time constant.

    Attributes:
        limit_w: Mean power above which the clock falls, watts; it rises again below 0.9 of that.
        time_s: Time constant, seconds.
        slower: Factor by which computing is slower then, at least 1.
        start_w: Mean power that the device is as warm as at the beginning, watts.
    """

    limit_w: float
    time_s: float
    slower: float
    start_w: float

    def after(
        self, mean_w: Array, power_w: Array | float, passed_s: float, throttled: bool
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Return mean power and whether it throttles, after some seconds at a power.

        Args:
            mean_w: Mean power before, watts.
            power_w: Power drawn, watts.
            passed_s: Time, seconds.
            throttled: Whether it is throttled before.
        """
        share = -math.expm1(-passed_s / self.time_s)
        after_w: Array = mean_w + (power_w - mean_w) * share
        return after_w, after_w > self.limit_w * (_RELEASE if throttled else 1.0)


class Warmth:
    """Warmth of a device over time.

    Attributes:
        mean_w: Mean power that the device is as warm as, watts.
    """

    def __init__(self, model: HeatModel) -> None:
        self._model = model
        self.mean_w = model.start_w
        self._throttled = model.start_w > model.limit_w

    @property
    def slower(self) -> float:
        """Return the factor by which computing is slower at present."""
        return self._model.slower if self._throttled else 1.0

    def add(self, power_w: float, passed_s: float) -> None:
        """Draw a power in watts for some seconds."""
        mean_w, throttled = self._after(np.array(power_w), passed_s)
        self.mean_w, self._throttled = float(mean_w), bool(throttled)

    def throttled_after(self, power_w: Array, passed_s: float) -> NDArray[np.bool_]:
        """Return whether it would be throttled after some seconds at each of several powers in watts."""
        return self._after(power_w, passed_s)[1]

    def _after(self, power_w: Array, passed_s: float) -> tuple[Array, NDArray[np.bool_]]:
        return self._model.after(np.array(self.mean_w), power_w, passed_s, throttled=self._throttled)
