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

"""The battery that is computed."""

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.power.power_source import PowerSource
from hand_tracking_dsp.power.simulated_battery import SimulatedBattery, SimulatedBatteryOptions


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def _battery(clock, **options):
    return SimulatedBattery(SimulatedBatteryOptions(noise=0.0, **options), clock)


def test_says_wherever_it_is_seen_that_it_is_simulated():
    battery = _battery(Clock())
    assert isinstance(battery, PowerSource)
    assert battery.simulated
    assert battery.read().simulated
    assert battery.read().name == "simulated battery (40 Wh)"


def test_drains_by_the_load_of_its_level():
    clock = Clock()
    battery = _battery(clock, capacity_wh=10.0, charge=1.0, base_w=5.0, load_w=(5.0, 1.0))
    clock.now_s += 1800.0
    assert battery.read().charge == pytest.approx(0.5)
    battery.set_level(1)
    clock.now_s += 1200.0
    reading = battery.read()
    assert reading.charge == pytest.approx(0.3)
    assert reading.power_w == pytest.approx(6.0)
    assert reading.current_a == pytest.approx(-6.0 / reading.voltage_v)
    assert reading.charge_ah == pytest.approx(0.3 * reading.capacity_ah)
    battery.set_level(7)
    assert battery.power_w == pytest.approx(6.0), "the last load holds for levels beyond"


def test_the_time_scale_makes_it_drain_faster():
    clock = Clock()
    battery = _battery(clock, capacity_wh=10.0, base_w=10.0, load_w=(0.0,), time_scale=60.0)
    clock.now_s += 30.0
    assert battery.read().charge == pytest.approx(0.5)


def test_empty_it_gives_nothing_and_stays_empty():
    clock = Clock()
    battery = _battery(clock, capacity_wh=1.0)
    clock.now_s += 36_000.0
    reading = battery.read()
    assert (reading.charge, reading.power_w, reading.status) == (0.0, 0.0, "discharging")
    assert reading.voltage_v == pytest.approx(9.0)


def test_the_voltage_falls_with_the_charge_and_sags_under_load():
    voltages = [_battery(Clock(), charge=tenth / 10).read().voltage_v for tenth in range(11)]
    assert voltages == sorted(voltages)
    rest = _battery(Clock(), charge=0.5, base_w=0.0, load_w=(0.0,)).read().voltage_v
    assert rest == pytest.approx(3 * 3.79)
    loaded = _battery(Clock(), charge=0.5, base_w=20.0, load_w=(0.0,)).read()
    resistance = 3 * 0.15 / loaded.capacity_ah
    assert loaded.voltage_v == pytest.approx(rest + resistance * loaded.current_a)
    assert _battery(Clock(), charge=0.5, base_w=9999.0).read().voltage_v == pytest.approx(0.8 * rest)


def test_two_of_one_seed_read_the_same_at_the_same_times():
    readings = []
    for _ in range(2):
        clock = Clock()
        battery = SimulatedBattery(SimulatedBatteryOptions(seed=3, noise=0.01), clock)
        readings.append([])
        for _ in range(5):
            clock.now_s += 0.7
            readings[-1].append(battery.read().voltage_v)
    assert readings[0] == readings[1]
    assert len(set(readings[0])) == 5


def test_a_clock_that_goes_back_charges_nothing():
    clock = Clock()
    battery = _battery(clock)
    clock.now_s += 600.0
    charge = battery.read().charge
    clock.now_s -= 300.0
    assert battery.read().charge == charge


@pytest.mark.parametrize(
    ("name", "value"),
    [("capacity_wh", 0.0), ("charge", 1.5), ("charge", float("nan")), ("cells", 0), ("time_scale", 0)],
)
def test_refuses_an_impossible_option(name, value):
    with pytest.raises(
        ConfigurationError, match=f"SimulatedBatteryOptions.{name} is {value}, but must be in the range"
    ):
        SimulatedBatteryOptions(**{name: value})


@pytest.mark.parametrize(
    ("load_w", "problem"),
    [
        ((), "empty, but must have at least one member"),
        ((-1.0,), r"\[-1.0\], but must be in the range 0 to 10000 W"),
    ],
)
def test_refuses_impossible_loads(load_w, problem):
    with pytest.raises(ConfigurationError, match=f"load_w is {problem}"):
        SimulatedBatteryOptions(load_w=load_w)
