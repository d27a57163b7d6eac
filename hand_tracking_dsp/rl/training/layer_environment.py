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

"""The environment of AKPERL: an episode composes one network, layer by layer, for one context.

Actions, state and reward are those of "Adaptive Kernel Pruning via Edge-Aware Reinforcement Learning": an
action is a layer's pruning intensity; control.layers.reward has the reward.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.layers.reward import LayerWeights, reward_of
from hand_tracking_dsp.control.layers.state import (
    LayerContext,
    accuracies_next,
    layer_fields,
    layer_states,
)
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES

Floats = NDArray[np.float32]

LIMITS = (0.45, 1.0)
"""Limits of time and power that contexts are drawn from, relative to the dense network's."""

# How often one of the limits alone counts.
_ONE_LIMIT = 0.6
INPUTS = ((0.5, 0.19), (0.5, 0.18), (0.11, 0.05), (0.5, 0.2))
"""Mean and standard deviation of the input in each kind of scene, medians over hands of many pictures."""

_INPUT_SPREAD = 0.08
# How far devices differ in what their layers take.
_TIME_SPREAD = 0.2


def draw_context(random: np.random.Generator) -> LayerContext:
    """Draw a context."""
    scene = int(random.integers(len(SCENES)))
    mean, std = (max(float(random.normal(value, _INPUT_SPREAD)), 0.01) for value in INPUTS[scene])
    time, power = (float(random.uniform(*LIMITS)) for _ in range(2))
    if random.random() < _ONE_LIMIT:
        time, power = (time, 1.0) if random.random() < 0.5 else (1.0, power)
    return LayerContext(time, power, scene, mean, std)


def draw_device(profile: CompositionProfile, random: np.random.Generator) -> CompositionProfile:
    """Draw a device whose layers take other shares of the time, between those of work and those measured."""
    mixed = random.random()
    factors = np.exp(random.normal(0.0, _TIME_SPREAD, (len(profile.names), 1)))
    return replace(profile, time=((1.0 - mixed) * profile.time + mixed * profile.macs) * factors)


class LayerEnvironment(gymnasium.Env[Floats, np.int64]):
    """Episodes of one composition each; the rewards of its steps sum up to R of the whole.

    Args:
        profile: What layers cost, and what compositions deviate.
        weights: Weights of the reward.
        blank: Places of the state's entries that stay 0, for ablations.
        devices: Whether each episode is of another device.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self,
        profile: CompositionProfile,
        weights: LayerWeights | None = None,
        blank: tuple[int, ...] = (),
        *,
        devices: bool = True,
    ) -> None:
        self._known, self._weights, self._blank = profile, weights or LayerWeights(), list(blank)
        self._devices = devices
        size = len(layer_fields(profile.names))
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(INTENSITIES))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin with the dense network, in another context and on another device."""
        super().reset(seed=seed, options=options)
        random = self.np_random
        self._context = draw_context(random)
        self._profile = draw_device(self._known, random) if self._devices else self._known
        self._chosen = np.zeros(0, np.int64)
        state = self._look()
        self._worth = self._worth_of(float(self._accuracies[0]))
        return state, {}

    def step(self, action: np.int64) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Choose the next layer's intensity."""
        self._chosen = np.append(self._chosen, action)
        before, self._worth = self._worth, self._worth_of(float(self._accuracies[int(action)]))
        gained = self._worth - before
        if len(self._chosen) == len(self._profile.names):
            last = np.zeros(self.observation_space.shape or (), np.float32)
            return last, gained, True, False, {"choice": self._chosen.tolist(), "reward": self._worth}
        return self._look(), gained, False, False, {}

    def _look(self) -> Floats:
        """Return the state, and keep what the next choice will make of the accuracy."""
        chosen = self._chosen[None]
        accuracies = accuracies_next(self._profile, self._context.scene, chosen)
        self._accuracies = accuracies[0]
        state: Floats = layer_states(self._profile, self._context, chosen, accuracies)[0]
        state[self._blank] = 0.0
        return state

    def _worth_of(self, accuracy: float) -> float:
        accuracies = np.array([accuracy])
        chosen = self._chosen[None]
        return float(reward_of(self._weights, self._profile, self._context, chosen, accuracies)[0])
