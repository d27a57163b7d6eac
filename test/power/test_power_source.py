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

"""Choosing where power readings come from."""

import math

import pytest

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.power.factory import open_power_source
from hand_tracking_dsp.power.power_source import PowerSource


def test_auto_takes_a_battery_first(tmp_path, write_battery, write_hwmon):
    write_battery(capacity=50)
    write_hwmon(0, ("VDD_IN", 5000, 1200))
    assert open_power_source("auto", root=tmp_path).name == "battery BAT0"


def test_auto_takes_a_jetsons_rails_where_there_is_no_battery(tmp_path, write_hwmon):
    write_hwmon(0, ("VDD_IN", 5000, 1200))
    assert open_power_source("auto", root=tmp_path).name == "INA3221 rail VDD_IN"


def test_auto_never_takes_a_simulated_battery(tmp_path):
    source = open_power_source("auto", root=tmp_path)
    assert isinstance(source, PowerSource)
    reading = source.read()
    assert (source.name, source.simulated, reading.simulated, reading.present) == (
        "none",
        False,
        False,
        False,
    )
    assert math.isnan(reading.charge)


def test_auto_does_not_pass_over_a_battery_that_was_named(tmp_path, write_hwmon):
    write_hwmon(0, ("VDD_IN", 5000, 1200))
    with pytest.raises(SourceError, match="There is no battery 'BAT1'"):
        open_power_source("auto", battery="BAT1", root=tmp_path)


def test_a_simulated_battery_is_there_when_asked_for():
    assert open_power_source("simulated").read().simulated


def test_an_estimate_is_there_when_asked_for_and_says_that_it_is_computed():
    reading = open_power_source("estimate").read()
    assert (reading.name, reading.simulated, reading.present) == (
        "estimate from MACs (bank dsp)",
        True,
        False,
    )


@pytest.mark.parametrize("kind", ["power_supply", "ina3221", "rapl"])
def test_what_was_asked_for_is_not_replaced_by_another(tmp_path, kind):
    with pytest.raises(SourceError, match="choose another power source"):
        open_power_source(kind, root=tmp_path)


def test_names_the_kinds_there_are(tmp_path):
    with pytest.raises(
        ConfigurationError, match="no power source 'fusion': choose one of auto, power_supply, ina3221"
    ):
        open_power_source("fusion", root=tmp_path)
