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

from hand_tracking_dsp.control.samples import BatterySample, LatencySample, PowerWindow
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.message import Message, stamp_ns

STATS_TYPE = "hand_tracking_dsp/msg/TrackerStats"
BATTERY_TYPE = "sensor_msgs/msg/BatteryState"
POWER_TYPE = "std_msgs/msg/Float32"
POWER_TOPIC = "power_w"

COST_FIELDS: dict[str, str] = {
    field.name: {"level": "applied_level"}.get(field.name, field.name)
    for field in fields(FrameCost)
    if field.name not in ("stamp_ns", "charge", "power_w", "keep")
}
"""Fields of msg/TrackerStats.msg by those of FrameCost."""

# In the order of LatencySample's fields, whose first one is stamp_s.
_latency_values = attrgetter(*(field.name for field in fields(LatencySample)[1:]))
_DISCHARGING = 2  # sensor_msgs/BatteryState's POWER_SUPPLY_STATUS_DISCHARGING

# A power reading older than this is not taken for the battery's.
_POWER_AGE_S = 5.0

# Gauges read up to 110 % of a full battery.
_FULL = 1.1
# Between two readings a battery falls by less than this.
_NEARLY_EMPTY_PERCENT = 5.0

# Some bases publish their battery once in ten seconds.
_REPORTED_S = 30.0


def frame_cost(message: Message, battery: BatterySample | None = None) -> FrameCost:
    """Build the costs of a frame from a TrackerStats message, and the battery's reading last received before.

    Fields that an older definition of the message lacks stay unknown.

    Raises:
        TypeError: The message lacks the level or the number of hands.
    """
    values = {name: getattr(message, field) for name, field in COST_FIELDS.items() if hasattr(message, field)}
    values["keep"] = tuple(map(int, getattr(message, "keep", ())))
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

    Drivers differ from the definition of BatteryState. What they mean is used where it is clear: a percentage
    of 0 to 100, a charge in Ah instead of a percentage, a battery that is not said to be present. What is not
    clear is unknown, NaN.

    Attributes:
        notes: Sentences on readings that were used although they differ from the definition, by what they
            are about; of the whole time.
        warnings: Sentences on readings that could not be used, likewise.
    """

    def __init__(self) -> None:
        self._power_w = math.nan
        self._power_s = -math.inf
        # The last percentage of a battery of 0 to 100, whose 1 is one hundredth; NaN: it is none.
        self._last_percent = math.nan
        self.notes: dict[str, str] = {}
        self.warnings: dict[str, str] = {}
        self._unusable_s: dict[str, float] = {}

    def add_power(self, message: Message, stamp_s: float) -> None:
        """Take a Float32 message of power_w, received at a time in seconds; NaN means not measured."""
        power_w = message.data
        if abs(power_w) <= PowerWindow.PLAUSIBLE_W:
            self._power_w, self._power_s = power_w, stamp_s
        elif not math.isnan(power_w):
            self._warn("power", f"A power of {power_w:g} W was received, which no robot draws.", stamp_s)

    def sample(self, message: Message, stamp_s: float) -> BatterySample:
        """Build the sample of a BatteryState message, received at a time in seconds."""
        charge = self._charge(message, stamp_s)
        present = message.present
        if not present and charge > 0:
            present = True
            self.notes["present"] = "The battery reports a charge, but not that it is present: it is used."
        return BatterySample(
            stamp_s=stamp_s,
            charge=charge,
            power_w=self._power(message, stamp_s),
            discharging=message.power_supply_status == _DISCHARGING or message.current < 0,
            present=present,
        )

    def recent_warnings(self, now_s: float) -> list[str]:
        """Return the warnings about what was received lately, at a time in seconds."""
        return [self.warnings[kind] for kind, at_s in self._unusable_s.items() if now_s - at_s <= _REPORTED_S]

    @property
    def remarks(self) -> list[str]:
        """Sentences on all that was received so far, without their full stops, for a list of problems."""
        return [sentence.rstrip(".") for sentence in (*self.notes.values(), *self.warnings.values())]

    def _charge(self, message: Message, stamp_s: float) -> float:
        """Return the state of charge, 0 to 1 or a little more; NaN: not known."""
        percentage = message.percentage
        if 0 <= percentage <= _FULL and not self._last_percent <= _NEARLY_EMPTY_PERCENT:
            # No battery falls to one hundredth at once: what was above was another's, or a mistake.
            if not math.isnan(self._last_percent):
                before, self._last_percent = self._last_percent, math.nan
                self.notes.pop("percentage", None)
                sentence = (
                    f"The battery's percentage was {before:g}, then {percentage:g}: one of 0 to 1 is "
                    "believed; let one driver publish the topic."
                )
                self._warn("two scales", sentence, stamp_s)
            return float(percentage)
        if 0 <= percentage <= 100 * _FULL:
            self._last_percent = percentage
            self.notes["percentage"] = "The battery's percentage is 0 to 100: a hundredth of it is used."
            return float(percentage / 100)
        for name in ("capacity", "design_capacity"):
            full = getattr(message, name, math.nan)
            share = getattr(message, "charge", math.nan) / full if full > 0 else math.nan
            if 0 <= share <= _FULL:
                self.notes["percentage"] = (
                    f"The battery reports no percentage: its charge over its {name} is used."
                )
                return float(share)
        if not math.isnan(percentage):
            sentence = (
                f"The battery's percentage is {percentage:g}, neither 0 to 1 nor 0 to 100: it is not used."
            )
            self._warn("percentage", sentence, stamp_s)
        elif message.present:
            sentence = (
                "The battery reports neither a percentage nor charge and capacity: its state is unknown."
            )
            self._warn("percentage", sentence, stamp_s)
        return math.nan

    def _power(self, message: Message, stamp_s: float) -> float:
        if stamp_s - self._power_s < _POWER_AGE_S:
            return self._power_w
        voltage, current = message.voltage, message.current
        power_w = -voltage * current
        if math.isnan(power_w):
            return math.nan
        if voltage < 0 or not abs(power_w) <= PowerWindow.PLAUSIBLE_W:
            self._warn(
                "battery power",
                f"The battery reports {voltage:g} V and {current:g} A, which give no power that can be.",
                stamp_s,
            )
            return math.nan
        return float(power_w)

    def _warn(self, kind: str, sentence: str, stamp_s: float) -> None:
        self.warnings[kind] = sentence
        self._unusable_s[kind] = stamp_s
