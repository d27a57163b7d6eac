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

"""Smoothing of landmarks over time."""

from __future__ import annotations

import math

import numpy as np

from hand_tracking_dsp.tracking.types import Floats

_SPEED_CUTOFF_HZ = 1.0


class OneEuroFilter:
    """One-Euro filter of an array (Casiez, Roussel, Vogel, "1€ Filter", CHI 2012).

    A low-pass whose cutoff rises with speed: still hands do not tremble, fast hands do not lag.
    Speed is taken in units of a scale given with each value (the hand's size), so that the same
    parameters serve near and far hands.
    """

    def __init__(self, min_cutoff_hz: float, beta: float) -> None:
        """Set the filter's two parameters.

        Args:
            min_cutoff_hz: Cutoff at rest, above 0; lower = steadier.
            beta: Rise of the cutoff in Hz per hand size per second, at least 0; higher = less lag.
        """
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._stamp_s = math.nan
        self._value: Floats | None = None
        self._speed: Floats | None = None

    def filter(self, value: Floats, stamp_s: float, scale: float | Floats) -> Floats:
        """Smooth the next value.

        Args:
            value: float32 [..., axes], the same shape every time.
            stamp_s: Its time; one that is not later than the last restarts the filter.
            scale: Unit of speed, above 0, in the value's own unit; or float32 that fits value, of each.

        Returns:
            float32, shaped as value; not to be changed.
        """
        period_s = stamp_s - self._stamp_s
        self._stamp_s = stamp_s
        if self._value is None or self._speed is None or not period_s > 0:
            self._value, self._speed = value, np.zeros_like(value)
            return value
        # The share of the new value in a first-order low-pass is w / (1 + w), with w = 2 pi cutoff period.
        w_per_hz = 2 * math.pi * period_s
        share = _SPEED_CUTOFF_HZ * w_per_hz / (1 + _SPEED_CUTOFF_HZ * w_per_hz)
        difference = value - self._value
        speed = self._speed
        speed *= np.float32(1 - share)
        speed += difference * (np.float32(share / period_s) / scale)
        # One speed for a joint: its axes must not lag differently.
        w = np.sqrt(np.einsum("...i,...i->...", speed, speed))
        w *= np.float32(self._beta * w_per_hz)
        w += np.float32(self._min_cutoff_hz * w_per_hz)
        difference *= (w / (1 + w))[..., None]
        difference += self._value
        self._value = difference
        return difference
