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

"""What holds whatever is heard and whatever the policy answers."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.points import figures_of

from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.observation import OBSERVATION, Observation
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import Policy, ThresholdPolicy
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import BatterySample, LatencySample

LEVELS = 4
OPTIONS = ControllerOptions(
    min_samples=2, min_dwell_s=2.0, min_dwell_sparser_s=0.5, shield=ShieldOptions(stale_drift_s=2.0)
)
MODES = st.sampled_from((OPTIONS, replace(OPTIONS, mode="constrained")))

# Messages hold float32.
anything = st.one_of(st.floats(0.0, 1.0), st.floats(0.0, 100.0), st.floats(width=32))
stamps = st.one_of(st.floats(-1.0, 1.0), st.floats())
frames = st.builds(
    LatencySample,
    stamp_s=stamps,
    total_ms=anything,
    end_to_end_ms=anything,
    operating_point=st.integers(0, LEVELS),
    sparsity=anything,
    presence=anything,
    input_mean=anything,
    input_std=anything,
    drift=anything,
    drift_sparser=anything,
    smoothing_residual=anything,
    accelerator_utilization=anything,
    hands=st.integers(0, 255),
)
batteries = st.builds(
    BatterySample,
    stamp_s=stamps,
    charge=anything,
    power_w=anything,
    discharging=st.booleans(),
    present=st.booleans(),
)
answers = st.one_of(st.integers(0, LEVELS - 1), st.integers(), st.floats(), st.none(), st.just("level"))
steps = st.tuples(
    st.one_of(st.floats(0.0, 1.0), st.floats(0.0, 40.0), st.floats(-1.0, 0.0), st.just(math.nan)),
    st.lists(st.one_of(frames, batteries), max_size=5),
    answers,
)
stories = st.lists(steps, max_size=30)


class Dice:
    """A policy that answers whatever is next."""

    name = "dice"

    def __init__(self) -> None:
        self.answer: Any = 0

    def decide(self, observation: Observation) -> int:  # noqa: ARG002 (it does not look)
        return self.answer  # type: ignore[no-any-return]


def play(
    story: list[Any], policy: Policy, options: ControllerOptions = OPTIONS
) -> list[tuple[float, Decision]]:
    """Return time and decision of every step; samples are stamped relative to their decision."""
    controller, now_s, decisions = Controller(figures_of(LEVELS), policy, options), 10.0, []
    controller.decide(now_s)
    for pause_s, samples, answer in story:
        asked_s = now_s + pause_s
        now_s = max(now_s, asked_s) if math.isfinite(asked_s) else now_s
        for sample in samples:
            stamped = type(sample)(now_s + sample.stamp_s, *astuple(sample)[1:])
            (controller.add_latency if isinstance(sample, LatencySample) else controller.add_battery)(stamped)
        if isinstance(policy, Dice):
            policy.answer = answer
        decisions.append((now_s, controller.decide(asked_s)))
    return decisions


@given(stories, st.sampled_from((Dice, ThresholdPolicy)), MODES)
def test_a_decision_is_always_complete_and_of_a_loaded_level(
    story: list[Any], policy: type[Policy], options: ControllerOptions
) -> None:
    for _, decision in play(story, policy(), options):
        assert 0 <= decision.point < LEVELS
        assert 0 <= decision.point_wanted < LEVELS
        assert decision.reason in Reason
        assert decision.detail.endswith(".")
        assert decision.dwell_left_s >= 0.0
        vector = decision.observation.vector
        low, high = zip(*((field.low, field.high) for field in OBSERVATION), strict=True)
        assert np.all(np.isnan(vector) | ((vector >= low) & (vector <= high)))


@given(stories, MODES)
def test_a_change_keeps_the_dwell_time_of_its_direction(story: list[Any], options: ControllerOptions) -> None:
    changes = [(time, d) for time, d in play(story, Dice(), options) if d.point != d.point_before]
    for (earlier_s, _), (later_s, decision) in pairwise(changes):
        sparser = decision.point > decision.point_before
        least_s = OPTIONS.min_dwell_sparser_s if sparser else OPTIONS.min_dwell_s
        assert later_s - earlier_s >= least_s - 1e-9


@given(stories, st.floats(0.0, 0.15), st.integers(0, LEVELS - 1), MODES)
def test_the_battery_reserve_is_respected(
    story: list[Any], charge: float, answer: int, options: ControllerOptions
) -> None:
    """Whatever happened before: at the reserve the point is the sparsest, after the short dwell time."""
    policy = Dice()
    controller, now_s = Controller(figures_of(LEVELS), policy, options), 10.0
    for pause_s, samples, _ in story:
        now_s += abs(pause_s) if math.isfinite(pause_s) else 0.0
        for sample in samples:
            stamped = type(sample)(now_s, *astuple(sample)[1:])
            (controller.add_latency if isinstance(sample, LatencySample) else controller.add_battery)(stamped)
        controller.decide(now_s)
    policy.answer = answer
    now_s += OPTIONS.min_dwell_sparser_s
    controller.add_battery(BatterySample(now_s, charge, discharging=True))
    decision = controller.decide(now_s)
    assert decision.reason == Reason.SHIELD_BATTERY_RESERVE
    later = controller.decide(now_s + OPTIONS.min_dwell_sparser_s)
    assert later.point == LEVELS - 1


@given(stories)
def test_the_same_story_gives_the_same_decisions(story: list[Any]) -> None:
    first, second = (play(story, ThresholdPolicy()) for _ in range(2))
    for (_, one), (_, other) in zip(first, second, strict=True):
        assert (one.point, one.reason, one.detail) == (other.point, other.reason, other.detail)
        np.testing.assert_array_equal(one.observation.vector, other.observation.vector)


constraints = st.sampled_from(
    (
        ConstraintOptions(),
        ConstraintOptions(max_switches_per_min=4),
        ConstraintOptions(densest_level=1, max_switches_per_min=3),
        ConstraintOptions(densest_level=1, sparsest_level=2, max_switches_per_min=2),
        ConstraintOptions(sparsest_level=0, max_switches_per_min=1),
    )
)
# Of a hand, at the point in use: such as are judged.
judged_frames = frames.map(lambda frame: replace(frame, stamp_s=0.0, hands=1))
charges = st.one_of(st.none(), st.just(0.9), anything)
bounded_steps = st.tuples(
    st.floats(0.0, 4.0), st.lists(judged_frames, max_size=3), charges, st.integers(0, LEVELS - 1)
)
bounded_stories = st.lists(bounded_steps, min_size=10, max_size=60)


def play_bounded(story: list[Any], options: ControllerOptions) -> list[tuple[float, Decision]]:
    """Return time and decision of every step of a story whose frames are all judged."""
    policy = Dice()
    controller, now_s, decisions = Controller(figures_of(LEVELS), policy, options), 10.0, []
    point = options.initial_level
    for pause_s, samples, charge, answer in story:
        now_s += pause_s
        for sample in samples:
            controller.add_latency(replace(sample, stamp_s=now_s, operating_point=point))
        if charge is not None:
            controller.add_battery(BatterySample(now_s, charge, discharging=True))
        policy.answer = answer
        decisions.append((now_s, controller.decide(now_s)))
        point = decisions[-1][1].point
    return decisions


def bounded_options(constraint: ConstraintOptions, initial_level: int) -> ControllerOptions:
    return replace(
        OPTIONS, mode="constrained", constraint=constraint, initial_level=initial_level, settle_s=0.0
    )


@given(bounded_stories, constraints, st.integers(0, LEVELS - 1))
def test_the_constrained_mode_keeps_its_pace(
    story: list[Any], constraint: ConstraintOptions, initial_level: int
) -> None:
    decisions = play_bounded(story, bounded_options(constraint, initial_level))
    changes = [time for time, d in decisions if d.point != d.point_before]
    limit = constraint.max_switches_per_min
    for earlier_s, later_s in zip(changes, changes[limit:], strict=False):
        assert later_s - earlier_s >= 60.0 - 1e-6


@given(bounded_stories, constraints, st.integers(0, LEVELS - 1))
def test_the_constrained_mode_keeps_its_bounds_and_a_policy_to_one_step(
    story: list[Any], constraint: ConstraintOptions, initial_level: int
) -> None:
    densest = constraint.densest_level
    sparsest = constraint.sparsest_level if constraint.sparsest_level >= 0 else LEVELS - 1
    inside = False
    for _, decision in play_bounded(story, bounded_options(constraint, initial_level)):
        before, after = decision.point_before, decision.point
        was_inside, inside = inside or densest <= before <= sparsest, densest <= after <= sparsest
        assert inside or not was_inside
        if was_inside and decision.verdict.reason == Reason.POLICY:
            assert abs(after - before) <= 1
        if before != after:
            assert inside


@given(bounded_stories, constraints, st.integers(0, LEVELS - 1))
def test_the_constrained_mode_never_delays_what_the_shield_wants_sparser(
    story: list[Any], constraint: ConstraintOptions, initial_level: int
) -> None:
    sparsest = constraint.sparsest_level if constraint.sparsest_level >= 0 else LEVELS - 1
    changed_s = -math.inf
    for now_s, decision in play_bounded(story, bounded_options(constraint, initial_level)):
        wanted = min(decision.verdict.point, sparsest)
        rested = now_s >= changed_s + OPTIONS.min_dwell_sparser_s
        if decision.verdict.reason != Reason.POLICY and wanted > decision.point_before and rested:
            assert decision.point >= wanted
        if decision.point != decision.point_before:
            changed_s = now_s


@settings(max_examples=30)
@given(st.lists(st.floats(1.0, 100.0), min_size=1, max_size=4), st.floats(5.0, 80.0))
def test_threshold_settles_whatever_the_levels_take(latencies_ms: list[float], budget_ms: float) -> None:
    latencies_ms = sorted(latencies_ms, reverse=True)
    options = ControllerOptions(budget_ms=budget_ms)
    controller, point, changes = Controller(figures_of(len(latencies_ms)), ThresholdPolicy(), options), 0, []
    for frame in range(30 * 120):
        now_s = frame / 30
        controller.add_latency(LatencySample(now_s, latencies_ms[point], math.nan, point, hands=1))
        if frame % 6 == 0:
            decision = controller.decide(now_s)
            if decision.point != point:
                changes.append(now_s)
            point = decision.point
    assert len(changes) <= 2 * len(latencies_ms)
    assert all(now_s < 60.0 for now_s in changes)
