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

"""Publishes the readings of a battery or power sensor."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from typing import Any

from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.msg import TrackerStats
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.tables.power import POWER
from hand_tracking_dsp.power.factory import NoPowerSource, open_power_source
from hand_tracking_dsp.power.mac_estimate import MacEstimate, MacEstimateOptions
from hand_tracking_dsp.power.power_source import PowerReading, PowerSource
from hand_tracking_dsp.power.simulated_battery import SimulatedBattery, SimulatedBatteryOptions
from hand_tracking_dsp.resources import named_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_STATUS = {
    "charging": BatteryState.POWER_SUPPLY_STATUS_CHARGING,
    "discharging": BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
    "not charging": BatteryState.POWER_SUPPLY_STATUS_NOT_CHARGING,
    "full": BatteryState.POWER_SUPPLY_STATUS_FULL,
}
_HEALTH = {
    "good": BatteryState.POWER_SUPPLY_HEALTH_GOOD,
    "overheat": BatteryState.POWER_SUPPLY_HEALTH_OVERHEAT,
    "dead": BatteryState.POWER_SUPPLY_HEALTH_DEAD,
    "over voltage": BatteryState.POWER_SUPPLY_HEALTH_OVERVOLTAGE,
    "unspecified failure": BatteryState.POWER_SUPPLY_HEALTH_UNSPEC_FAILURE,
    "cold": BatteryState.POWER_SUPPLY_HEALTH_COLD,
    "watchdog timer expire": BatteryState.POWER_SUPPLY_HEALTH_WATCHDOG_TIMER_EXPIRE,
    "safety timer expire": BatteryState.POWER_SUPPLY_HEALTH_SAFETY_TIMER_EXPIRE,
}
_TECHNOLOGY = {
    "nimh": BatteryState.POWER_SUPPLY_TECHNOLOGY_NIMH,
    "li-ion": BatteryState.POWER_SUPPLY_TECHNOLOGY_LION,
    "li-poly": BatteryState.POWER_SUPPLY_TECHNOLOGY_LIPO,
    "life": BatteryState.POWER_SUPPLY_TECHNOLOGY_LIFE,
    "nicd": BatteryState.POWER_SUPPLY_TECHNOLOGY_NICD,
    "limn": BatteryState.POWER_SUPPLY_TECHNOLOGY_LIMN,
}
"""Words of the kernel (Documentation/ABI/testing/sysfs-class-power), in lower case."""


class PowerNode(ManagedNode):
    """Publishes battery_state and power_w; a source that is lost is opened again with back-off.

    Where neither battery nor sensor is found it publishes nothing, so that it does not contradict a
    robot base that publishes battery_state.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("power_node", POWER, **options)
        self._source: PowerSource | None = None
        self._reading: PowerReading | None = None
        self._trouble = ""
        self._retry_at_s = -math.inf
        self._level = 0

    def configure(self) -> None:
        """Take up the parameters and create topics."""
        parameters = self.parameters
        self._simulated = parameters.make(SimulatedBatteryOptions, "simulated.")
        self._estimate = self._estimate_options() if parameters["source"] == "estimate" else None
        self._backoff = Backoff(parameters.make(BackoffOptions))
        self._battery = self.publish_on(BatteryState, "battery_state", "battery")
        self._power = self.publish_on(Float32, "power_w", "battery")
        if parameters["source"] in ("estimate", "simulated"):
            self.listen_to(TrackerStats, "stats", self._on_stats, "stats")

    def activate(self) -> None:
        """Read at once, then at the rate."""
        self._retry_at_s = -math.inf
        self._tick()
        self.repeat(1 / self.parameters["rate_hz"], self._tick)

    def deactivate(self) -> None:
        """Stop reading."""
        self._source = self._reading = None
        self._trouble = ""

    def describe(self, report: Report) -> None:
        """Say the source, whether it is simulated, and its readings."""
        if self._trouble:
            report.errors.append(self._trouble)
        if self._source is None:
            return
        report.hardware = self._source.name
        report.values |= {
            "source": self._source.name,
            "simulated": self._source.simulated,
            "bad_values": self._source.bad_values,
        }
        if isinstance(self._source, NoPowerSource):
            report.notes.append("There is neither battery nor power sensor: nothing is published.")
        if isinstance(self._source, MacEstimate):
            report.notes.append("The power is an estimate from multiply-accumulates, not measured.")
        elif self._source.simulated:
            report.notes.append("The battery is simulated, its load is an estimate by sparsity level.")
        if (reading := self._reading) is not None:
            report.values |= {
                "status": reading.status,
                "charge": reading.charge,
                "power_w": reading.power_w,
                "voltage_v": reading.voltage_v,
                "current_a": reading.current_a,
            }
            report.values |= {f"{label} [W]": watts for label, watts in reading.rails_w.items()}

    def _estimate_options(self) -> MacEstimateOptions:
        bank = named_bank(self.parameters["bank"])
        options = self.parameters.make(MacEstimateOptions, "estimate.", bank_folder=bank)
        # An error in them is to be reported at configure, not first when the source is opened.
        read_manifest(bank).detector(options.detector)
        return options

    def _on_stats(self, message: TrackerStats) -> None:
        self._level = message.applied_level
        if isinstance(self._source, SimulatedBattery):
            self._source.set_level(self._level)
        elif isinstance(self._source, MacEstimate):
            measured = message.hands - message.predicted
            self._source.count_frame(self._level, measured, detector_ran=message.detector_ran)

    def _tick(self) -> None:
        """Take a reading and publish it; open the source first where that is due."""
        try:
            if self._source is None:
                if time.monotonic() < self._retry_at_s:
                    return
                self._source = self._open()
            self._reading = reading = self._source.read()
        except SourceError as error:
            wait_s = self._backoff.failed()
            self._source = self._reading = None
            self._retry_at_s = time.monotonic() + wait_s
            self._trouble = f"{error} Next attempt in {wait_s:g} s."
            self.get_logger().error(self._trouble)
            return
        self._backoff.succeeded()
        self._trouble = ""
        if not isinstance(self._source, NoPowerSource):
            self._battery.publish(self._message(reading))
        if math.isfinite(reading.power_w):
            self._power.publish(Float32(data=reading.power_w))

    def _open(self) -> PowerSource:
        parameters = self.parameters
        source = open_power_source(
            parameters["source"],
            battery=parameters["battery"],
            simulated=self._simulated,
            estimate=self._estimate,
            root=Path(parameters["root"]),
        )
        self.get_logger().info(f"Reading power source: {source.name}.")
        if isinstance(source, SimulatedBattery):
            source.set_level(self._level)
        return source

    def _message(self, reading: PowerReading) -> BatteryState:
        message = BatteryState(
            voltage=reading.voltage_v,
            temperature=reading.temperature_c,
            current=reading.current_a,
            charge=reading.charge_ah,
            capacity=reading.capacity_ah,
            design_capacity=reading.design_capacity_ah,
            percentage=reading.charge,
            power_supply_status=_STATUS.get(reading.status, BatteryState.POWER_SUPPLY_STATUS_UNKNOWN),
            power_supply_health=_HEALTH.get(reading.health.lower(), BatteryState.POWER_SUPPLY_HEALTH_UNKNOWN),
            power_supply_technology=_TECHNOLOGY.get(
                reading.technology.lower(), BatteryState.POWER_SUPPLY_TECHNOLOGY_UNKNOWN
            ),
            present=reading.present,
            location=reading.name,
            serial_number=reading.serial_number,
        )
        message.header.stamp = self.get_clock().now().to_msg()
        return message


main = partial(run_node, PowerNode)
