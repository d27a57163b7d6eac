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

"""A DQN that prunes layer by layer, on a problem whose best answer is known."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: make setup-lab adds it")

from support.layerwise import COEFFICIENTS, TASK, met

from hand_tracking_dsp.rl.training.layerwise_dqn import (
    LayerwiseDqnOptions,
    LayerwiseEnvironment,
    choose_by_dqn,
)
from hand_tracking_dsp.rl.training.layerwise_task import LayerwiseCoefficients


def play(environment, actions):
    environment.reset(seed=0)
    rewards = []
    for action in actions:
        observation, reward, done, _, _ = environment.step(np.int64(action))
        assert environment.observation_space.contains(observation)
        rewards.append(reward)
    assert done
    return environment.best[1], rewards


@pytest.mark.parametrize(
    ("actions", "pruned"),
    [
        ((0, 0, 0, 0), (0.0, 0.0, 1.0, 1.0)),
        ((4, 4, 4, 4), (1.0, 1.0, 0.0, 0.0)),
        ((2, 2, 2, 2), (0.5, 0.5, 0.5, 0.5)),
        ((1, 4, 4, 0), (0.25, 1.0, 0.75, 0.0)),
    ],
)
def test_actions_are_moved_so_that_the_budgets_are_met(actions, pruned):
    assert play(LayerwiseEnvironment(TASK, COEFFICIENTS), actions)[0] == pruned


@pytest.mark.parametrize(("target", "reached"), [(0.55, 0.5625), (0.51, 0.5)])
def test_where_steps_are_too_coarse_the_budgets_are_missed_by_the_least(target, reached):
    pruned, _ = play(LayerwiseEnvironment(replace(TASK, met=met(target)), COEFFICIENTS), (2, 2, 2, 2))
    assert sum(pruned) / 4 == reached


def test_the_reward_is_the_papers():
    ones = np.ones(4, np.float32)
    coefficients = LayerwiseCoefficients(ones, 0.5 * ones, 0.25 * ones, 0.125 * ones)
    _, rewards = play(LayerwiseEnvironment(TASK, coefficients), (2, 2, 2, 2))
    # Half of the first layer: accuracy 0.75, power 0.875, an eighth of all parameters; dense: 1 and 1.
    assert rewards[0] == pytest.approx(0.75 - 0.5 * 0.875 - 0.25 * 0.125 - 0.125 * 0.5 - (1 - 0.5))


def test_the_agent_spares_the_layers_that_matter():
    told = []
    found = choose_by_dqn(
        TASK, COEFFICIENTS, LayerwiseDqnOptions(episodes=40), lambda *how_far: told.append(how_far)
    )
    assert found.intensities == (0.0, 1.0, 0.0, 1.0)
    assert len(found.returns) == 41
    assert 20 < found.evaluations <= 1 + 4 * 41
    assert told[-1] == (41, 41)


def test_the_same_seed_chooses_the_same():
    one, other = (
        choose_by_dqn(TASK, COEFFICIENTS, LayerwiseDqnOptions(episodes=6, seed=3)) for _ in range(2)
    )
    assert one == other
