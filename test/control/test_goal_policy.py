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

"""The choice of the point whose forecast is worth most."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.forecast import Forecast, IndexForecaster, beyond_limit
from hand_tracking_dsp.control.goal_policy import GoalPolicy, GoalPolicyOptions, binding_goal
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.observation import Observation

FIGURES = figures_of(3)


def see(point: int = 0, late: Any = (0, 0, 0), drift: Any = (0, 3, 6), **more: Any) -> Observation:
    columns = {"late_2s": np.array(late), "drift_percent": np.array(drift), "cost": FIGURES.cost}
    return replace(Observation.build(0.0, 3, {"operating_point": point}, columns), **more)


def test_with_time_for_all_the_densest_is_best() -> None:
    assert GoalPolicy().decide(see(2)) == 0
    assert GoalPolicy().decide(see(2, densest=1)) == 1


def test_a_point_at_which_frames_would_be_late_is_left() -> None:
    late = see(0, late=(0.4, 0.1, 0), drift=(0, 10, 15), weights=GoalWeights(0.1, 0.9, 0))
    assert GoalPolicy().decide(late) == 2
    assert GoalPolicy().decide(replace(late, weights=GoalWeights(0.9, 0.1, 0))) == 0


def test_energy_that_costs_something_is_saved_where_that_harms_little() -> None:
    dear = GoalWeights(0.5, 0.5, 0.1)
    assert GoalPolicy().decide(see(0, drift=(0, 2, 8), weights=dear)) == 1
    assert GoalPolicy().decide(see(0, drift=(0, 12, 16), weights=dear)) == 0


def test_errors_do_the_harm_of_the_drift_beyond_a_limit() -> None:
    error = (np.array([0.0, 2.0, 5.0, 10.0, 20.0]) / 20) ** 2
    assert beyond_limit(error, 0.0) == pytest.approx(error)
    assert beyond_limit(error, 5.0) == pytest.approx((np.array([0.0, 0.0, 0.0, 5.0, 15.0]) / 20) ** 2)


def test_drift_below_the_limit_does_no_harm() -> None:
    cheap = GoalWeights(0.5, 0.5, 0.05)
    assert GoalPolicy().decide(see(0, drift=(0, 5, 9), weights=cheap)) == 0
    assert GoalPolicy().decide(see(0, drift=(0, 5, 9), weights=cheap, error_limit_percent=6.0)) == 1


def test_a_point_that_is_hardly_better_is_not_worth_a_change() -> None:
    nearly = see(1, drift=(0, 1.5, 6))
    assert GoalPolicy().decide(nearly) == 1
    assert GoalPolicy(options=GoalPolicyOptions(advantage=0.0)).decide(nearly) == 0


def test_the_advantage_of_the_present_point_fades() -> None:
    def at(seconds: float) -> Observation:
        values = {"operating_point": 1.0, "time_since_switch_s": seconds}
        columns = {"late_2s": np.zeros(3), "drift_percent": np.array([0, 1.5, 6]), "cost": FIGURES.cost}
        return Observation.build(0.0, 3, values, columns)

    assert [GoalPolicy().decide(at(seconds)) for seconds in (0.0, 1.0, 10.0, 600.0)] == [1, 1, 0, 0]


def test_without_recent_frames_none_is_expected_to_be_late() -> None:
    forecast = IndexForecaster().forecast(see(1, late=(np.nan, np.nan, np.nan)))
    assert list(forecast.late) == [0, 0, 0]
    assert forecast.error == pytest.approx([0, (3 / 20) ** 2, (6 / 20) ** 2])
    assert forecast.energy == pytest.approx([1, 0.8, 0.6])


@pytest.mark.parametrize(
    ("point", "weights", "goal"),
    [
        (0, GoalWeights(0.1, 0.9, 1), ""),
        (1, GoalWeights(0.1, 0.9, 0), "time"),
        (2, GoalWeights(0.5, 0.5, 2), "energy"),
        (2, GoalWeights(1, 0, 0), ""),
    ],
)
def test_the_goal_that_binds_is_named(point: int, weights: GoalWeights, goal: str) -> None:
    forecast = Forecast(np.array([0.2, 0, 0]), np.array([0, 0.1, 0.3]), np.array([1, 0.8, 0.6]))
    assert binding_goal(forecast, weights, point, 0) == goal
