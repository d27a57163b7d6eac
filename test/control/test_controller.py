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

"""Dwell time, operator, points that go away, and the closed loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.forecast import Forecast
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdPolicy
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.errors import ConfigurationError

MakeBench = Callable[..., Any]


def test_sparser_is_fast_and_denser_is_slow(bench: MakeBench) -> None:
    room = bench()
    room.run(2.0)
    room.controller.policy = FixedPolicy(1)
    room.run(0.1)
    room.controller.policy = FixedPolicy(2)
    room.run(1.0)
    room.controller.policy = FixedPolicy(0)
    decisions = room.run(5.0)
    (first, *_), (second, *_), (third, *_) = room.changes()
    assert second - first == pytest.approx(0.5, abs=0.11)
    assert third - second == pytest.approx(3.0, abs=0.11)
    assert (decisions[0].point, decisions[0].point_wanted, decisions[0].reason) == (2, 0, Reason.POLICY)
    assert decisions[0].detail.endswith("This waits 2.4 s more, for the minimum dwell time.")
    assert decisions[0].dwell_left_s == pytest.approx(2.4)
    assert room.last.switches == 3


def test_frames_of_the_former_level_do_not_drive_the_next_decision(bench: MakeBench) -> None:
    room = bench(latency_ms=(60.0, 20.0, 10.0), policy=ThresholdPolicy())
    room.run(5.0)
    assert [(before, after) for _, before, after in room.changes()] == [(0, 1)]


def test_a_person_goes_before_policy_shield_and_dwell(bench: MakeBench) -> None:
    room = bench(latency_ms=(40.0, 20.0, 10.0))
    room.run(2.0, battery=BatterySample(0.0, 0.05, discharging=True))
    room.controller.set_operator_point(0)
    room.run(0.1)
    room.controller.set_operator_point(1)
    room.run(0.1)
    assert [after for _, _, after in room.changes()] == [2, 0, 1]
    assert (room.last.reason, room.last.detail) == (Reason.OPERATOR, "A person set point 1.")
    room.controller.set_operator_point(-1)
    room.run(1.0, battery=BatterySample(0.0, 0.05, discharging=True))
    assert (room.last.point, room.last.reason) == (2, Reason.SHIELD_BATTERY_RESERVE)


def test_other_options_count_from_the_next_decision_on(bench: MakeBench) -> None:
    room = bench(latency_ms=(20.0, 5.0), policy=ThresholdPolicy())
    room.run(5.0)
    assert room.last.point == 0
    room.controller.set_options(ControllerOptions(budget_ms=15.0))
    room.run(5.0)
    assert room.last.point == 1


def test_time_that_runs_back_or_is_no_number_stands_still(bench: MakeBench) -> None:
    room = bench()
    room.run(2.0)
    for now_s in (math.nan, math.inf, -math.inf, 0.0):
        decision = room.controller.decide(now_s)
        assert decision.observation.stamp_s == room.now_s
        assert decision.reason == Reason.POLICY


def test_says_which_level_frames_still_run_at() -> None:
    controller = Controller(figures_of(3), FixedPolicy(2))
    controller.add_latency(LatencySample(1.0, 10.0, math.nan, 1))
    assert controller.decide(1.0).detail == (
        "Policy fixed wants point 2 instead of 0: frames still run at operating point 1."
    )


@pytest.mark.parametrize(
    ("points", "options", "message"),
    [
        (0, ControllerOptions(), "points is 0: set a whole number from 1 to 255."),
        (2, ControllerOptions(initial_level=2), "initial_level is 2: set a whole number from 0 to 1."),
        (
            2,
            ControllerOptions(shield=ShieldOptions(fallback_level=2)),
            "fallback_level is 2: set a whole number from -1 to 1.",
        ),
    ],
)
def test_refuses_levels_that_the_bank_has_not(points: int, options: ControllerOptions, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Controller(figures_of(points), FixedPolicy(0), options)
    assert str(caught.value) == message


def test_refuses_an_operator_point_that_the_bank_has_not() -> None:
    with pytest.raises(ConfigurationError, match="operator_level is 2: set a whole number from -1 to 1"):
        Controller(figures_of(2), FixedPolicy(0)).set_operator_point(2)


@pytest.mark.parametrize(
    ("latency_ms", "settled"),
    [
        ((20.0, 12.0), 0),
        ((40.0, 10.0), 1),
        ((60.0, 45.0, 25.0, 12.0), 2),
        ((90.0, 80.0), 1),
        ((31.0, 24.0), 1),
    ],
)
def test_threshold_settles_under_a_constant_load(
    bench: MakeBench, latency_ms: tuple[float, ...], settled: int
) -> None:
    room = bench(latency_ms=latency_ms, policy=ThresholdPolicy())
    room.run(200.0)
    assert room.last.point == settled
    assert len(room.changes()) == settled


def test_threshold_tries_again_no_more_than_once_in_retry_s(bench: MakeBench) -> None:
    room = bench(latency_ms=(40.0, 10.0), policy=ThresholdPolicy())
    room.run(1000.0)
    assert len(room.changes()) == 1 + 3 * 2


def test_threshold_follows_a_load_that_comes_and_goes(bench: MakeBench) -> None:
    room = bench(latency_ms=(20.0, 12.0), policy=ThresholdPolicy())
    points = []
    for load in (1.0, 2.0, 1.0, 2.0, 1.0):
        room.run(20.0, load=load)
        points.append(room.last.point)
    assert points == [0, 1, 0, 1, 0]
    assert len(room.changes()) == 4


def test_an_overloaded_machine_is_judged_though_its_frames_are_rare() -> None:
    controller = Controller(figures_of(2), ThresholdPolicy(), replace(ControllerOptions(), min_samples=5))
    for frame in range(10):
        controller.add_latency(LatencySample(frame * 1.0, 900.0, math.nan, 0, hands=1))
        decision = controller.decide(frame * 1.0)
    assert (decision.point, decision.reason) == (1, Reason.POLICY)


def test_to_observe_is_to_see_what_the_next_decision_sees_and_changes_nothing(bench: MakeBench) -> None:
    room = bench(policy=FixedPolicy(2))
    room.controller.add_latency(LatencySample(100.0, 10.0, math.nan, 0, hands=2))
    seen = [room.controller.observe(100.0) for _ in range(3)]
    decision = room.controller.decide(100.0)
    for observation in seen:
        assert np.array_equal(observation.vector, decision.observation.vector, equal_nan=True)
        assert observation.points == decision.observation.points
    assert (decision.point_before, decision.point, decision.switches) == (0, 2, 1)


def test_what_was_observed_does_not_outlast_news(bench: MakeBench) -> None:
    controller = bench().controller
    controller.add_latency(LatencySample(100.0, 10.0, math.nan, 0, hands=1))
    assert controller.observe(100.0)["hands"] == 1
    controller.add_latency(LatencySample(100.0, 10.0, math.nan, 0, hands=2))
    assert controller.decide(100.0).observation["hands"] == 2
    assert controller.observe(101.0)["time_since_switch_s"] == 1.0
    assert controller.decide(102.0).observation["time_since_switch_s"] == 2.0


def test_a_decision_tells_what_the_shield_said_before_the_dwell_time(bench: MakeBench) -> None:
    room = bench()
    room.run(2.0, battery=BatterySample(0.0, 0.05, discharging=True))
    room.run(0.1, battery=BatterySample(0.0, 0.9, discharging=True))
    assert room.last.point == 2
    assert (room.last.verdict.point, room.last.verdict.reason) == (0, Reason.POLICY)
    room.controller.set_operator_point(1)
    room.run(0.1)
    assert (room.last.point, room.last.reason) == (1, Reason.OPERATOR)
    assert (room.last.verdict.point, room.last.verdict.reason) == (0, Reason.POLICY)


def constrained(**constraint: int) -> ControllerOptions:
    return ControllerOptions(mode="constrained", constraint=ConstraintOptions(**constraint))


def test_the_constrained_mode_moves_a_policy_within_its_bounds(bench: MakeBench) -> None:
    room = bench(
        latency_ms=(20.0, 15.0, 12.0, 10.0),
        policy=FixedPolicy(-1),
        options=constrained(sparsest_level=2),
    )
    room.run(10.0)
    assert [(before, after) for _, before, after in room.changes()] == [(0, 1), (1, 2)]
    assert (room.last.reason, room.last.point_wanted) == (Reason.CONSTRAINT, 3)


def test_a_person_goes_before_the_constrained_mode(bench: MakeBench) -> None:
    room = bench(options=constrained(densest_level=1, max_switches_per_min=2))
    room.run(1.0)
    assert room.last.point == 1
    for point in (0, 2, 0, 2, 0):
        room.controller.set_operator_point(point)
        room.run(0.1)
        assert (room.last.point, room.last.reason) == (point, Reason.OPERATOR)


def test_options_that_are_refused_change_nothing(bench: MakeBench) -> None:
    room = bench(policy=FixedPolicy(-1))
    with pytest.raises(ConfigurationError, match="The constrained mode's points are 7 to -1: set 0 to 2"):
        room.controller.set_options(constrained(densest_level=7))
    room.run(1.0)
    assert (room.last.point, room.last.reason) == (2, Reason.POLICY)
    assert len(room.changes()) == 1, "not step by step"


class Broken:
    """A policy whose network fails, whatever it is asked."""

    name = "broken"

    @property
    def forecaster(self) -> Broken:
        return self

    def forecast(self, observation: Observation) -> Forecast:
        raise RuntimeError(observation)

    def decide(self, observation: Observation) -> int:
        raise RuntimeError(observation)


def test_a_forecast_that_fails_ends_no_decision(bench: MakeBench) -> None:
    room = bench(policy=Broken())
    room.run(3.0)
    assert room.last.reason == Reason.SHIELD_INVALID_LEVEL
    assert len(room.last.forecast.late) == 3
