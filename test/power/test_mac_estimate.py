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

"""The power that is computed from what the networks multiply."""

import json
import math

import pytest

from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.power.mac_estimate import MacEstimate, MacEstimateOptions
from hand_tracking_dsp.power.power_source import PowerSource

GIGA = 10**9


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def _network(name, macs, **more):
    same = {"file": f"{name}.onnx", "sha256": "0" * 64, "precision": "fp32", "parameters": 1}
    return {"name": name, "macs": macs, **same, **more}


@pytest.fixture
def bank(tmp_path):
    """Give a bank of two levels, 4 and 1 billion MACs, and of two detectors, 10 and 5 billion."""
    levels = [
        _network("dense", 4 * GIGA, index=0, sparsity=0.0),
        _network("sparse", GIGA, index=1, sparsity=0.5),
    ]
    detectors = [_network("palm", 10 * GIGA), _network("small", 5 * GIGA)]
    manifest = {"schema": 1, "name": "test", "levels": levels, "detectors": detectors}
    (tmp_path / "bank.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.fixture
def clock():
    """Give a clock that is set by hand."""
    return Clock()


@pytest.fixture
def estimate(bank, clock):
    """Give an estimate of 3 W, and 1 W for every billion MACs a second."""
    return MacEstimate(MacEstimateOptions(base_w=3.0, picojoules_per_mac=1000.0, bank_folder=bank), clock)


def test_says_wherever_it_is_seen_that_it_is_computed(estimate):
    assert isinstance(estimate, PowerSource)
    assert estimate.simulated
    reading = estimate.read()
    assert reading.simulated
    assert reading.name == estimate.name == "estimate from MACs (bank test)"


def test_there_is_no_battery_in_it(estimate):
    reading = estimate.read()
    assert not reading.present
    assert reading.status == "unknown"
    assert math.isnan(reading.charge)


def test_without_frames_there_is_base_power_only(estimate, clock):
    assert estimate.read().power_w == 3.0
    clock.now_s += 10.0
    assert estimate.read().power_w == 3.0


def test_a_frame_costs_its_level_once_for_every_hand(estimate, clock):
    estimate.count_frame(0, 2, detector_ran=False)
    estimate.count_frame(1, 1, detector_ran=False)
    clock.now_s += 2.0
    assert estimate.read().power_w == pytest.approx(3.0 + (2 * 4 + 1) / 2.0)


def test_the_palm_detector_costs_where_it_ran(estimate, clock):
    estimate.count_frame(0, 0, detector_ran=False)
    estimate.count_frame(0, 0, detector_ran=True)
    clock.now_s += 1.0
    assert estimate.read().power_w == pytest.approx(3.0 + 10.0)


def test_another_detector_of_the_bank_costs_otherwise(bank, clock):
    options = MacEstimateOptions(base_w=0.0, picojoules_per_mac=1000.0, bank_folder=bank, detector="small")
    estimate = MacEstimate(options, clock)
    estimate.count_frame(0, 0, detector_ran=True)
    clock.now_s += 1.0
    assert estimate.read().power_w == pytest.approx(5.0)


def test_a_frame_counts_in_one_reading_only(estimate, clock):
    estimate.count_frame(0, 1, detector_ran=True)
    clock.now_s += 1.0
    estimate.read()
    clock.now_s += 1.0
    assert estimate.read().power_w == 3.0


def test_a_level_beyond_the_banks_counts_as_the_sparsest(estimate, clock):
    estimate.count_frame(7, 1, detector_ran=False)
    clock.now_s += 1.0
    assert estimate.read().power_w == pytest.approx(4.0)


@pytest.mark.parametrize("step_s", [0.0, -5.0])
def test_while_the_clock_stands_the_reading_stays_and_no_frame_is_lost(estimate, clock, step_s):
    clock.now_s += 1.0
    estimate.read()
    estimate.count_frame(0, 1, detector_ran=False)
    clock.now_s += step_s
    assert estimate.read().power_w == 3.0
    clock.now_s += 2.0 - step_s
    assert estimate.read().power_w == pytest.approx(3.0 + 4.0 / 2.0)


def test_the_package_own_bank_costs_watts_and_not_kilowatts(clock):
    estimate = MacEstimate(MacEstimateOptions(), clock)
    for _ in range(30):
        estimate.count_frame(0, 2, detector_ran=False)
    clock.now_s += 1.0
    assert 2.5 < estimate.read().power_w < 10.0


@pytest.mark.parametrize(
    ("name", "value"), [("base_w", -1.0), ("base_w", math.nan), ("picojoules_per_mac", 1e7)]
)
def test_refuses_an_impossible_option(name, value):
    with pytest.raises(
        ConfigurationError, match=f"MacEstimateOptions.{name} is .*, but must be in the range 0 to"
    ):
        MacEstimateOptions(**{name: value})


def test_names_the_detectors_there_are(bank):
    with pytest.raises(ModelError, match="has no palm detector 'fast': choose one of palm, small"):
        MacEstimate(MacEstimateOptions(bank_folder=bank, detector="fast"))


def test_says_that_the_bank_is_missing(tmp_path):
    with pytest.raises(ModelError, match=r"The level bank .*bank\.json cannot be read"):
        MacEstimate(MacEstimateOptions(bank_folder=tmp_path))
