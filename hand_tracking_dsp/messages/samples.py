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

"""Costs of frames and readings of the battery out of messages, by the same rules live and recorded."""

from __future__ import annotations

import math
from dataclasses import fields
from operator import attrgetter

from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.message import Message, stamp_ns

STATS_TYPE = "hand_tracking_dsp/msg/TrackerStats"
BATTERY_TYPE = "sensor_msgs/msg/BatteryState"
POWER_TYPE = "std_msgs/msg/Float32"
POWER_TOPIC = "power_w"

COST_FIELDS: dict[str, str] = {
    field.name: {"level": "applied_level"}.get(field.name, field.name)
    for field in fields(FrameCost)
    if field.name not in ("stamp_ns", "charge", "power_w")
}
"""Fields of msg/TrackerStats.msg by those of FrameCost."""

# In the order of LatencySample's fields, whose first one is stamp_s.
_latency_values = attrgetter(*(field.name for field in fields(LatencySample)[1:]))
_DISCHARGING = 2  # sensor_msgs/BatteryState's POWER_SUPPLY_STATUS_DISCHARGING

# A power reading older than this is not taken for the battery's.
_POWER_AGE_S = 5.0


def frame_cost(message: Message, battery: BatterySample | None = None) -> FrameCost:
    """Build the costs of a frame from a TrackerStats message, and the battery's reading last received before.

    Fields that an older definition of the message lacks stay unknown.

    Raises:
        TypeError: The message lacks the level or the number of hands.
    """
    values = {name: getattr(message, field) for name, field in COST_FIELDS.items() if hasattr(message, field)}
    if battery is not None:
        values |= {"charge": battery.charge, "power_w": battery.power_w}
    return FrameCost(stamp_ns=stamp_ns(message), **values)


def latency_sample(cost: FrameCost, stamp_s: float) -> LatencySample:
    """Build the controller's sample of a frame received at a time, seconds of the controller's clock."""
    return LatencySample(stamp_s, *_latency_values(cost))


class BatteryReader:
    """Builds the controller's battery samples from the topics battery_state and power_w.

    A power that was measured and published on power_w counts for the battery's while it is fresh. Without one
    it is voltage times current, which BatteryState counts negative while discharging.
    """

    def __init__(self) -> None:
        self._power_w = math.nan
        self._power_s = -math.inf

    def add_power(self, message: Message, stamp_s: float) -> None:
        """Take a Float32 message of power_w, received at a time in seconds, unless it is NaN or infinite."""
        if math.isfinite(message.data):
            self._power_w, self._power_s = message.data, stamp_s

    def sample(self, message: Message, stamp_s: float) -> BatterySample:
        """Build the sample of a BatteryState message, received at a time in seconds."""
        measured = stamp_s - self._power_s < _POWER_AGE_S
        return BatterySample(
            stamp_s=stamp_s,
            charge=message.percentage,
            power_w=self._power_w if measured else -message.voltage * message.current,
            discharging=message.power_supply_status == _DISCHARGING or message.current < 0,
            present=message.present,
        )
