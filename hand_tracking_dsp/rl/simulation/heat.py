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


class Warmth:
    """Warmth of a device over time."""

    def __init__(self, model: HeatModel) -> None:
        self._model = model
        self._mean_w = model.start_w
        self._throttled = model.start_w > model.limit_w

    @property
    def slower(self) -> float:
        """Return the factor by which computing is slower at present."""
        return self._model.slower if self._throttled else 1.0

    def add(self, power_w: float, passed_s: float) -> None:
        """Draw a power in watts for some seconds."""
        mean_w = float(self._mean_after(np.array(power_w), passed_s))
        self._throttled = mean_w > self._limit_w
        self._mean_w = mean_w

    def throttled_after(self, power_w: Array, passed_s: float) -> NDArray[np.bool_]:
        """Return whether it would be throttled after some seconds at each of several powers in watts."""
        throttled: NDArray[np.bool_] = self._mean_after(power_w, passed_s) > self._limit_w
        return throttled

    @property
    def _limit_w(self) -> float:
        return self._model.limit_w * (_RELEASE if self._throttled else 1.0)

    def _mean_after(self, power_w: Array, passed_s: float) -> Array:
        share = -math.expm1(-passed_s / self._model.time_s)
        mean_w: Array = self._mean_w + (power_w - self._mean_w) * share
        return mean_w
