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

"""Opens the source of power readings named by the user.

Another kind is one more file with a PowerSource, and one more line in open_power_source.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.power.ina3221 import Ina3221Source
from hand_tracking_dsp.power.mac_estimate import MacEstimate, MacEstimateOptions
from hand_tracking_dsp.power.nvml import NvmlSource
from hand_tracking_dsp.power.power_source import PowerReading, PowerSource
from hand_tracking_dsp.power.power_supply import PowerSupplySource
from hand_tracking_dsp.power.rapl import RaplSource
from hand_tracking_dsp.power.simulated_battery import SimulatedBattery, SimulatedBatteryOptions

KINDS = ("auto", "power_supply", "ina3221", "rapl", "nvml", "estimate", "simulated", "none")


class NoPowerSource:
    """Stands for a machine on mains power of which nothing can be read."""

    name = "none"
    simulated = False
    bad_values = 0

    def read(self) -> PowerReading:
        """Say that nothing is known."""
        return PowerReading(self.name)


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
        battery: Battery that power_supply reads; "" = all of them together.
        simulated: The simulated battery's properties; the defaults if None.
        estimate: What the estimate is made of; the defaults if None.
        root: Where the file system begins; another than / for tests.

    Raises:
        ConfigurationError: There is no such kind.
        ModelError: The estimate's level bank cannot be read, or has no such detector.
        SourceError: There is no such device on this machine.
    """
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
