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

"""Interface of sources of power readings, and the values that they give."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

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
        bad_values: Values so far that were not numbers.
    """

    name: str
    simulated: bool

    @property
    def bad_values(self) -> int:
        """Count the values that were not numbers."""

    def read(self) -> PowerReading:
        """Read now.

        Raises:
            SourceError: The device has vanished; open it again.
        """
