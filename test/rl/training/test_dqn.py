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

"""The DQN of agents that prune layer by layer, where the right action is seen in the observation."""

from dataclasses import replace

import numpy as np
import pytest

for package in ("torch", "gymnasium", "stable_baselines3"):
    pytest.importorskip(package, reason=f"{package} is not installed; run make setup-lab")

import gymnasium

from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.dqn import DqnOptions, train_dqn

OPTIONS = DqnOptions(
    steps=300,
    layers=(16,),
    learning_rate=1e-2,
    least_rate=0.25,
    discount=0.0,
    kept=300,
    first=20,
    batch=32,
    updates=2,
    copied_every=10,
    exploring=0.5,
    exploration=0.05,
    seed=1,
)


class Repeat(gymnasium.Env):
    """Rewards the action that the observation names; episodes have one step."""

    observation_space = gymnasium.spaces.Box(0, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        self.right = int(self.np_random.integers(2))
        return np.eye(2, dtype=np.float32)[self.right], {}

    def step(self, action):
        return np.zeros(2, np.float32), float(action == self.right), True, False, {}


def test_the_agent_learns_the_right_actions_and_its_rate_falls_to_the_least():
    model = train_dqn(Repeat(), OPTIONS)
    actions, _ = model.predict(np.eye(2, dtype=np.float32), deterministic=True)
    assert actions.tolist() == [0, 1]
    assert model.policy.optimizer.param_groups[0]["lr"] == pytest.approx(0.0025)


def test_the_same_seed_trains_the_same_layers_of_the_widths_asked_for():
    one, other = (layers_of(train_dqn(Repeat(), replace(OPTIONS, steps=60)).q_net.q_net) for _ in range(2))
    assert [weight.shape for weight, _ in one] == [(16, 2), (2, 16)]
    for (weight, bias), (same_weight, same_bias) in zip(one, other, strict=True):
        assert np.array_equal(weight, same_weight)
        assert np.array_equal(bias, same_bias)
