"""Options refuse what cannot work, in a sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedLevelPolicy, ThresholdOptions
from hand_tracking_dsp.errors import ConfigurationError


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (ControllerOptions, {"budget_ms": 0.0}, "budget_ms is 0.0: set a number from 0.1 to 10000."),
        (ControllerOptions, {"budget_ms": math.nan}, "budget_ms is nan: set a number from 0.1 to 10000."),
        (ControllerOptions, {"budget_ms": "33"}, "budget_ms is '33': set a number from 0.1 to 10000."),
        (
            ControllerOptions,
            {"min_dwell_sparser_s": 4.0},
            "min_dwell_sparser_s is 4.0: set a number from 0 to 3.",
        ),
        (
            ControllerOptions,
            {"initial_level": 1.5},
            "initial_level is 1.5: set a whole number from 0 to 255.",
        ),
        (ControllerOptions, {"max_samples": 5}, "max_samples is 5: set a whole number from 20 to 10000."),
        (
            ControllerOptions,
            {"drift_window_s": 0.0},
            "drift_window_s is 0.0: set a number from 0.1 to 3600.",
        ),
        (ControllerOptions, {"mode": "strict"}, "mode is 'strict': set one of adaptive, constrained."),
        (ShieldOptions, {"stale_drift_s": 0.0}, "stale_drift_s is 0.0: set a number from 0.1 to 86400."),
        (
            ConstraintOptions,
            {"densest_level": -1},
            "densest_level is -1: set a whole number from 0 to 255.",
        ),
        (
            ConstraintOptions,
            {"sparsest_level": 256},
            "sparsest_level is 256: set a whole number from -1 to 255.",
        ),
        (
            ConstraintOptions,
            {"max_switches_per_min": 0},
            "max_switches_per_min is 0: set a whole number from 1 to 600.",
        ),
        (
            ConstraintOptions,
            {"densest_level": 3, "sparsest_level": 2},
            (
                "sparsest_level is 2 and densest_level 3: "
                "set sparsest_level to at least densest_level, or to -1."
            ),
        ),
        (ShieldOptions, {"fallback_level": -2}, "fallback_level is -2: set a whole number from -1 to 255."),
        (ShieldOptions, {"battery_reserve": 15.0}, "battery_reserve is 15.0: set a number from 0 to 1."),
        (ThresholdOptions, {"retry_s": -1.0}, "retry_s is -1.0: set a number from 0 upwards."),
        (ThresholdOptions, {"lower": 0.9}, "lower is 0.9 and upper 0.9: set lower below upper."),
        (
            FixedLevelPolicy,
            {"level": True},
            "level of the fixed policy is True: set a whole number from -1 to 255.",
        ),
    ],
)
def test_refuses_what_cannot_work(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize("bounds", [(0, -1), (3, -1), (3, 3), (0, 255)])
def test_bounds_may_meet_and_the_sparsest_may_be_the_banks(bounds: tuple[int, int]) -> None:
    options = ConstraintOptions(*bounds)
    assert (options.densest_level, options.sparsest_level) == bounds
