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
    known |= dict.fromkeys(("charge", "capacity", "design_capacity"), math.nan)
    return SimpleNamespace(**{**known, **fields})


def test_fields_that_an_older_definition_lacks_are_unknown() -> None:
    cost = frame_cost(stats(detector_ran=True, frames_dropped=7))
    assert (cost.stamp_ns, cost.level, cost.hands, cost.total_ms) == (100_250_000_000, 3, 1, 9.0)
    assert (cost.detector_ran, cost.frames_dropped) == (True, 7)
    assert math.isnan(cost.drift)
    assert not cost.drift_estimated
    assert math.isnan(cost.charge)
    assert cost.provider == ""


def test_the_battery_goes_with_the_costs() -> None:
    cost = frame_cost(stats(), BatterySample(0.0, 0.5, 15.0))
    assert (cost.charge, cost.power_w) == (0.5, 15.0)


def test_a_latency_sample_has_each_field_of_the_costs() -> None:
    values = {name: 1.0 + place for place, name in enumerate(LatencySample.__slots__) if name != "stamp_s"}
    sample = latency_sample(FrameCost(stamp_ns=0, level=0, **values), 5.0)
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


@pytest.mark.parametrize(
    ("fields", "charge", "noted"),
    [
        ({"percentage": 1.0}, 1.0, set()),
        ({"percentage": 1.05}, 1.05, set()),
        ({"percentage": 0.0}, 0.0, set()),
        ({"percentage": 55.0}, 0.55, {"percentage"}),
        ({"percentage": 100.0}, 1.0, {"percentage"}),
        ({"percentage": math.nan, "charge": 2.0, "capacity": 4.0}, 0.5, {"percentage"}),
        ({"percentage": -1.0, "charge": 2.0, "capacity": 4.0}, 0.5, {"percentage"}),
        ({"percentage": math.nan, "charge": 2.0, "design_capacity": 8.0}, 0.25, {"percentage"}),
        (
            {"percentage": math.nan, "charge": 2.0, "capacity": 0.0, "design_capacity": 8.0},
            0.25,
            {"percentage"},
        ),
        ({"percentage": 0.55, "present": False}, 0.55, {"present"}),
        ({"percentage": 55.0, "present": False}, 0.55, {"present", "percentage"}),
        (
            {"percentage": math.nan, "charge": 1.0, "capacity": 2.0, "present": False},
            0.5,
            {"present", "percentage"},
        ),
    ],
)
def test_a_charge_that_is_clear_is_used_and_noted_where_it_differs_from_the_definition(
    fields, charge, noted
) -> None:
    reader = BatteryReader()
    sample = reader.sample(battery(**fields), 1.0)
    assert sample.charge == pytest.approx(charge)
    assert sample.known_charge == pytest.approx(min(charge, 1.0))
    assert set(reader.notes) == noted
    assert reader.recent_warnings(1.0) == []


def test_one_percent_of_a_battery_of_0_to_100_is_not_full() -> None:
    reader = BatteryReader()
    charges = [reader.sample(battery(percentage=value), 0.0).charge for value in (2.0, 1.0, 0.5, 0.0)]
    assert charges == pytest.approx([0.02, 0.01, 0.005, 0.0])


def test_a_stray_percentage_of_0_to_100_does_not_make_a_full_battery_an_empty_one() -> None:
    reader = BatteryReader()
    charges = [reader.sample(battery(percentage=value), 0.0).charge for value in (0.9, 80.0, 0.9, 0.89)]
    assert charges == pytest.approx([0.9, 0.8, 0.9, 0.89])
    assert reader.notes == {}
    assert "80, then 0.9" in reader.recent_warnings(1.0)[0], "a reading passes at once; its warning stays"


@pytest.mark.parametrize("value", [-1.0, 111.0, 5000.0, math.inf, -math.inf, -1e30, math.nan])
def test_a_charge_that_is_not_clear_is_unknown_and_warned_of(value) -> None:
    reader = BatteryReader()
    sample = reader.sample(battery(percentage=value, charge=3.0, capacity=0.0), 1.0)
    assert math.isnan(sample.known_charge)
    assert len(reader.recent_warnings(1.0)) == 1
    assert reader.recent_warnings(100.0) == []


def test_mains_power_is_not_warned_of() -> None:
    reader = BatteryReader()
    unplugged = battery(percentage=0.0, voltage=0.0, current=0.0, present=False)
    assert math.isnan(reader.sample(unplugged, 0.0).known_charge)
    assert (reader.notes, reader.warnings) == ({}, {})


@pytest.mark.parametrize(
    ("voltage", "current"), [(-12.0, -1.0), (math.inf, 1.0), (12.0, -1e30), (1e30, 1e30), (3e38, -3e38)]
)
def test_a_power_that_cannot_be_is_unknown_and_warned_of(voltage, current) -> None:
    reader = BatteryReader()
    assert math.isnan(reader.sample(battery(voltage=voltage, current=current), 0.0).power_w)
    assert "which give no power that can be" in reader.recent_warnings(0.0)[0]


@pytest.mark.parametrize("data", [math.inf, -math.inf, -1e30, 1e30])
def test_a_measured_power_that_cannot_be_is_left_out_and_warned_of(data) -> None:
    reader = BatteryReader()
    reader.add_power(SimpleNamespace(data=data), 0.0)
    assert reader.sample(battery(), 0.0).power_w == 15.0
    assert "which no robot draws" in reader.recent_warnings(0.0)[0]
