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

"""DQN of agents that prune layer by layer (Mnih et al., Nature 2015; stable-baselines3), on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv


@dataclass(frozen=True, slots=True)
class DqnOptions:
    """Settings of a training.

    Attributes:
        steps: Steps in the environments, of all together.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate at the beginning; it falls with the steps that are left.
        least_rate: Share of it that it does not fall below; 1: it stays.
        discount: Discount of a reward at the step before.
        kept: Number of the last steps that are learned from.
        first: Steps before anything is learned; their actions are random.
        batch: Steps in a batch.
        updates: Batches after each step of all environments.
        copied_every: Steps after which the network that targets come from is copied again.
        exploring: Share of the steps over which the share of random actions falls from 1.
        exploration: What it falls to.
        seed: Seed of weights, environments and exploration.
    """

    steps: int
    layers: tuple[int, ...]
    learning_rate: float
    least_rate: float
    discount: float
    kept: int
    first: int
    batch: int
    updates: int
    copied_every: int
    exploring: float
    exploration: float
    seed: int


def train_dqn(
    environment: gymnasium.Env[Any, Any] | VecEnv, options: DqnOptions, callback: BaseCallback | None = None
) -> DQN:
    """Train an agent.

    Args:
        environment: Environment of discrete actions, or several side by side.
        options: Settings.
        callback: Called after every step; None: nothing is.
    """
    torch.set_num_threads(1)
    model = DQN(
        "MlpPolicy",
        environment,
        learning_rate=lambda left: options.learning_rate * max(left, options.least_rate),
        gamma=options.discount,
        buffer_size=options.kept,
        learning_starts=options.first,
        batch_size=options.batch,
        train_freq=1,
        gradient_steps=options.updates,
        target_update_interval=options.copied_every,
        exploration_fraction=options.exploring,
        exploration_final_eps=options.exploration,
        policy_kwargs={"net_arch": list(options.layers)},
        seed=options.seed,
        device="cpu",
    )
    return model.learn(options.steps, callback=callback)
