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

"""Batteries of the Linux power supply class: <root>/sys/class/power_supply.

Units and signs are the kernel's (Documentation/ABI/testing/sysfs-class-power): micro-volts, -amperes,
-watts, -ampere-hours, -watt-hours; tenths of a degree. Drivers disagree on the sign of current_now, so the
sign here comes from `status`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.power_source import NAN, PowerReading
from hand_tracking_dsp.power.sysfs import SysfsReader, SysfsSource

_FOLDER = Path("sys/class/power_supply")
_STATUSES = ("charging", "discharging", "not charging", "full")


class PowerSupplySource(SysfsSource):
    """Reads one battery, or all of the machine as if they were one.

    Args:
        battery: Name of its folder, for example "BAT0"; "" = all batteries of the machine itself (not of a
            mouse or a headset).
        root: Where the file system begins.

    Raises:
        SourceError: There is no such battery.
    """

    def __init__(self, battery: str = "", root: Path = Path("/")) -> None:
        reader = SysfsReader()
        folder = root / _FOLDER
        found = _batteries(folder, reader)
        chosen = [path for path in found if path.name == battery] if battery else found
        if not chosen:
            names = ", ".join(path.name for path in found) or "none"
            wanted = f"no battery '{battery}'" if battery else "no battery"
            msg = f"There is {wanted} under {folder} (found: {names}): choose another power source."
            raise SourceError(msg)
        super().__init__("battery " + " + ".join(path.name for path in chosen), reader)
        self._paths = chosen

    def read(self) -> PowerReading:
        """Read all chosen batteries.

        Raises:
            SourceError: A battery's folder is gone.
        """
        for path in self._paths:
            if not path.is_dir():
                msg = (
                    f"The battery {path.name} has vanished from {path.parent}: open it again when it is back."
                )
                raise SourceError(msg)
        return _together(self.name, [_read(path, self._reader) for path in self._paths])


def _batteries(folder: Path, reader: SysfsReader) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    return [
        path
        for path in paths
        if reader.word(path / "type").lower() == "battery" and reader.word(path / "scope").lower() != "device"
    ]


def _read(path: Path, reader: SysfsReader) -> PowerReading:
    def quantity(name: str, scale: float = 1e-6) -> float:
        value = reader.number(path / name, scale)
        return value if value >= 0.0 else NAN

    if reader.word(path / "present") == "0":
        return PowerReading(path.name)
    status = reader.word(path / "status").lower()
    status = status if status in _STATUSES else "unknown"
    voltage_v = quantity("voltage_now")
    signed_a = reader.number(path / "current_now", 1e-6)
    signed_w = reader.number(path / "power_now", 1e-6)
    current_a = _first(abs(signed_a), _ratio(abs(signed_w), voltage_v))
    power_w = _first(abs(signed_w), abs(signed_a) * voltage_v)
    sign = {"discharging": -1.0, "charging": 1.0}.get(
        status, math.copysign(1.0, _first(signed_a, signed_w, 0.0))
    )
    nominal_v = _first(quantity("voltage_min_design"), voltage_v)
    charge_ah, capacity_ah, design_ah = (
        _first(quantity(f"charge_{which}"), _ratio(quantity(f"energy_{which}"), nominal_v))
        for which in ("now", "full", "full_design")
    )
    charge = _first(
        _ratio(quantity("energy_now"), quantity("energy_full")),
        _ratio(quantity("charge_now"), quantity("charge_full")),
        quantity("capacity", 0.01),
    )
    return PowerReading(
        path.name,
        present=True,
        status=status,
        charge=min(charge, 1.0),
        voltage_v=voltage_v,
        current_a=sign * current_a,
        power_w=-sign * power_w,
        temperature_c=reader.number(path / "temp", 0.1),
        charge_ah=charge_ah,
        capacity_ah=capacity_ah,
        design_capacity_ah=design_ah,
        technology=reader.word(path / "technology"),
        health=reader.word(path / "health"),
        serial_number=reader.word(path / "serial_number"),
    )


def _together(name: str, readings: list[PowerReading]) -> PowerReading:
    """Take batteries for one: energies, charges and powers add up."""
    readings = [reading for reading in readings if reading.present]
    if len(readings) <= 1:
        return replace(readings[0], name=name) if readings else PowerReading(name)
    weights = [reading.capacity_ah * reading.voltage_v for reading in readings]
    if any(math.isnan(weight) for weight in weights) or sum(weights) <= 0.0:
        weights = [1.0] * len(readings)
    shares = [weight / sum(weights) for weight in weights]
    voltage_v = sum(share * reading.voltage_v for share, reading in zip(shares, readings, strict=True))
    power_w = sum(reading.power_w for reading in readings)
    statuses = {reading.status for reading in readings}
    if "discharging" in statuses:
        status = "discharging"
    elif "charging" in statuses:
        status = "charging"
    else:
        status = statuses.pop() if len(statuses) == 1 else "unknown"
    return PowerReading(
        name,
        present=True,
        status=status,
        charge=sum(share * reading.charge for share, reading in zip(shares, readings, strict=True)),
        voltage_v=voltage_v,
        current_a=-_ratio(power_w, voltage_v),
        power_w=power_w,
        temperature_c=max(reading.temperature_c for reading in readings),
        charge_ah=sum(reading.charge_ah for reading in readings),
        capacity_ah=sum(reading.capacity_ah for reading in readings),
        design_capacity_ah=sum(reading.design_capacity_ah for reading in readings),
        technology=readings[0].technology,
        health=next((reading.health for reading in readings if reading.health != "Good"), "Good"),
    )


def _first(*values: float) -> float:
    """Give the first value that is a number, or NaN."""
    return next((value for value in values if not math.isnan(value)), NAN)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 else NAN
