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

"""PI control of the latency."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.rl.benchmark.pi_policy import PiOptions, PiPolicy

LEVELS = 6


def observed(stamp_s: float, p95: float, level: int = 0) -> Observation:
    return Observation.build(stamp_s, LEVELS, {"operating_point": level, "latency_p95_budgets": p95})


def run(policy: PiPolicy, p95: float, seconds: int, begin_s: int = 0) -> list[int]:
    return [policy.decide(observed(begin_s + second, p95)) for second in range(seconds)]


def test_goes_sparser_while_frames_are_slow() -> None:
    levels = run(PiPolicy(), 1.2, 60)
    assert levels == sorted(levels)
    assert levels[-1] == LEVELS - 1


def test_goes_denser_again_while_there_is_time() -> None:
    policy = PiPolicy()
    run(policy, 1.2, 60)
    levels = run(policy, 0.4, 60, begin_s=60)
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0


def test_proportion_answers_at_once() -> None:
    options = PiOptions(setpoint=0.8, proportional=5.0, integral=0.0)
    assert PiPolicy(options).decide(observed(0.0, 1.2)) == 2


def test_a_standing_error_is_integrated() -> None:
    policy = PiPolicy(PiOptions(setpoint=0.8, proportional=0.0, integral=0.4))
    assert run(policy, 1.0, 31) == [round(0.08 * second) for second in range(31)]


def test_the_integral_is_bounded() -> None:
    """After an hour of late frames the way back takes no longer than after a minute."""
    options = PiOptions(proportional=0.0)
    counts = []
    for seconds in (60, 3600):
        policy = PiPolicy(options)
        run(policy, 3.0, seconds)
        counts.append(run(policy, 0.2, 60, begin_s=seconds))
    assert counts[0] == counts[1]
    policy = PiPolicy(options)
    run(policy, 0.0, 3600)
    assert run(policy, 2.0, 10, begin_s=3600)[-1] > 0


def test_an_unknown_latency_keeps_the_level() -> None:
    policy = PiPolicy()
    run(policy, 1.2, 60)
    assert policy.decide(observed(60.0, math.nan, level=3)) == 3
    assert policy.decide(observed(61.0, 1.2)) == LEVELS - 1


@pytest.mark.parametrize("p95", [0.0, 10.0])
def test_only_levels_of_the_bank_are_wanted(p95) -> None:
    assert set(run(PiPolicy(PiOptions(proportional=100.0)), p95, 5)) <= {0, LEVELS - 1}
