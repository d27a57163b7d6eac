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

"""Policies by themselves."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.policies import (
    FixedPolicy,
    ThresholdOptions,
    ThresholdPolicy,
)


def see(
    stamp_s: float,
    point: int,
    p95: float = math.nan,
    *,
    charge: float = math.nan,
    misses: float = 0.0,
    points: int = 4,
) -> Observation:
    values = {
        "operating_point": point,
        "latency_p50_budgets": p95,
        "latency_p95_budgets": p95,
        "deadline_miss_share": misses,
        "battery_charge": charge,
    }
    return Observation.build(stamp_s, points, values)


def test_the_fixed_policy_answers_its_level() -> None:
    assert FixedPolicy(2).decide(see(0.0, 0)) == 2
    assert FixedPolicy(-1).decide(see(0.0, 0)) == 3


def test_threshold_goes_sparser_when_latency_nears_the_budget() -> None:
    assert ThresholdPolicy().decide(see(0.0, 1, 0.95)) == 2


def test_threshold_goes_sparser_when_frames_are_late() -> None:
    policy = ThresholdPolicy(ThresholdOptions(upper=2.0, miss_limit=0.1))
    assert policy.decide(see(0.0, 1, 0.95, misses=0.2)) == 2


def test_threshold_keeps_the_level_between_its_thresholds_and_without_latency() -> None:
    policy = ThresholdPolicy()
    assert [policy.decide(see(time, 1, 0.8)) for time in (0.0, 50.0)] == [1, 1]
    assert [policy.decide(see(time, 1)) for time in (60.0, 99.0)] == [1, 1]


def test_threshold_stays_in_the_bank() -> None:
    policy = ThresholdPolicy()
    assert policy.decide(see(0.0, 3, 5.0)) == 3
    assert [policy.decide(see(time, 0, 0.1)) for time in (1.0, 90.0)] == [0, 0]


@pytest.mark.parametrize("point", [1, 2])
def test_threshold_goes_denser_only_after_the_hold_time(point: int) -> None:
    policy = ThresholdPolicy(ThresholdOptions(hold_s=3.0))
    assert [policy.decide(see(time, point, 0.5)) for time in (0.0, 2.9, 3.0)] == [point, point, point - 1]


def test_a_burst_starts_the_hold_time_anew() -> None:
    policy = ThresholdPolicy(ThresholdOptions(hold_s=3.0))
    answers = [
        policy.decide(see(time, 2, p95)) for time, p95 in ((0.0, 0.5), (2.0, 0.8), (4.0, 0.5), (6.9, 0.5))
    ]
    assert answers == [2, 2, 2, 2]
    assert policy.decide(see(7.0, 2, 0.5)) == 1


def test_threshold_remembers_how_slow_the_denser_level_was() -> None:
    policy = ThresholdPolicy(ThresholdOptions(hold_s=1.0, retry_s=300.0))
    assert policy.decide(see(0.0, 0, 1.2)) == 1
    assert all(policy.decide(see(float(time), 1, 0.3)) == 1 for time in range(1, 300))
    assert policy.decide(see(310.0, 1, 0.3)) == 1
    assert policy.decide(see(311.0, 1, 0.3)) == 0, "after retry_s the denser point deserves another try"


def test_threshold_goes_denser_when_the_load_has_gone() -> None:
    policy = ThresholdPolicy(ThresholdOptions(hold_s=1.0))
    policy.decide(see(0.0, 0, 1.2))
    policy.decide(see(1.0, 1, 0.6))
    assert [policy.decide(see(time, 1, 0.3)) for time in (10.0, 11.0)] == [1, 0]


def test_a_low_battery_bounds_the_level() -> None:
    policy = ThresholdPolicy(ThresholdOptions(battery_saving_level=1, battery_low_level=2))
    charges = (0.9, 0.5, 0.49, 0.54, 0.56, 0.49, 0.24, 0.29, 0.31, 0.9, math.nan)
    answers = [policy.decide(see(0.0, 0, 0.8, charge=charge)) for charge in charges]
    assert answers == [0, 0, 1, 1, 0, 1, 2, 2, 1, 0, 0]
    assert policy.decide(see(0.0, 0, 0.8, charge=0.1, points=2)) == 1


def test_policies_do_not_go_denser_than_they_should() -> None:
    """Of the point that measures everything on every frame, which only a person commands."""
    policy = ThresholdPolicy()
    calm = [replace(see(time, 1, 0.1), densest=1) for time in (0.0, 10.0, 20.0)]
    assert [policy.decide(observation) for observation in calm] == [1, 1, 1]
    assert policy.decide(replace(see(30.0, 0, 0.1), densest=1)) == 1
