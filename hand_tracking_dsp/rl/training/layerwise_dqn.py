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
come back. Nothing here knows the network: it is asked through the functions of a LayerwiseTask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.rl.training.dqn import DqnOptions, train_dqn

Floats = NDArray[np.float32]
Intensities = tuple[float, ...]
"""Intensity of each layer, 0 to 1, from the input on."""

_OWN_ENTRIES = 7
# An evaluation takes longer than many of them.
_UPDATES = 8

# Accuracy here is that before fine-tuning, which wins back most of what is lost: a tenth less power is worth
# two points of it.
_POWER, _INTENSITY, _ACTION = 0.2, 0.1, 0.02


class LayerwiseFeedback(Protocol):
    """Figures of a network some of whose layers are pruned."""

    @property
    def accuracy(self) -> float:
        """Accuracy on pictures held back for validation, 0 to 1."""

    @property
    def power(self) -> float:
        """Power relative to the dense network's, estimated or measured."""

    @property
    def inputs(self) -> Floats:
        """Mean and variance of each layer's input, float32 [layers, 2]."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerwiseTask:
    """Network that is pruned layer by layer.

    Attributes:
        figures: What is known of each layer beforehand, float32 [layers, k], 0 to 1.
        intensities: Intensities that an action chooses among, rising.
        evaluate: Function from the intensities of all layers to the feedback.
        sparsity: Function from them to the share of parameters that leave; rises with each.
        target: Sparsity to reach, 0 to 1; what is more than that is not pruned as far as steps allow.
    """

    figures: Floats
    intensities: Intensities
    evaluate: Callable[[Intensities], LayerwiseFeedback]
    sparsity: Callable[[Intensities], float]
    target: float


@dataclass(frozen=True, slots=True, eq=False)
class LayerwiseCoefficients:
    """Coefficients of the reward a * accuracy - b * power - c * intensity - d * |action| of each layer.

    What the dense network would bring, a constant, is taken off: values are then learned sooner.
    The intensity is the share of the network's parameters that the action removes, |action| the share of the
    layer's channels.

    Attributes:
        accuracy: a (AKPERL's alpha), float32 [layers].
        power: b (beta).
        intensity: c (gamma).
        action: d (lambda).
    """

    accuracy: Floats
    power: Floats
    intensity: Floats
    action: Floats

    @classmethod
    def by_size(cls, power: Floats, parameters: Floats) -> LayerwiseCoefficients:
        """Weigh power where much power is used, and intensity where there are many parameters.

        Both are between half and twice the mean over layers. The last layer's accuracy and power are those
        of the network that is left, and count as much as those of all layers before it. All are divided by
        the number of layers, so that an episode's sum is about as large with any.

        Args:
            power: Share of the power that each layer uses, float32 [layers].
            parameters: Share of the parameters that each layer has, float32 [layers].
        """
        count = len(power)
        last = np.full(count, 1 / count, np.float32)
        last[-1] = 1.0
        relative = np.clip(count * np.stack([power, parameters]), 0.5, 2.0).astype(np.float32)
        relative[0, -1] = 1.0
        own = np.full_like(last, _ACTION / count)
        return cls(last, _POWER * last * relative[0], _INTENSITY / count * relative[1], own)


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


@dataclass(frozen=True, slots=True)
class LayerwiseChoice:
    """Intensities that the agent settled on, and the sum of rewards of each episode."""

    intensities: Intensities
    returns: tuple[float, ...]


class LayerwiseEnvironment(gymnasium.Env[Floats, np.int64]):
    """Episodes of pruning, an action a layer.

    Observations are float32 [7 + k]: place of the layer, accuracy, power, mean and variance of the layer's
    input, what is left to prune of the target, the intensity of the layer before, and the layer's figures.

    An action that would make the target unreachable, or exceed it, is moved to the nearest that does not
    (He et al., AMC, ECCV 2018); where steps are too coarse for both, it is missed by the least.

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
        self._count = len(task.figures)
        size = _OWN_ENTRIES + task.figures.shape[1]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(task.intensities))
        self.returns: list[float] = []
        self.best: tuple[float, Intensities] = (-np.inf, ())
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
        layer, by = len(self._chosen), self._coefficients
        intensity = self._task.intensities[self._possible(int(action))]
        before = self._task.sparsity(self._filled(0.0))
        self._chosen.append(intensity)
        removed = self._task.sparsity(self._filled(0.0)) - before
        self._feedback = self._task.evaluate(self._filled(0.0))
        worth = by.accuracy[layer] * self._feedback.accuracy - by.power[layer] * self._feedback.power
        dense = by.accuracy[layer] * self._dense.accuracy - by.power[layer] * self._dense.power
        reward = float(worth - dense - by.intensity[layer] * removed - by.action[layer] * intensity)
        self._return += reward
        done = len(self._chosen) == self._count
        if done:
            self.returns.append(self._return)
            self.best = max(self.best, (float(worth), tuple(self._chosen)))
            self._on_episode(len(self.returns))
        return self._observation(), reward, done, False, {}

    def _begin(self) -> None:
        self._chosen: list[float] = []
        self._return = 0.0
        self._dense = self._feedback = self._task.evaluate(self._filled(0.0))

    def _possible(self, action: int) -> int:
        """Move an action into what the target allows."""
        task = self._task
        numbers = range(len(task.intensities))
        enough = [a for a in numbers if task.sparsity(self._filled(1.0, task.intensities[a])) >= task.target]
        within = [a for a in numbers if task.sparsity(self._filled(0.0, task.intensities[a])) <= task.target]
        low, high = min(enough, default=numbers[-1]), max(within, default=0)
        if low <= high:
            return max(low, min(action, high))
        over = task.sparsity(self._filled(0.0, task.intensities[low])) - task.target
        under = task.target - task.sparsity(self._filled(1.0, task.intensities[high]))
        return low if over <= under else high

    def _filled(self, rest: float, *then: float) -> Intensities:
        """Return all intensities: those chosen, these, and the same for the layers that are left."""
        chosen = (*self._chosen, *then)
        return (*chosen, *([rest] * (self._count - len(chosen))))

    def _observation(self) -> Floats:
        layer = min(len(self._chosen), self._count - 1)
        mean, variance = self._feedback.inputs[layer]
        left = self._task.target - self._task.sparsity(self._filled(0.0))
        own = (
            len(self._chosen) / self._count,
            self._feedback.accuracy,
            self._feedback.power,
            mean,
            np.log1p(variance),
            left / self._task.target,
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
    layers, total = len(task.figures), options.episodes + 1
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
    return LayerwiseChoice(environment.best[1], tuple(environment.returns))
