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

"""Energy over a while, of the counters and rails in a fake tree."""

import math

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.energy_meter import EnergyMeter, open_energy_meter
from hand_tracking_dsp.power.power_source import PowerReading
from hand_tracking_dsp.power.rapl import RaplSource


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


class Source:
    name = "a meter"
    simulated = False
    bad_values = 0

    def __init__(self, *watts):
        self.watts = list(watts)

    def read(self):
        return PowerReading(self.name, power_w=self.watts.pop(0))


def test_each_reading_holds_for_the_time_since_the_one_before():
    clock = Clock()
    meter = EnergyMeter(Source(50.0, 10.0, math.nan, 20.0), clock)
    meter.start()
    assert math.isnan(meter.joules), "nothing has passed"
    for seconds in (2.0, 1.0, 0.5):
        clock.now_s += seconds
        meter.sample()
    assert meter.joules == pytest.approx(2.0 * 10.0 + 0.5 * 20.0), "a value that is no number counts nothing"


def test_a_start_begins_anew():
    clock = Clock()
    meter = EnergyMeter(Source(1.0, 1.0, 9.0, 3.0), clock)
    meter.start()
    clock.now_s += 1.0
    meter.sample()
    clock.now_s += 100.0
    meter.start()
    clock.now_s += 2.0
    meter.sample()
    assert meter.joules == pytest.approx(6.0)


def test_a_processors_counters_give_what_was_spent_between(tmp_path, write_rapl):
    clock = Clock()
    package = write_rapl("0", "package-0", 1_000_000)
    meter = EnergyMeter(RaplSource(tmp_path, clock), clock)
    meter.start()
    for microjoules in (4_000_000, 9_000_000):
        clock.now_s += 0.5
        (package / "energy_uj").write_text(f"{microjoules}\n")
        meter.sample()
    assert meter.joules == pytest.approx(8.0)


def test_auto_takes_what_there_is_and_else_leaves_it_to_an_estimate(tmp_path, write_rapl):
    assert open_energy_meter("auto", tmp_path) is None
    write_rapl("0", "package-0", 1_000_000)
    meter = open_energy_meter("auto", tmp_path)
    assert meter is not None
    assert meter.name == "RAPL package-0"
    assert open_energy_meter("estimate", tmp_path) is None


def test_what_is_asked_for_by_name_and_not_there_is_told(tmp_path):
    with pytest.raises(SourceError, match="There is no energy counter"):
        open_energy_meter("rapl", tmp_path)
