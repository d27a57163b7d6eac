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

"""Costs and battery readings out of messages of this and of older definitions."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.samples import BatteryReader, frame_cost, latency_sample


def stats(**fields) -> SimpleNamespace:
    header = SimpleNamespace(stamp=SimpleNamespace(sec=100, nanosec=250_000_000))
    return SimpleNamespace(header=header, **{"applied_level": 3, "hands": 1, "total_ms": 9.0, **fields})


def battery(**fields) -> SimpleNamespace:
    known = {"percentage": 0.75, "voltage": 10.0, "current": -1.5, "power_supply_status": 0, "present": True}
    return SimpleNamespace(**{**known, **fields})


def test_fields_that_an_older_definition_lacks_are_unknown() -> None:
    cost = frame_cost(stats(detector_ran=True, frames_dropped=7))
    assert (cost.stamp_ns, cost.level, cost.hands, cost.total_ms) == (100_250_000_000, 3, 1, 9.0)
    assert (cost.detector_ran, cost.frames_dropped) == (True, 7)
    assert math.isnan(cost.drift)
    assert math.isnan(cost.charge)
    assert cost.provider == ""


def test_the_battery_goes_with_the_costs() -> None:
    cost = frame_cost(stats(), BatterySample(0.0, 0.5, 15.0))
    assert (cost.charge, cost.power_w) == (0.5, 15.0)


def test_a_latency_sample_has_each_field_of_the_costs() -> None:
    values = {name: 1.0 + place for place, name in enumerate(LatencySample.__slots__) if name != "stamp_s"}
    sample = latency_sample(FrameCost(stamp_ns=0, **values), 5.0)
    assert {name: getattr(sample, name) for name in LatencySample.__slots__} == {"stamp_s": 5.0, **values}


def test_without_a_power_of_its_own_it_is_voltage_times_the_discharging_current() -> None:
    reading = BatteryReader().sample(battery(), 3.0)
    assert reading == BatterySample(3.0, 0.75, 15.0, discharging=True, present=True)


@pytest.mark.parametrize(
    ("current", "status", "discharging"),
    [(-0.1, 1, True), (0.0, 2, True), (0.0, 1, False), (math.nan, 0, False)],
)
def test_a_battery_discharges_by_its_status_or_its_current(current, status, discharging) -> None:
    reading = BatteryReader().sample(battery(current=current, power_supply_status=status), 0.0)
    assert reading.discharging == discharging


@pytest.mark.parametrize(("age_s", "power_w"), [(0.0, 12.5), (4.9, 12.5), (5.0, 15.0), (60.0, 15.0)])
def test_a_measured_power_counts_while_it_is_fresh(age_s, power_w) -> None:
    reader = BatteryReader()
    reader.add_power(SimpleNamespace(data=12.5), 100.0)
    reader.add_power(SimpleNamespace(data=math.nan), 100.0 + age_s)
    assert reader.sample(battery(), 100.0 + age_s).power_w == power_w
