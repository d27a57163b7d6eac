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

"""What overrules a policy, and what is said about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedPolicy
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import BatterySample, LatencySample

MakeBench = Callable[..., Any]


class Stubborn:
    """A policy that answers, or raises, whatever it was given."""

    name = "stubborn"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def decide(self, observation: Observation) -> int:  # noqa: ARG002 (it does not look)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


def shielded(**options: Any) -> ControllerOptions:
    return ControllerOptions(shield=ShieldOptions(**options))


def battery(charge: float, *, discharging: bool = True, present: bool = True) -> BatterySample:
    return BatterySample(0.0, charge, 5.0, discharging, present)


def test_lets_a_policy_have_its_way_while_nothing_is_wrong(bench: MakeBench) -> None:
    room = bench(policy=FixedPolicy(1))
    room.run(5.0, battery=battery(0.8))
    assert (room.last.point, room.last.reason) == (1, Reason.POLICY)
    assert room.last.detail == (
        "Policy fixed keeps point 1: p95 latency 15.0 ms of a budget of 33.0 ms, 0% of frames late,"
        " battery 80%."
    )


def test_missed_deadlines_go_one_step_sparser_and_stay_there(bench: MakeBench) -> None:
    room = bench(latency_ms=(40.0, 20.0, 10.0))
    decisions = room.run(15.0)
    assert (room.last.point, room.last.reason) == (1, Reason.SHIELD_DEADLINE)
    assert room.last.point_wanted == 0
    change = next(decision for decision in decisions if decision.point == 1)
    assert change.detail == (
        "100% of frames were over 33.0 ms (limit 25%): point 1 instead of 0, which the policy wants."
    )
    assert "rest for" in room.last.detail


def test_a_policy_that_insists_on_a_slow_level_causes_few_changes(bench: MakeBench) -> None:
    room = bench(latency_ms=(40.0, 20.0))
    room.run(60.0)
    first = len(room.changes())
    assert 1 <= first <= 8
    room.run(180.0)
    assert len(room.changes()) - first <= 12, "it is barred for longer each time"


def test_the_sparsest_level_may_miss_its_deadline(bench: MakeBench) -> None:
    room = bench(latency_ms=(90.0, 80.0))
    room.run(10.0)
    assert room.last.point == 1


def test_a_limit_of_one_never_steps_in(bench: MakeBench) -> None:
    room = bench(latency_ms=(90.0, 10.0), options=shielded(deadline_miss_limit=1.0))
    room.run(10.0)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)


def test_a_battery_at_its_reserve_means_the_sparsest_level_until_it_has_risen(bench: MakeBench) -> None:
    goals = GoalOptions(battery=BatteryGoal(reserve=0.2, reserve_hysteresis=0.1))
    room = bench(options=ControllerOptions(goals=goals))
    room.run(2.0, battery=battery(0.21))
    assert room.last.point == 0
    room.run(1.0, battery=battery(0.2))
    assert (room.last.point, room.last.reason) == (2, Reason.SHIELD_BATTERY_RESERVE)
    assert room.last.detail == (
        "The battery is at 20% (reserve 20%, over at 30%): point 2, the sparsest, saves power."
    )
    room.run(10.0, battery=battery(0.29, discharging=False))
    assert room.last.point == 2
    room.run(10.0, battery=battery(0.31, discharging=False))
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)


def test_the_reserve_goes_before_a_denser_fallback(bench: MakeBench) -> None:
    room = bench(options=shielded(fallback_level=0))
    room.run(2.0, battery=battery(0.05))
    room.run(60.0, silent=True)
    assert (room.last.point, room.last.reason) == (2, Reason.SHIELD_BATTERY_RESERVE)


def test_the_reserve_holds_before_the_first_latency(bench: MakeBench) -> None:
    room = bench()
    room.run(1.0, silent=True, battery=battery(0.05))
    assert (room.last.point, room.last.reason) == (2, Reason.SHIELD_BATTERY_RESERVE)


@pytest.mark.parametrize("charge", [math.nan, 55.0, -1.0])
def test_a_discharging_battery_that_does_not_tell_its_charge_means_the_fallback(
    bench: MakeBench, charge: float
) -> None:
    room = bench(options=shielded(fallback_level=1))
    room.run(3.0, battery=battery(charge))
    assert (room.last.point, room.last.reason) == (1, Reason.SHIELD_BATTERY_UNKNOWN)
    assert room.last.detail == (
        f"The battery is discharging and its charge is {charge:g}, not 0 to 1: point 1 is the fallback."
    )


@pytest.mark.parametrize(
    "reading",
    [
        None,
        battery(math.nan, discharging=False),
        battery(math.nan, discharging=False, present=False),
        battery(0.0, discharging=False, present=False),
    ],
)
def test_no_battery_means_mains_power_and_not_an_empty_one(
    bench: MakeBench, reading: BatterySample | None
) -> None:
    room = bench()
    room.run(40.0, battery=reading)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)
    assert math.isnan(room.last.observation["battery_charge"])


def test_silent_latency_means_the_fallback_until_it_is_heard_again(bench: MakeBench) -> None:
    room = bench()
    room.run(3.0)
    room.run(2.0, silent=True)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)
    room.run(1.0, silent=True)
    assert (room.last.point, room.last.reason) == (2, Reason.STALE_LATENCY)
    assert room.last.detail == "No latency was received for 3.0 s (limit 2.0 s): point 2 is the fallback."
    room.run(5.0)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)


def test_latency_that_is_no_number_is_silence(bench: MakeBench) -> None:
    room = bench()
    room.run(2.0)
    room.run(4.0, load=math.nan)
    assert (room.last.point, room.last.reason) == (2, Reason.STALE_LATENCY)


def test_latency_never_heard_is_waited_for_and_then_means_the_fallback(bench: MakeBench) -> None:
    room = bench(policy=FixedPolicy(1), options=shielded(startup_grace_s=5.0))
    room.run(4.9, silent=True)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)
    assert room.last.detail == "No latency has been received yet: point 0 waits for it."
    room.run(1.1, silent=True)
    assert (room.last.point, room.last.reason) == (2, Reason.STALE_LATENCY)
    assert "received since the start, for 5.9 s (limit 5.0 s)" in room.last.detail


def test_a_battery_that_falls_silent_means_the_fallback(bench: MakeBench) -> None:
    room = bench(options=shielded(stale_battery_s=5.0))
    room.run(3.0, battery=battery(0.9))
    room.run(5.0)
    assert room.last.point == 0
    room.run(1.0)
    assert (room.last.point, room.last.reason) == (2, Reason.STALE_BATTERY)
    assert room.last.detail == "The battery was silent for 6.0 s (limit 5.0 s): point 2 is the fallback."
    room.run(5.0, battery=battery(0.9))
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (7, "wants point 7 of 0 to 2."),
        (-1, "wants point -1 of 0 to 2."),
        (0.5, "wants point 0.5 of 0 to 2."),
        (math.nan, "failed (ValueError: cannot convert float NaN to integer)."),
        (math.inf, "failed (OverflowError: "),
        (None, "failed (TypeError: "),
        (ZeroDivisionError("by zero"), "failed (ZeroDivisionError: by zero)."),
    ],
)
def test_an_answer_that_is_no_level_keeps_the_level(bench: MakeBench, answer: Any, words: str) -> None:
    room = bench(policy=Stubborn(answer), options=ControllerOptions(initial_level=1))
    room.point = 1
    room.run(3.0)
    assert (room.last.point, room.last.point_wanted) == (1, 1)
    assert room.last.reason == Reason.SHIELD_INVALID_LEVEL
    assert room.last.detail.startswith(f"Policy stubborn {words}")
    assert room.last.detail.endswith("Point 1 is kept.")


def test_a_latency_heard_again_is_judged_anew(bench: MakeBench) -> None:
    room = bench(options=shielded(fallback_level=0))
    room.run(3.0)
    assert room.last.observation["latency_p95_budgets"] == pytest.approx(20.0 / 33.0)
    room.run(5.0, silent=True)
    room.controller.add_latency(LatencySample(room.now_s, 10.0, math.nan, 0))
    decision = room.controller.decide(room.now_s)
    assert math.isnan(decision.observation["latency_p95_budgets"])


def blind(bench: MakeBench, answer: int = 2, **options: Any) -> Any:
    """Return a bench at point 1 of 3 whose drift, heard once, is missing; then the policy wants a point."""
    room = bench(
        policy=FixedPolicy(1), options=replace(shielded(stale_drift_s=5.0, **options), initial_level=1)
    )
    room.point = 1
    room.run(2.0, drift=1.0)
    room.run(5.5)
    room.controller.policy = FixedPolicy(answer)
    return room


def test_drift_no_longer_measured_keeps_a_policy_from_sparser_levels(bench: MakeBench) -> None:
    room = blind(bench)
    room.run(0.5)
    assert (room.last.point, room.last.point_wanted) == (1, 2)
    assert room.last.reason == Reason.SHIELD_DRIFT_UNKNOWN
    assert room.last.detail == (
        "Drift has not been measured for 6 s with hands in view (limit 5 s): point 1 is kept instead of 2,"
        " which the policy wants."
    )
    room.run(0.2, drift=1.0)
    assert (room.last.point, room.last.reason) == (2, Reason.POLICY)


@pytest.mark.parametrize("answer", [0, 1])
def test_without_drift_a_policy_may_keep_the_level_or_go_denser(bench: MakeBench, answer: int) -> None:
    room = blind(bench, answer)
    room.run(0.5)
    assert (room.last.point, room.last.reason) == (answer, Reason.POLICY)


def test_without_drift_late_frames_may_still_go_sparser(bench: MakeBench) -> None:
    room = blind(bench, deadline_miss_limit=1.0)
    room.run(0.5)
    assert room.last.point == 1
    room.run(3.0, load=4.0)
    assert (room.last.point, room.last.reason) == (2, Reason.POLICY)


def test_latency_that_is_not_known_does_not_make_up_for_drift(bench: MakeBench) -> None:
    """Other options, as any change of point, empty the window; that opens no door."""
    room = blind(bench)
    room.controller.set_options(shielded(stale_drift_s=5.0))
    (decision,) = room.run(0.1)
    assert math.isnan(decision.observation["latency_p95_budgets"])
    assert (decision.point, decision.reason) == (1, Reason.SHIELD_DRIFT_UNKNOWN)


@pytest.mark.parametrize("drift", [math.nan, math.inf, -1.0])
def test_drift_that_was_never_heard_is_not_missed(bench: MakeBench, drift: float) -> None:
    room = bench(options=shielded(stale_drift_s=1.0))
    room.run(5.0, drift=drift)
    room.controller.policy = FixedPolicy(2)
    room.run(1.0, drift=drift)
    assert (room.last.point, room.last.reason) == (2, Reason.POLICY)


def test_drift_is_not_missed_while_no_hand_is_in_view(bench: MakeBench) -> None:
    room = bench(options=shielded(stale_drift_s=1.0))
    room.run(2.0, drift=1.0)
    room.run(30.0, hands=0)
    room.controller.policy = FixedPolicy(2)
    room.run(0.5)
    assert (room.last.point, room.last.reason) == (2, Reason.POLICY)


def test_the_other_rules_go_before_drift(bench: MakeBench) -> None:
    room = blind(bench)
    room.run(0.5, battery=battery(0.05))
    assert (room.last.point, room.last.reason) == (2, Reason.SHIELD_BATTERY_RESERVE)
    room = blind(bench)
    room.run(5.0, silent=True)
    assert (room.last.point, room.last.reason) == (2, Reason.STALE_LATENCY)


def test_slow_frames_without_a_hand_are_no_reason_to_go_sparser(bench: MakeBench) -> None:
    """No landmark network runs on them: no point would make them faster."""
    room = bench(latency_ms=(90.0, 20.0))
    room.run(20.0, hands=0)
    assert (room.last.point, room.last.reason) == (0, Reason.POLICY)
    assert math.isnan(room.last.observation["deadline_miss_share"])
