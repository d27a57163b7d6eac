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

from __future__ import annotations

import math
import time

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.replay.resource_usage import Meter
from hand_tracking_dsp.power.power_source import PowerReading


class TenWatts:
    """Stands for a meter that is not here; it can vanish."""

    name = "ten watts"
    simulated = False
    bad_values = 0
    there = True

    def read(self) -> PowerReading:
        if not self.there:
            msg = "gone"
            raise SourceError(msg)
        return PowerReading(self.name, power_w=10.0)


def none(_kind):
    msg = "no meter"
    raise SourceError(msg)


def test_without_a_meter_the_energy_is_not_known_and_the_rest_is():
    meter = Meter(none)
    begin_s = time.process_time()
    while time.process_time() - begin_s < 0.05:
        pass
    usage = meter.usage()
    assert math.isnan(usage.joules)
    assert usage.meter == ""
    assert 0.05 <= usage.cpu_s <= usage.wall_s * 64
    assert usage.memory_mb > 10


def test_energy_is_power_over_the_time_that_passed():
    meter = Meter(lambda _kind: TenWatts())
    time.sleep(0.05)
    meter.sample(at_once=True)
    time.sleep(0.05)
    usage = meter.usage()
    assert usage.joules == pytest.approx(10 * usage.wall_s, rel=0.5)
    assert usage.meter == "ten watts"


def test_the_first_meter_that_is_there_is_taken():
    asked = []

    def only_rails(kind):
        asked.append(kind)
        return TenWatts() if kind == "ina3221" else none(kind)

    assert Meter(only_rails).usage().meter == "ten watts"
    assert asked == ["rapl", "ina3221"]


def test_a_meter_that_vanishes_leaves_the_energy_unknown():
    source = TenWatts()
    meter = Meter(lambda _kind: source)
    source.there = False
    usage = meter.usage()
    assert math.isnan(usage.joules)
