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

    def filter(self, value: Floats, stamp_s: float, scale: float) -> Floats:
        """Smooth the next value.

        Args:
            value: float32, the same shape every time.
            stamp_s: Its time; one that is not later than the last restarts the filter.
            scale: Unit of speed, above 0, in the value's own unit.

        Returns:
            float32, shaped as value.
        """
        period_s = stamp_s - self._stamp_s
        self._stamp_s = stamp_s
        if self._value is None or self._speed is None or not period_s > 0:
            self._value, self._speed = value, np.zeros_like(value)
            return value
        speed = (value - self._value) / (period_s * scale)
        self._speed = self._speed + _gain(_SPEED_CUTOFF_HZ, period_s) * (speed - self._speed)
        # One speed for a joint: its axes must not lag differently.
        norm = np.linalg.norm(self._speed, axis=-1, keepdims=True)
        gain = _gain(self._min_cutoff_hz + self._beta * norm, period_s)
        self._value = self._value + gain * (value - self._value)
        return self._value


def _gain(cutoff_hz: Floats | float, period_s: float) -> Floats:
    """Share of the new value in a first-order low-pass."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff_hz * period_s)), dtype=np.float32)
