"""What a source of power readings gives, and how one is opened by a word of the user.

Another kind is one more file with a PowerSource, and one more line in open_power_source.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hand_tracking_dsp.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from hand_tracking_dsp.sources.mac_estimate import MacEstimateOptions

KINDS = ("auto", "power_supply", "ina3221", "rapl", "nvml", "estimate", "simulated", "none")

NAN = math.nan


@dataclass(frozen=True, slots=True)
class PowerReading:
    """Power and battery at one moment; NaN = unknown. Units and signs of sensor_msgs/BatteryState.

    Attributes:
        name: What was read.
        simulated: The numbers are computed, not measured.
        present: There is a battery.
        status: "charging", "discharging", "not charging", "full" or "unknown".
        charge: State of charge, 0 to 1.
        voltage_v: Volts.
        current_a: Amperes, negative while discharging.
        power_w: Watts drawn from the battery, or by what name says where there is no battery; negative
            while the battery takes energy.
        temperature_c: Degrees Celsius of the battery.
        charge_ah: Ampere-hours left.
        capacity_ah: Ampere-hours of the full battery as it is now.
        design_capacity_ah: Ampere-hours of the full battery as it was made.
        technology: "Li-ion" and so on; "" = unknown.
        health: "Good" and so on; "" = unknown.
        serial_number: "" = unknown.
        rails_w: Watts of each named rail.
    """

    name: str
    simulated: bool = False
    present: bool = False
    status: str = "unknown"
    charge: float = NAN
    voltage_v: float = NAN
    current_a: float = NAN
    power_w: float = NAN
    temperature_c: float = NAN
    charge_ah: float = NAN
    capacity_ah: float = NAN
    design_capacity_ah: float = NAN
    technology: str = ""
    health: str = ""
    serial_number: str = ""
    rails_w: dict[str, float] = field(default_factory=dict)


@runtime_checkable
class PowerSource(Protocol):
    """Gives a reading whenever asked.

    Attributes:
        name: For people: what is read.
        simulated: The numbers are computed, not measured.
        bad_values: Values so far that were no numbers.
    """

    name: str
    simulated: bool

    @property
    def bad_values(self) -> int:
        """Count the values that were no numbers."""

    def read(self) -> PowerReading:
        """Read now.

        Raises:
            SourceError: The device has vanished; open it again.
        """


class NoPowerSource:
    """Stands for a machine on mains power of which nothing can be read."""

    name = "none"
    simulated = False
    bad_values = 0

    def read(self) -> PowerReading:
        """Say that nothing is known."""
        return PowerReading(self.name)


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


def open_power_source(
    kind: str = "auto",
    *,
    battery: str = "",
    simulated: SimulatedBatteryOptions | None = None,
    estimate: MacEstimateOptions | None = None,
    root: Path = Path("/"),
) -> PowerSource:
    """Open a source of power readings.

    Args:
        kind: "power_supply" (batteries under /sys/class/power_supply), "ina3221" (a Jetson's rails),
            "rapl" (an Intel or AMD processor's energy counters), "nvml" (NVIDIA's cards), "estimate" (from
            the networks' multiply-accumulates), "simulated", "none", or "auto": the first of power_supply,
            ina3221 and none that is there. The power of a processor or card is not the robot's, and an
            estimate or a simulated battery is not measured: these are only ever what was asked for by name.
        battery: Of power_supply: the one to read; "" = all of them together.
        simulated: The simulated battery's properties; the defaults if None.
        estimate: What the estimate is made of; the defaults if None.
        root: Where the file system begins; another than / for tests.

    Raises:
        ConfigurationError: There is no such kind.
        ModelError: The estimate's level bank cannot be read, or has no such detector.
        SourceError: There is no such device on this machine.
    """
    from hand_tracking_dsp.sources.ina3221 import Ina3221Source
    from hand_tracking_dsp.sources.mac_estimate import MacEstimate, MacEstimateOptions
    from hand_tracking_dsp.sources.nvml import NvmlSource
    from hand_tracking_dsp.sources.power_supply import PowerSupplySource
    from hand_tracking_dsp.sources.rapl import RaplSource
    from hand_tracking_dsp.sources.simulated_battery import SimulatedBattery

    if kind not in KINDS:
        msg = f"There is no power source '{kind}': choose one of {', '.join(KINDS)}."
        raise ConfigurationError(msg)
    openers: dict[str, Callable[[], PowerSource]] = {
        "power_supply": lambda: PowerSupplySource(battery, root),
        "ina3221": lambda: Ina3221Source(root),
        "rapl": lambda: RaplSource(root),
        "nvml": NvmlSource,
        "estimate": lambda: MacEstimate(estimate or MacEstimateOptions()),
        "simulated": lambda: SimulatedBattery(simulated or SimulatedBatteryOptions()),
        "none": NoPowerSource,
    }
    if kind != "auto":
        return openers[kind]()
    for name in ("power_supply", "ina3221"):
        try:
            return openers[name]()
        except SourceError:
            if battery:
                raise
    return NoPowerSource()
