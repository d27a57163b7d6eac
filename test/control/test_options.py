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

"""Options refuse what cannot work, in a sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdOptions
from hand_tracking_dsp.errors import ConfigurationError


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (
            ControllerOptions,
            {"budget_ms": 0.0},
            "ControllerOptions.budget_ms is 0.0, but must be in the range 0.1 to 10000 ms.",
        ),
        (
            ControllerOptions,
            {"budget_ms": math.nan},
            "ControllerOptions.budget_ms is nan, but must be in the range 0.1 to 10000 ms.",
        ),
        (
            ControllerOptions,
            {"budget_ms": "33"},
            "ControllerOptions.budget_ms is '33', but must be of type double.",
        ),
        (
            ControllerOptions,
            {"min_dwell_sparser_s": 4.0},
            "ControllerOptions.min_dwell_s is 3.0, but must be at least min_dwell_sparser_s, which is 4.0.",
        ),
        (
            ControllerOptions,
            {"initial_level": 1.5},
            "ControllerOptions.initial_level is 1.5, but must be of type integer.",
        ),
        (
            ControllerOptions,
            {"max_samples": 5},
            "ControllerOptions.max_samples is 5, but must be at least min_samples, which is 20.",
        ),
        (
            ControllerOptions,
            {"drift_window_s": 0.0},
            "ControllerOptions.drift_window_s is 0.0, but must be in the range 0.1 to 3600 s.",
        ),
        (
            ControllerOptions,
            {"mode": "strict"},
            "ControllerOptions.mode is 'strict', but must be one of: adaptive, constrained.",
        ),
        (
            ShieldOptions,
            {"stale_drift_s": 0.0},
            "ShieldOptions.stale_drift_s is 0.0, but must be in the range 0.1 to 86400 s.",
        ),
        (
            ConstraintOptions,
            {"densest_level": -1},
            "ConstraintOptions.densest_level is -1, but must be in the range 0 to 254.",
        ),
        (
            ConstraintOptions,
            {"sparsest_level": 255},
            "ConstraintOptions.sparsest_level is 255, but must be in the range -1 to 254.",
        ),
        (
            ConstraintOptions,
            {"max_switches_per_min": 0},
            "ConstraintOptions.max_switches_per_min is 0, but must be in the range 1 to 600 changes.",
        ),
        (
            ConstraintOptions,
            {"densest_level": 3, "sparsest_level": 2},
            (
                "sparsest_level is 2 and densest_level 3: "
                "set sparsest_level to at least densest_level, or to -1."
            ),
        ),
        (
            ShieldOptions,
            {"fallback_level": -2},
            "ShieldOptions.fallback_level is -2, but must be in the range -1 to 254.",
        ),
        (
            BatteryGoal,
            {"reserve": 15.0},
            "BatteryGoal.reserve is 15.0, but must be in the range 0 to 1 share of full.",
        ),
        (
            BatteryGoal,
            {"until": "soon"},
            "battery.until is 'soon': set a duration, as 30s, 90min or 4h, or a time of day, as 18:30.",
        ),
        (
            GoalOptions,
            {"late_target": 0.0},
            "GoalOptions.late_target is 0.0, but must be in the range 0.0001 to 0.5 share.",
        ),
        (
            ThresholdOptions,
            {"retry_s": -1.0},
            "ThresholdOptions.retry_s is -1.0, but must be in the range 0 to 1000000 s.",
        ),
        (
            ThresholdOptions,
            {"lower": 0.9},
            "ThresholdOptions.upper is 0.9, but must be above lower, which is 0.9.",
        ),
        (
            FixedPolicy,
            {"level": True},
            "FixedPolicy.level is True, but must be of type integer.",
        ),
    ],
)
def test_refuses_what_cannot_work(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize("bounds", [(0, -1), (3, -1), (3, 3), (0, 254)])
def test_bounds_may_meet_and_the_sparsest_may_be_the_banks(bounds: tuple[int, int]) -> None:
    options = ConstraintOptions(*bounds)
    assert (options.densest_level, options.sparsest_level) == bounds
