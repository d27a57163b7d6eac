"""A lithium-ion battery that is computed, for machines without one; labelled so wherever it is seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError
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
    """A battery that is not there.

    Attributes:
        capacity_wh: Watt-hours of the full battery, above 0.
        charge: State of charge at the beginning, 0 to 1.
        base_w: Watts drawn by all but the tracker, at least 0.
        load_w: Watts the tracker draws at each level, level 0 first; the last holds for levels beyond.
        cells: Lithium-ion cells in series, 1 to 14.
        time_scale: Seconds of discharge in one second of the clock, above 0.
        noise: Relative standard deviation of voltage and current readings, 0 to 0.1.
        seed: Of that noise.
    """

    capacity_wh: float = 40.0
    charge: float = 1.0
    base_w: float = 6.0
    load_w: tuple[float, ...] = (6.0, 4.0, 3.0)
    cells: int = 3
    time_scale: float = 1.0
    noise: float = 0.002
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        limits: dict[str, tuple[float, float]] = {
            "capacity_wh": (1e-3, 1e5),
            "charge": (0.0, 1.0),
            "base_w": (0.0, 1e4),
            "cells": (1, 14),
            "time_scale": (1e-3, 1e6),
            "noise": (0.0, 0.1),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                msg = f"The simulated battery's {name} is {value}; choose a value from {low:g} to {high:g}."
                raise ConfigurationError(msg)
        if not self.load_w or not all(0.0 <= watts <= 1e4 for watts in self.load_w):
            msg = (
                f"The simulated battery's load_w is {self.load_w}; give watts from 0 to 10000, level 0 first."
            )
            raise ConfigurationError(msg)


class SimulatedBattery:
    """Drains by the load it is told of; what it reads depends on options, loads and the clock alone.

    Args:
        options: Its properties.
        clock: Seconds, rising.
    """

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
