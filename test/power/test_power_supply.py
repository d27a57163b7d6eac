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

"""Batteries of the power supply class, in fake trees."""

import math
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.power_supply import PowerSupplySource


def test_reads_a_battery_that_counts_charge(tmp_path, write_battery):
    write_battery(
        present=1,
        status="Discharging",
        capacity=63,
        charge_now=2_500_000,
        charge_full=4_000_000,
        charge_full_design=5_000_000,
        voltage_now=11_400_000,
        current_now=1_500_000,
        temp=312,
        technology="Li-ion",
        health="Good",
        serial_number="4711",
    )
    reading = PowerSupplySource(root=tmp_path).read()
    assert reading.name == "battery BAT0"
    assert (reading.present, reading.simulated, reading.status) == (True, False, "discharging")
    assert reading.charge == pytest.approx(0.625)
    assert reading.voltage_v == pytest.approx(11.4)
    assert reading.current_a == pytest.approx(-1.5)
    assert reading.power_w == pytest.approx(17.1)
    assert reading.temperature_c == pytest.approx(31.2)
    assert (reading.charge_ah, reading.capacity_ah, reading.design_capacity_ah) == pytest.approx(
        (2.5, 4.0, 5.0)
    )
    assert (reading.technology, reading.health, reading.serial_number) == ("Li-ion", "Good", "4711")


def test_reads_a_battery_that_counts_energy(tmp_path, write_battery):
    write_battery(
        status="Charging",
        energy_now=30_000_000,
        energy_full=50_000_000,
        voltage_min_design=10_000_000,
        voltage_now=12_000_000,
        power_now=24_000_000,
    )
    reading = PowerSupplySource(root=tmp_path).read()
    assert reading.charge == pytest.approx(0.6)
    assert reading.current_a == pytest.approx(2.0)
    assert reading.power_w == pytest.approx(-24.0)
    assert (reading.charge_ah, reading.capacity_ah) == pytest.approx((3.0, 5.0))
    assert math.isnan(reading.design_capacity_ah)


@pytest.mark.parametrize("raw", [1_200_000, -1_200_000])
def test_the_status_gives_the_sign_of_the_current_whatever_the_driver_says(tmp_path, write_battery, raw):
    write_battery(status="Discharging", current_now=raw, voltage_now=10_000_000)
    assert PowerSupplySource(root=tmp_path).read().current_a == pytest.approx(-1.2)
    write_battery(status="Charging")
    assert PowerSupplySource(root=tmp_path).read().current_a == pytest.approx(1.2)


def test_takes_the_percentage_where_nothing_better_is_there(tmp_path, write_battery):
    write_battery(capacity=42)
    reading = PowerSupplySource(root=tmp_path).read()
    assert reading.charge == pytest.approx(0.42)
    assert reading.status == "unknown"
    assert math.isnan(reading.voltage_v)
    assert math.isnan(reading.current_a)
    assert math.isnan(reading.power_w)


def test_a_bay_without_a_battery_is_not_present(tmp_path, write_battery):
    write_battery(present=0, capacity=0)
    reading = PowerSupplySource(root=tmp_path).read()
    assert not reading.present
    assert math.isnan(reading.charge)


def test_adds_several_batteries_up(tmp_path, write_battery):
    write_battery(
        "BAT0", status="Discharging", charge_now=1e6, charge_full=1e6, voltage_now=10e6, current_now=2e6
    )
    write_battery("BAT1", status="Full", charge_now=0, charge_full=3e6, voltage_now=10e6, current_now=0)
    reading = PowerSupplySource(root=tmp_path).read()
    assert reading.name == "battery BAT0 + BAT1"
    assert reading.status == "discharging"
    assert reading.charge == pytest.approx(0.25)
    assert reading.power_w == pytest.approx(20.0)
    assert reading.current_a == pytest.approx(-2.0)
    assert reading.capacity_ah == pytest.approx(4.0)


def test_reads_the_battery_that_is_named(tmp_path, write_battery):
    write_battery("BAT0", capacity=10)
    write_battery("BAT1", capacity=90)
    assert PowerSupplySource("BAT1", tmp_path).read().charge == pytest.approx(0.9)
    with pytest.raises(
        SourceError, match=r"no battery 'BAT7' under .*power_supply \(found: BAT0, BAT1\): choose"
    ):
        PowerSupplySource("BAT7", tmp_path)


def test_leaves_out_mains_and_the_batteries_of_mice(tmp_path, write_battery):
    write_battery("AC", type="Mains", online=1)
    write_battery("hidpp_battery_0", scope="Device", capacity=50)
    with pytest.raises(
        SourceError, match=r"There is no battery under .*power_supply \(found: none\): choose another"
    ):
        PowerSupplySource(root=tmp_path)


def test_says_that_a_battery_has_vanished(tmp_path, write_battery):
    folder = write_battery(capacity=50)
    source = PowerSupplySource(root=tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(
        SourceError, match=r"The battery BAT0 has vanished from .*: open it again when it is back\."
    ):
        source.read()


def test_nonsense_is_unknown_and_counted(tmp_path, write_battery):
    write_battery(capacity="many", voltage_now="-", current_now="nan", status="sideways")
    source = PowerSupplySource(root=tmp_path)
    reading = source.read()
    assert reading.present
    assert math.isnan(reading.charge)
    assert math.isnan(reading.voltage_v)
    assert reading.status == "unknown"
    assert source.bad_values == 3


_CONTENT = st.one_of(
    st.binary(max_size=24), st.integers().map(lambda n: str(n).encode()), st.just(b"Discharging")
)
_FILES = [
    *("present", "status", "capacity", "temp", "technology", "voltage_now", "voltage_min_design"),
    *("charge_now", "charge_full", "energy_now", "energy_full", "current_now", "power_now"),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.dictionaries(st.sampled_from(_FILES), _CONTENT))
def test_whatever_the_files_hold_the_charge_is_a_share_or_unknown(tmp_path, write_battery, contents):
    folder = write_battery()
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    reading = PowerSupplySource(root=tmp_path).read()
    assert math.isnan(reading.charge) or 0.0 <= reading.charge <= 1.0
    assert reading.status in ("charging", "discharging", "not charging", "full", "unknown")
    assert not reading.voltage_v < 0.0
