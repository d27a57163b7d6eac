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

"""Choice of a pruning intensity for each layer by a DQN, as AKPERL does it.

"Adaptive Kernel Pruning via Edge-Aware Reinforcement Learning": an episode goes through the layers from the
input on, an action is a layer's intensity, and after each the accuracy and the power of the network so far
come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np

from hand_tracking_dsp.rl.training.dqn import DqnOptions, train_dqn
from hand_tracking_dsp.rl.training.layerwise_task import (
    Floats,
    Intensities,
    LayerwiseChoice,
    LayerwiseCoefficients,
    LayerwiseFeedback,
    LayerwiseTask,
)

_OWN_ENTRIES = 7
# An evaluation takes longer than many of them.
_UPDATES = 8


@dataclass(frozen=True, slots=True)
class LayerwiseDqnOptions:
    """Settings of a training.

    Attributes:
        episodes: Number of episodes, at least 1.
        seed: Seed of the network and of exploration.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate.
        discount: Discount of a layer's reward at the one before.
    """

    episodes: int = 20
    seed: int = 0
    layers: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    discount: float = 0.98


class LayerwiseEnvironment(gymnasium.Env[Floats, np.int64]):
    """Episodes of pruning, an action a layer.

    Observations are float32 [7 + k]: place of the layer, accuracy, power, mean and variance of the layer's
    input, how far the budgets are from being met, the intensity of the layer before, and the layer's figures.
    Actions are moved to what budgets allow, see LayerwiseTask.possible.

    Args:
        task: Network that is pruned.
        coefficients: Coefficients of the reward.
        on_episode: Called with the number of episodes that have ended.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self,
        task: LayerwiseTask,
        coefficients: LayerwiseCoefficients,
        on_episode: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._task, self._coefficients, self._on_episode = task, coefficients, on_episode
        size = _OWN_ENTRIES + task.figures.shape[1]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(task.intensities))
        self.returns: list[float] = []
        self.best: tuple[float, Intensities] = (-np.inf, ())
        self.evaluated: set[Intensities] = set()
        self._begin()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin again with the dense network."""
        super().reset(seed=seed, options=options)
        self._begin()
        return self._observation(), {}

    def step(self, action: np.int64) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Prune the next layer."""
        layer, task, by = len(self._chosen), self._task, self._coefficients
        intensity = task.possible(self._chosen, int(action))
        before = task.sparsity(task.filled(self._chosen))
        self._chosen.append(intensity)
        removed = task.sparsity(task.filled(self._chosen)) - before
        self._feedback = self._evaluated()
        worth = by.worth(layer, self._feedback)
        gained = worth - by.worth(layer, self._dense)
        reward = float(gained - by.intensity[layer] * removed - by.action[layer] * intensity)
        self._return += reward
        done = len(self._chosen) == task.layers
        if done:
            self.returns.append(self._return)
            self.best = max(self.best, (worth, tuple(self._chosen)))
            self._on_episode(len(self.returns))
        return self._observation(), reward, done, False, {}

    def _begin(self) -> None:
        self._chosen: list[float] = []
        self._return = 0.0
        self._dense = self._feedback = self._evaluated()

    def _evaluated(self) -> LayerwiseFeedback:
        """Return the feedback on what is chosen, with the layers that are left as they are."""
        shares = self._task.filled(self._chosen)
        self.evaluated.add(shares)
        return self._task.evaluate(shares)

    def _observation(self) -> Floats:
        layer = min(len(self._chosen), self._task.layers - 1)
        mean, variance = self._feedback.inputs[layer]
        own = (
            len(self._chosen) / self._task.layers,
            self._feedback.accuracy,
            self._feedback.power,
            mean,
            np.log1p(variance),
            1 - self._task.met(self._task.filled(self._chosen)),
            self._chosen[-1] if self._chosen else 0.0,
        )
        return np.array([*own, *self._task.figures[layer]], dtype=np.float32)


def choose_by_dqn(
    task: LayerwiseTask,
    coefficients: LayerwiseCoefficients,
    options: LayerwiseDqnOptions,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> LayerwiseChoice:
    """Train a DQN, then play once without exploring.

    Args:
        task: Network that is pruned.
        coefficients: Coefficients of the reward.
        options: Settings.
        on_progress: Called with the episodes played and to play.

    Returns:
        The intensities of the episode, played in training or after it, whose network was worth most at its
        end: by accuracy and power alone, with the last layer's coefficients.
    """
    layers, total = task.layers, options.episodes + 1
    environment = LayerwiseEnvironment(task, coefficients, lambda done: on_progress(done, total))
    settings = DqnOptions(
        steps=options.episodes * layers,
        layers=options.layers,
        learning_rate=options.learning_rate,
        least_rate=1.0,
        discount=options.discount,
        kept=options.episodes * layers,
        first=min(5, options.episodes) * layers,
        batch=64,
        updates=_UPDATES,
        copied_every=2 * layers,
        exploring=0.6,
        exploration=0.05,
        seed=options.seed,
    )
    model = train_dqn(environment, settings)
    observation, _ = environment.reset()
    done = False
    while not done:
        action, _ = model.predict(observation, deterministic=True)
        observation, _, done, _, _ = environment.step(action)
    return LayerwiseChoice(environment.best[1], tuple(environment.returns), len(environment.evaluated))
