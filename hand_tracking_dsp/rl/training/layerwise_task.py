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

"""Choice of a pruning intensity for each layer: what is chosen, what a choice is worth, and random search.

Nothing here knows the network: it is asked through the functions of a LayerwiseTask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Intensities = tuple[float, ...]
"""Intensity of each layer, 0 to 1, from the input on."""

# Accuracy here is that before fine-tuning, which wins back most of what is lost: a tenth less power is worth
# two points of it.
_POWER, _INTENSITY, _ACTION = 0.2, 0.1, 0.02

# Draws for each evaluation: rules make some networks the same.
_DRAWS = 20


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
        met: Function from them to how far the budgets are met, 0 to 1 and above; rises with each. 1 is
            reached, and more than that not pruned, as far as steps allow.
    """

    figures: Floats
    intensities: Intensities
    evaluate: Callable[[Intensities], LayerwiseFeedback]
    sparsity: Callable[[Intensities], float]
    met: Callable[[Intensities], float]

    @property
    def layers(self) -> int:
        """Number of layers."""
        return len(self.figures)

    def filled(self, chosen: Sequence[float], rest: float = 0.0) -> Intensities:
        """Return the intensities of all layers: those chosen, and the same for the layers that are left."""
        return (*chosen, *([rest] * (self.layers - len(chosen))))

    def possible(self, chosen: Sequence[float], action: int) -> float:
        """Return the intensity of the next layer that an action may choose, nearest to its own.

        An action that would make the budgets impossible to meet, or exceed them, is moved to the nearest
        that does not (He et al., AMC, ECCV 2018); where steps are too coarse, it misses them by the least.

        Args:
            chosen: Intensities of the layers before.
            action: Number of an intensity.
        """

        def met(number: int, rest: float) -> float:
            return self.met(self.filled((*chosen, self.intensities[number]), rest))

        numbers = range(len(self.intensities))
        low = min((one for one in numbers if met(one, 1.0) >= 1), default=numbers[-1])
        high = max((one for one in numbers if met(one, 0.0) <= 1), default=0)
        if low > high:
            return self.intensities[low if met(low, 0.0) - 1 <= 1 - met(high, 1.0) else high]
        return self.intensities[max(low, min(action, high))]


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

    def worth(self, layer: int, feedback: LayerwiseFeedback) -> float:
        """Return a * accuracy - b * power, of a layer; with the last one whole networks are compared."""
        return float(self.accuracy[layer] * feedback.accuracy - self.power[layer] * feedback.power)


@dataclass(frozen=True, slots=True)
class LayerwiseChoice:
    """Outcome of a search.

    Attributes:
        intensities: Intensities of the network that was worth most.
        returns: Sum of rewards of each episode; (): there were none.
        evaluations: Number of different networks, pruned to the end or in part, that were evaluated.
    """

    intensities: Intensities
    returns: tuple[float, ...]
    evaluations: int


def choose_at_random(
    task: LayerwiseTask,
    coefficients: LayerwiseCoefficients,
    evaluations: int,
    seed: int,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> LayerwiseChoice:
    """Draw networks at random, with an agent's actions and budgets, and take the one that is worth most.

    Every network that it evaluates is pruned to the end, where an agent asks after each layer.

    Args:
        task: Network that is pruned.
        coefficients: Coefficients of what a network is worth.
        evaluations: Number of different networks to evaluate, at least 1; fewer where there are not so many.
        seed: Seed of the draws.
        on_progress: Called with the evaluations done and to do.
    """
    random = np.random.default_rng(seed)
    worth: dict[Intensities, float] = {}
    for _ in range(_DRAWS * evaluations):
        chosen: Intensities = ()
        for action in random.integers(len(task.intensities), size=task.layers):
            chosen = (*chosen, task.possible(chosen, int(action)))
        if chosen not in worth:
            worth[chosen] = coefficients.worth(-1, task.evaluate(chosen))
            on_progress(len(worth), evaluations)
        if len(worth) == evaluations:
            break
    return LayerwiseChoice(max(worth, key=worth.__getitem__), (), len(worth))
