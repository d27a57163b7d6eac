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

"""A lithium-ion battery that is computed, for machines without one; labelled so wherever it is seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.power.power_source import PowerReading

_CHARGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_OPEN_CIRCUIT_V = (3.00, 3.35, 3.50, 3.61, 3.68, 3.73, 3.79, 3.87, 3.95, 4.03, 4.11, 4.20)
"""A cell at rest: the usual shape for cobalt-blend lithium-ion cells."""

_NOMINAL_V = 3.7
_OHM_AMPERE_HOURS = 0.15
"""Resistance of a cell times its capacity: 0.05 ohm for 3 Ah."""

_LARGEST_SAG = 0.2


@dataclass(frozen=True, slots=True)
class SimulatedBatteryOptions:
    """Properties of the simulated battery and its load."""

    capacity_wh: float = option(40.0, "The simulated battery's energy when full.", "Wh", 0.001, 1e5)
    charge: float = option(1.0, "Its charge at the beginning.", "share of full", 0, 1)
    base_w: float = option(6.0, "What all but the tracker draws from it.", "W", 0, 1e4)
    load_w: tuple[float, ...] = option(
        (6.0, 4.0, 3.0),
        "What the tracker draws at each level, an estimate; the last counts for all beyond.",
        "W",
        0,
        1e4,
    )
    cells: int = option(3, "Lithium-ion cells in series.", "cells", 1, 14)
    time_scale: float = option(1.0, "How many times faster than real it drains.", "", 0.001, 1e6)
    noise: float = option(0.002, "Noise of its readings.", "share of the reading", 0, 0.1)
    seed: int = option(0, "Seed of that noise.", "", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class SimulatedBattery:
    """Drains by the load of the level that is set; readings depend on options, loads and the clock alone."""

    def __init__(self, options: SimulatedBatteryOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = f"simulated battery ({options.capacity_wh:g} Wh)"
        self.simulated = True
        self.bad_values = 0
        self._options = options
        self._clock = clock
        self._begin_s = self._last_s = clock()
        self._left_wh = options.capacity_wh * options.charge
        self._level = 0

    @property
    def power_w(self) -> float:
        """Watts drawn at the present level."""
        loads = self._options.load_w
        return self._options.base_w + loads[min(self._level, len(loads) - 1)]

    def set_level(self, level: int) -> None:
        """Draw the load of a level (0 = dense) from now on."""
        self._drain()
        self._level = max(level, 0)

    def read(self) -> PowerReading:
        """Compute the battery as it is now."""
        options = self._options
        self._drain()
        charge = self._left_wh / options.capacity_wh
        power_w = self.power_w if charge > 0.0 else 0.0
        capacity_ah = options.capacity_wh / (options.cells * _NOMINAL_V)
        rest_v = options.cells * float(np.interp(charge, _CHARGES, _OPEN_CIRCUIT_V))
        sag_v = _sag_v(rest_v, power_w, options.cells * _OHM_AMPERE_HOURS / capacity_ah)
        voltage_v = (rest_v - sag_v) * (1.0 + self._noise())
        return PowerReading(
            self.name,
            simulated=True,
            present=True,
            status="discharging",
            charge=charge,
            voltage_v=voltage_v,
            current_a=-power_w / voltage_v,
            power_w=power_w,
            charge_ah=charge * capacity_ah,
            capacity_ah=capacity_ah,
            design_capacity_ah=capacity_ah,
            technology="Li-ion",
            health="Good",
        )

    def _drain(self) -> None:
        """Take what was drawn since the last time."""
        now_s = self._clock()
        drawn_wh = self.power_w * max(now_s - self._last_s, 0.0) * self._options.time_scale / 3600.0
        self._left_wh = max(self._left_wh - drawn_wh, 0.0)
        self._last_s = now_s

    def _noise(self) -> float:
        """Give the relative noise of this millisecond."""
        millisecond = round(1000.0 * max(self._last_s - self._begin_s, 0.0))
        random = np.random.default_rng((self._options.seed, millisecond))
        return float(np.clip(random.normal(), -3.0, 3.0)) * self._options.noise


def _sag_v(rest_v: float, power_w: float, resistance: float) -> float:
    """Solve V = rest_v - resistance * power_w / V for the sag, at most a fifth of rest_v."""
    root = rest_v * rest_v - 4.0 * power_w * resistance
    sag_v = 0.5 * (rest_v - math.sqrt(root)) if root > 0.0 else rest_v
    return min(sag_v, _LARGEST_SAG * rest_v)
