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

"""When a network is composed between two operating points, for how long, and when not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.policy import LayerPolicy, LayerPolicyOptions
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Composition
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import LatencySample
from hand_tracking_dsp.resources import default_layer_agent
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest

STEP_S = 0.1
SAVING = GoalWeights(0.5, 0.5, 0.5)


@dataclass
class Wants:
    """A policy that wants a point."""

    point: int
    name: str = "wants"

    def decide(self, _: Observation) -> int:
        return self.point


@pytest.fixture(scope="module")
def figures(bank: Manifest) -> PointFigures:
    return PointFigures.of(bank)


@pytest.fixture
def inner() -> Wants:
    return Wants(2)


@pytest.fixture
def policy(inner: Wants, bank: Manifest, profile: CompositionProfile, figures: PointFigures) -> LayerPolicy:
    agent = LayerAgent.load(default_layer_agent(), bank, profile)
    return LayerPolicy(inner, agent, figures, LayerPolicyOptions(advantage=0.0))


@pytest.fixture
def seen(figures: PointFigures):
    """Give a function that makes the observation at a time: energy is dear between points 2 and 3."""

    def observe(stamp_s: float, weights: GoalWeights = SAVING, **values: float) -> Observation:
        cost = np.array([1.0, 0.9, 0.8, 0.2, 0.19, 0.18])
        # A network that is hardly wrong is worth its share of what the next point spares.
        drift = np.array([0.0, 0.0, 0.0, 6.0, 20.0, 20.0])
        by_point = {
            "level_time": figures.level_time,
            "late_2s": np.zeros(figures.count),
            "cost": cost,
            "drift_percent": drift,
        }
        given = {"operating_point": 2, "hands": 1, "presence": 0.99, "input_mean": 0.5, "input_std": 0.2}
        built = Observation.build(stamp_s, figures.count, given | values, by_point, densest=1)
        return replace(built, weights=weights, sharpness=0.1)

    return observe


def run(policy: LayerPolicy, observe, begin_s: float, seconds: float, **values: float) -> list[int]:
    keep = policy.composition.keep if policy.composition else ()
    points = []
    for step in range(round(seconds / STEP_S)):
        observation = replace(observe(begin_s + step * STEP_S, **values), keep=keep)
        points.append(policy.decide(observation))
        keep = policy.composition.keep if policy.composition else ()
    return points


def composed(policy: LayerPolicy, observe) -> Composition:
    run(policy, observe, 0.0, 3.0)
    assert policy.composition is not None
    return policy.composition


def test_a_network_between_two_levels_is_composed_where_it_is_worth_more(policy: LayerPolicy, seen) -> None:
    found = composed(policy, seen)
    assert (found.denser, found.point) == (2, 3)
    assert set(found.keep) <= {100, 75, 50, 25, 0}
    assert 0.7 < found.time < 1.0
    assert policy.decide(replace(seen(3.0), keep=found.keep)) == 3


def test_without_a_price_on_time_or_energy_nothing_is_composed(policy: LayerPolicy, seen) -> None:
    free = GoalWeights(0.5, 0.5, 0.0)
    assert set(run(policy, seen, 0.0, 25.0, weights=free)) == {2}
    assert policy.composition is None


def test_what_was_decided_holds_for_ten_seconds(policy: LayerPolicy, inner: Wants, seen) -> None:
    found = composed(policy, seen)
    inner.point = 1
    assert set(run(policy, seen, 3.0, 4.0)) == {3}
    assert policy.composition == found
    assert run(policy, seen, 20.0, 3.0)[-1] == 1, "point 1 has no sparser level beside it that is composed"


def test_a_sparser_point_is_taken_at_once(policy: LayerPolicy, inner: Wants, seen) -> None:
    composed(policy, seen)
    inner.point = 5
    assert policy.decide(seen(3.1)) == 5
    assert policy.composition is None


def test_another_scene_is_another_occasion(policy: LayerPolicy, seen) -> None:
    assert composed(policy, seen).scene == 0
    run(policy, seen, 3.0, 4.0, input_mean=0.1, input_std=0.05)
    assert policy.composition is None or policy.composition.scene == 2


def test_a_network_that_does_not_come_to_run_is_given_up_for_a_minute(policy: LayerPolicy, seen) -> None:
    refused = composed(policy, seen).keep
    for step in range(100):
        policy.decide(seen(3.0 + step * STEP_S))
    assert policy.composition is None or policy.composition.keep != refused


def test_without_a_hand_it_is_waited_for(policy: LayerPolicy, seen) -> None:
    found = composed(policy, seen)
    for step in range(60):
        policy.decide(seen(3.0 + step * STEP_S, hands=0))
    assert policy.composition == found


def test_measured_drift_corrects_the_estimate(policy: LayerPolicy, seen) -> None:
    found = composed(policy, seen)
    for step in range(200):
        drift = 5.0 * found.deviation_percent + 0.001 * step
        policy.decide(replace(seen(3.0 + step * STEP_S), keep=found.keep, keep_drift_percent=drift))
        if policy.composition is None or policy.composition.keep != found.keep:
            break
    else:
        pytest.fail("a network that is five times as far off as expected runs on")


def test_the_controller_commands_it_only_where_the_policy_decides(
    policy: LayerPolicy, inner: Wants, figures: PointFigures
) -> None:
    controller = Controller(figures, policy, ControllerOptions(min_dwell_s=0.0, min_dwell_sparser_s=0.0))
    made = Composition(3, 2, (75, *(100,) * 15), 0, 1.0, 0.95)
    inner.point = 3
    policy._composition, policy._considered_s, policy._commanded_s = made, 1e9, 0.0
    policy._considered = policy._context(controller.observe(0.0))
    for step in range(60):
        now_s = step * 0.05
        controller.add_latency(LatencySample(now_s, 5.0, 5.0, 3, hands=1, keep=made.keep, keep_time=0.95))
        decision = controller.decide(now_s)
    assert (decision.point, decision.reason) == (3, Reason.POLICY)
    assert decision.composition == made
    controller.set_operator_point(3)
    assert controller.decide(4.0).composition is None
