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

"""How fast and how far the point may change."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions
from hand_tracking_dsp.control.rate_limiter import RateLimiter
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.shield import Verdict
from hand_tracking_dsp.errors import ConfigurationError

LEVELS = 6


def adaptive(**options: Any) -> ControllerOptions:
    return ControllerOptions(min_dwell_s=3.0, min_dwell_sparser_s=0.5, **options)


def constrained(**constraint: int) -> ControllerOptions:
    return adaptive(mode="constrained", constraint=ConstraintOptions(**constraint))


def wish(point: int, reason: Reason = Reason.POLICY) -> Verdict:
    return Verdict(point, reason, "So it is wished.")


def shield(point: int) -> Verdict:
    return wish(point, Reason.SHIELD_BATTERY_RESERVE)


def test_before_the_first_change_nothing_waits() -> None:
    limiter = RateLimiter(adaptive(), LEVELS)
    assert limiter.switched_s == -math.inf
    assert limiter.dwell_left_s(0.0) == 0.0
    assert limiter.review(wish(5), 2, 0.0) == wish(5)
    assert limiter.review(wish(0), 2, 0.0) == wish(0)


@pytest.mark.parametrize(("wanted", "dwell_s"), [(3, 0.5), (1, 3.0)])
def test_a_change_waits_for_the_dwell_time_of_its_direction(wanted: int, dwell_s: float) -> None:
    limiter = RateLimiter(adaptive(), LEVELS)
    limiter.switched(100.0)
    early_s, on_time_s = 100.0 + dwell_s - 0.25, 100.0 + dwell_s
    waiting = limiter.review(wish(wanted), 2, early_s)
    assert (waiting.point, waiting.reason) == (2, Reason.POLICY)
    assert waiting.detail.startswith("So it is wished. This waits 0.")
    assert waiting.detail.endswith(" s more, for the minimum dwell time.")
    assert limiter.dwell_left_s(early_s, sparser=wanted > 2) == pytest.approx(0.25)
    assert limiter.review(wish(wanted), 2, on_time_s) == wish(wanted)


def test_to_keep_the_level_never_waits() -> None:
    limiter = RateLimiter(adaptive(), LEVELS)
    limiter.switched(100.0)
    assert limiter.review(wish(2), 2, 100.0) == wish(2)


def test_the_adaptive_mode_does_not_look_at_the_constraint() -> None:
    options = adaptive(constraint=ConstraintOptions(densest_level=200, max_switches_per_min=1))
    limiter = RateLimiter(options, LEVELS)
    for second in range(0, 60, 10):
        limiter.switched(float(second))
    assert limiter.review(wish(0), 5, 60.0) == wish(0)


@pytest.mark.parametrize(("wanted", "point"), [(5, 3), (0, 1)])
def test_the_constrained_mode_keeps_a_policy_to_one_step(wanted: int, point: int) -> None:
    assert RateLimiter(constrained(), LEVELS).review(wish(wanted), 2, 0.0) == Verdict(
        point,
        Reason.CONSTRAINT,
        f"So it is wished. The constrained mode allows points 0 to 5, a step at a time: "
        f"point {point} instead of {wanted}.",
    )


def test_the_shield_takes_as_many_steps_at_once_as_it_wants() -> None:
    assert RateLimiter(constrained(), LEVELS).review(shield(5), 0, 0.0) == shield(5)


@pytest.mark.parametrize(
    ("verdict", "point", "allowed"), [(shield(5), 1, 3), (wish(0), 1, 1), (wish(4), 3, 3)]
)
def test_the_bounds_hold_for_policy_and_shield(verdict: Verdict, point: int, allowed: int) -> None:
    limiter = RateLimiter(constrained(densest_level=1, sparsest_level=3), LEVELS)
    found = limiter.review(verdict, point, 0.0)
    assert (found.point, found.reason) == (allowed, Reason.CONSTRAINT)
    assert "allows points 1 to 3" in found.detail


@pytest.mark.parametrize(("outside", "nearest"), [(0, 2), (5, 3)])
def test_a_level_outside_the_bounds_is_left_for_the_nearest_inside(outside: int, nearest: int) -> None:
    limiter = RateLimiter(constrained(densest_level=2, sparsest_level=3), LEVELS)
    found = limiter.review(wish(outside), outside, 0.0)
    assert (found.point, found.reason) == (nearest, Reason.CONSTRAINT)


def test_the_dwell_time_holds_for_what_the_bounds_make_of_a_wish() -> None:
    limiter = RateLimiter(constrained(), LEVELS)
    limiter.switched(100.0)
    found = limiter.review(wish(5), 2, 100.25)
    assert (found.point, found.reason) == (2, Reason.CONSTRAINT)
    assert found.detail.endswith("point 3 instead of 5. This waits 0.2 s more, for the minimum dwell time.")


def test_a_step_to_denser_waits_until_the_way_back_would_keep_the_limit() -> None:
    """Of six changes a minute, four steps from point 1 to 5 must stay possible after it."""
    limiter = RateLimiter(constrained(), LEVELS)
    assert limiter.review(wish(1), 2, 0.0) == wish(1), "the step and four back are five"
    limiter.switched(0.0)
    assert limiter.review(wish(1), 2, 30.0) == wish(1), "with an earlier change they are six"
    limiter.switched(30.0)
    found = limiter.review(wish(1), 2, 59.0)
    assert (found.point, found.reason) == (2, Reason.CONSTRAINT)
    assert found.detail == (
        "So it is wished. This waits: after 2 changes in the last minute (limit 6) too few would be left"
        " for the way back."
    )
    assert limiter.review(wish(1), 2, 60.0) == wish(1), "the first change is a minute old"


def test_a_policy_that_swings_uses_the_pace_up_and_is_held_to_it() -> None:
    limit, point, changes = 6, 5, []
    limiter = RateLimiter(constrained(max_switches_per_min=limit), LEVELS)
    for tick in range(10 * 60 * 10):
        now_s = tick / 10
        swing = 1 if changes and changes[-1][1] < 0 else -1
        wanted = min(max(point + swing, 0), LEVELS - 1)
        found = limiter.review(wish(wanted), point, now_s)
        if found.point != point:
            changes.append((now_s, found.point - point))
            limiter.switched(now_s)
            point = found.point
    times = [time for time, _ in changes]
    assert len(times) == pytest.approx(10 * limit, abs=limit)
    assert all(later - earlier >= 60.0 - 1e-6 for earlier, later in zip(times, times[limit:], strict=False))


def test_the_shield_goes_sparser_however_many_changes_a_person_has_made() -> None:
    limiter = RateLimiter(constrained(), LEVELS)
    for _ in range(20):
        limiter.switched(0.0)
    assert limiter.review(shield(5), 1, 0.5) == shield(5)
    assert limiter.review(wish(2), 1, 0.5) == wish(2)
    assert limiter.review(wish(0), 1, 30.0).point == 1


def test_other_options_do_not_forget_past_changes() -> None:
    limiter = RateLimiter(adaptive(), LEVELS)
    for second in (0.0, 10.0, 20.0):
        limiter.switched(second)
    limiter.set_options(constrained())
    assert limiter.switched_s == 20.0
    assert limiter.review(wish(1), 2, 30.0).point == 2


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (
            {"densest_level": 6},
            "The constrained mode's points are 6 to -1: set 0 to 5, the bank has no others.",
        ),
        (
            {"sparsest_level": 9},
            "The constrained mode's points are 0 to 9: set 0 to 5, the bank has no others.",
        ),
        (
            {"densest_level": 1, "max_switches_per_min": 4},
            (
                "max_switches_per_min is 4, but there are 4 steps from point 1 to 5: "
                "set at least 5, or closer bounds."
            ),
        ),
    ],
)
def test_refuses_a_constraint_that_the_bank_cannot_keep(constraint: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RateLimiter(constrained(**constraint), LEVELS)
    assert str(caught.value) == message


def test_what_is_refused_changes_nothing() -> None:
    limiter = RateLimiter(constrained(densest_level=1, sparsest_level=3), LEVELS)
    with pytest.raises(ConfigurationError):
        limiter.set_options(constrained(densest_level=9))
    with pytest.raises(ConfigurationError):
        limiter.set_options(constrained(densest_level=1, sparsest_level=6))
    assert limiter.review(shield(5), 2, 0.0).point == 3
    adapting = RateLimiter(adaptive(), LEVELS)
    with pytest.raises(ConfigurationError):
        adapting.set_options(constrained(max_switches_per_min=1))
    assert adapting.review(wish(5), 0, 0.0) == wish(5)
