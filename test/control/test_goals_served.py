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

"""The controller with the index policy: goals that are stated, changed and served while frames come."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.points import figures_of

from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.goal_policy import GoalPolicy
from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.samples import BatterySample, LatencySample

FIGURES = figures_of(5)
REST_MS, NETWORK_MS = 4.0, 12.0


class Robot:
    """Three frames of one hand between two decisions, mostly at 30 Hz."""

    def __init__(
        self, options: ControllerOptions | None = None, step_s: float = 0.1, reflex: bool = False
    ) -> None:
        self.step_s = step_s
        self.reflex = reflex
        self.options = options or ControllerOptions()
        self.controller = Controller(FIGURES, GoalPolicy(), self.options)
        self.step = 0
        self.charge = math.nan

    @property
    def now_s(self) -> float:
        return 100.0 + self.step * self.step_s

    def level(self, point: int, load: float) -> int:
        """Return the level that runs: with the reflex the densest for which there is time."""
        left_ms = self.options.budget_ms - REST_MS * load
        levels = range(point, FIGURES.count) if self.reflex else [point]
        fits = (level for level in levels if NETWORK_MS * load * FIGURES.level_time[level] <= left_ms)
        return next(fits, levels[-1])

    def run(
        self,
        seconds: float,
        load: float = 1.0,
        drift: float = 1.0,
        drain: Callable[[int], float] | None = None,
    ) -> list[Decision]:
        """Go on; drift is a factor on the bank's, NaN: not measured; drain by point a second."""
        decisions = []
        for _ in range(round(seconds / self.step_s)):
            point = decisions[-1].point if decisions else self.controller.decide(self.now_s).point
            for frame in range(3):
                level = self.level(point, load)
                network_ms = NETWORK_MS * float(FIGURES.level_time[level]) * load
                total_ms = REST_MS * load + network_ms
                commanded_ms = REST_MS * load + NETWORK_MS * float(FIGURES.level_time[point]) * load
                self.controller.add_latency(
                    LatencySample(
                        self.now_s + frame * self.step_s / 3,
                        total_ms,
                        total_ms,
                        point,
                        hands=1,
                        landmarks_ms=network_ms,
                        reflex=level != point,
                        commanded_ms=commanded_ms,
                        drift=drift * float(FIGURES.level_percent[level]),
                        drift_sparser=drift * float(FIGURES.level_percent[1]) if point == 0 else math.nan,
                    )
                )
            if drain is not None:
                self.charge -= drain(point) * self.step_s
                self.controller.add_battery(BatterySample(self.now_s, self.charge, discharging=True))
            self.step += 1
            decisions.append(self.controller.decide(self.now_s))
        return decisions


def test_with_time_to_spare_the_dense_network_runs() -> None:
    assert {decision.point for decision in Robot().run(30.0)} == {0}


def test_dense_is_back_within_ten_seconds_after_a_burst_of_load() -> None:
    robot = Robot()
    robot.run(30.0)
    busy = robot.run(20.0, load=3.0)
    assert busy[-1].point > 0
    assert busy[-1].goal == "time"
    assert robot.run(10.0)[-1].point == 0


def test_where_the_reflex_keeps_frames_in_time_the_dense_network_stays() -> None:
    robot = Robot(reflex=True)
    robot.run(30.0)
    busy = robot.run(20.0, load=3.0)
    assert {decision.point for decision in busy} == {0}
    assert busy[-1].forecast.late[0] < 0.05
    assert busy[-1].forecast.error[0] == pytest.approx(busy[-1].forecast.error[robot.level(0, 3.0)], rel=0.1)


def test_a_budget_that_is_changed_counts_at_the_next_decision() -> None:
    robot = Robot()
    robot.run(10.0)
    robot.controller.set_options(replace(robot.options, budget_ms=12.0))
    decision = robot.controller.decide(robot.now_s + robot.step_s)
    assert decision.point > 0
    assert decision.forecast.late[0] > decision.forecast.late[decision.point] == 0


def test_a_hard_scene_in_which_drift_is_lost_makes_nothing_sparser() -> None:
    """The battery presses, so that the policy would go on to the sparsest once the scene seems easy."""
    robot = Robot(ControllerOptions(goals=GoalOptions(battery=BatteryGoal(until="2h"))))
    robot.charge = 0.6
    robot.run(200.0, drift=3.0, drain=lambda _: 0.0006)
    lost = robot.run(120.0, drift=math.nan, drain=lambda _: 0.0006)
    begun = [decision.point for decision in lost[: round(robot.options.shield.stale_drift_s / robot.step_s)]]
    assert max(decision.point_wanted for decision in lost) > max(begun)
    assert max(decision.point for decision in lost) == max(begun) < FIGURES.count - 1


@pytest.mark.parametrize(("share", "most_error"), [(0.95, 0.03), (0.85, 0.1), (2.0, 0.001)])
def test_a_battery_lasts_as_long_as_is_said_at_little_error(share: float, most_error: float) -> None:
    """The battery has so much of what the dense network needs for an hour; half of that is the tracker's."""
    hours = 1.0
    goals = GoalOptions(battery=BatteryGoal(until=f"{hours}h"))
    robot = Robot(ControllerOptions(goals=goals), step_s=1.0)
    robot.charge = 1.0
    dense = 0.85 / share / (3600 * hours)
    errors = []
    while robot.step * robot.step_s < 3600 * hours and robot.charge > 0.15:
        decisions = robot.run(60.0, drain=lambda point: dense * (0.5 + 0.5 * float(FIGURES.cost[point])))
        errors += [float(decision.forecast.error[decision.point]) for decision in decisions]
    assert robot.step * robot.step_s >= 0.99 * 3600 * hours
    assert sum(errors) / len(errors) <= most_error


def test_without_a_goal_for_the_battery_energy_is_free() -> None:
    robot = Robot()
    robot.charge = 0.9
    decisions = robot.run(600.0, drain=lambda _: 0.001)
    assert {decision.point for decision in decisions} == {0}
    assert {decision.observation.weights.gamma for decision in decisions} == {0.0}
