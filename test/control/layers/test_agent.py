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

"""The layer agent keeps the limits of a context, whatever it values, and refuses what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layers import whimsical_agent

from hand_tracking_dsp.control.layers.agent import LayerAgent, possible, reachable
from hand_tracking_dsp.control.layers.reward import LayerWeights, reward_of
from hand_tracking_dsp.control.layers.state import (
    LayerContext,
    accuracies_next,
    accuracy_of,
    layer_fields,
    layer_states,
    left_so_far,
)
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_layer_agent, default_policy
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest

ROUNDING = 1e-6


def context(time: float = 1.0, power: float = 1.0, scene: int = 0) -> LayerContext:
    return LayerContext(time, power, scene, 0.5, 0.2)


@given(limit=st.floats(0.5, 1.0), scene=st.integers(0, 3), width=st.sampled_from([1, 4]))
def test_a_limit_of_time_or_power_is_kept_by_whims_too(
    agent: LayerAgent, limit: float, scene: int, width: int
) -> None:
    assert agent.compose(context(time=limit, scene=scene), width).time <= limit + ROUNDING
    assert agent.compose(context(power=limit, scene=scene), width).power <= limit + ROUNDING


@pytest.mark.parametrize("limit", [0.0, -1.0, 0.1])
def test_a_limit_that_nothing_keeps_counts_as_the_least_that_can_be_reached(
    agent: LayerAgent, profile: CompositionProfile, limit: float
) -> None:
    least = 1.0 - profile.time.max(axis=1).sum()
    assert reachable(profile, context(time=limit)).time_limit == pytest.approx(least)
    assert agent.compose(context(time=limit)).time == pytest.approx(least, abs=ROUNDING)


def test_two_limits_that_exclude_each_other_leave_every_choice(profile: CompositionProfile) -> None:
    chosen = np.zeros((1, 15), np.int64)
    assert possible(profile, context(time=0.5, power=0.5), chosen).all()


def test_what_is_composed_is_told_as_it_is(agent: LayerAgent, profile: CompositionProfile) -> None:
    found = agent.compose(context(time=0.8, scene=2))
    chosen = np.array([found.choice])
    assert found.time == pytest.approx(float(profile.left(profile.time, chosen)[0]))
    assert found.power == pytest.approx(float(profile.left(profile.macs, chosen)[0]))
    assert found.deviation_percent == pytest.approx(float(profile.surrogate.deviation_percent(chosen)[0, 2]))


def test_the_package_s_own_agent_does_better_than_pruning_all_blocks_alike(
    bank: Manifest, profile: CompositionProfile
) -> None:
    agent = LayerAgent.load(default_layer_agent(), bank, profile)
    alike = np.ones((1, len(profile.names)), np.int64)
    limit = float(profile.left(profile.time, alike)[0])
    for scene, deviation in enumerate(profile.surrogate.deviation_percent(alike)[0]):
        assert agent.compose(context(time=limit, scene=scene)).deviation_percent < deviation


def test_the_state_says_what_is_known_of_the_layer(profile: CompositionProfile) -> None:
    chosen = np.array([[1, 0, 2], [0, 0, 0]])
    accuracies = accuracies_next(profile, 1, chosen)
    states = layer_states(profile, context(time=0.8, scene=1), chosen, accuracies)
    fields = [field.name for field in layer_fields(profile.names)]
    assert states.shape == (2, len(fields))
    first, second = (dict(zip(fields, row.tolist(), strict=True)) for row in states)
    assert first[f"layer_{profile.names[3]}"] == 1.0
    assert sum(value for name, value in first.items() if name.startswith("layer_")) == 1.0
    assert [first[f"scene_{name}"] for name in ("plain", "blurred", "dark", "occluded")] == [0, 1, 0, 0]
    assert second["time"] == 1.0
    assert first["time"] == pytest.approx(float(left_so_far(profile.time, chosen)[0]))
    assert first["time_beyond"] == pytest.approx(first["time"] - 0.8)
    assert second["accuracy"] > first["accuracy"]
    assert accuracies[1, 0] == accuracies[1].max(), "nothing is better than to leave it dense"


def test_accuracy_is_one_for_none_and_nothing_beyond_fifty_percent() -> None:
    found = accuracy_of(np.array([0.0, 5.0, 50.0, 400.0]))
    assert found[0] == 1.0
    assert 0.4 < found[1] < 0.7
    assert found[2] == found[3] == pytest.approx(0.0)


def test_the_reward_is_that_of_the_paper(profile: CompositionProfile) -> None:
    layers = len(profile.names)
    chosen = np.array([[2] * layers])
    accuracies = np.array([0.5])
    near = context(time=float(left_so_far(profile.time, chosen)[0]))

    def worth(**weights: float) -> float:
        return float(reward_of(LayerWeights(**weights), profile, near, chosen, accuracies)[0])

    power = float(left_so_far(profile.macs, chosen)[0])
    assert worth() == pytest.approx(0.5)
    assert worth(alpha=2.0) == pytest.approx(1.0)
    assert worth(beta=1.0) == pytest.approx(0.5 - power)
    assert worth(gamma=1.0) == pytest.approx(0.5 - 0.5)
    assert worth(complexity=1.0) == pytest.approx(0.5 - 1.0)
    weights = LayerWeights(gamma=1.0, coefficients=(2.0, *(0.0,) * (layers - 1)))
    assert reward_of(weights, profile, near, chosen, accuracies)[0] == pytest.approx(0.5 - 1.0 / layers)
    late = context(time=near.time_limit - 0.1)
    found = reward_of(LayerWeights(beyond=5.0), profile, late, chosen, accuracies)[0]
    assert found == pytest.approx(0.5 - 0.5)


def test_weights_are_read_as_they_were_written_and_nonsense_is_refused() -> None:
    assert LayerWeights.of({"alpha": 2, "coefficients": [1, 2]}) == LayerWeights(2.0, coefficients=(1.0, 2.0))
    with pytest.raises(ModelError, match="weights of a layer agent's reward cannot be read"):
        LayerWeights.of({"beta": "much"})


def test_an_agent_for_other_layers_or_of_another_kind_is_refused(
    bank: Manifest, profile: CompositionProfile
) -> None:
    with pytest.raises(ModelError, match="does not know the observation"):
        LayerAgent(whimsical_agent(bank, profile, fields=20), bank, profile)
    with pytest.raises(ModelError, match="does not fit: it chooses operating points, and does not compose"):
        LayerAgent(read_policy(default_policy()), bank, profile)
    with pytest.raises(ModelError, match="does not fit: it composes networks, and does not choose"):
        LearnedPolicy(whimsical_agent(bank, profile), bank)
    with pytest.raises(ModelError, match="cannot be opened"):
        LayerAgent(b"nothing", bank, profile)
    with pytest.raises(ModelError, match="cannot be read"):
        LayerAgent(whimsical_agent(bank, profile, {"weights": {"alpha": "a"}}), bank, profile)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], "cannot be read"),
        ({"coefficients": [1.0, 1.0, 1.0]}, "has 3 coefficients for 16 layers"),
        ({"alpha": 1e308}, "is beyond 1e\\+06"),
    ],
)
def test_an_agent_whose_weights_cannot_be_reckoned_with_is_refused(
    bank: Manifest, profile: CompositionProfile, weights: object, message: str
) -> None:
    with pytest.raises(ModelError, match=f"{message}.*train it again"):
        LayerAgent(whimsical_agent(bank, profile, {"weights": weights}), bank, profile)


def test_an_agent_that_diverged_is_refused(bank: Manifest, profile: CompositionProfile) -> None:
    with pytest.raises(ModelError, match="gives no finite value for each intensity: train it again"):
        LayerAgent(whimsical_agent(bank, profile, scale=float("nan")), bank, profile)
