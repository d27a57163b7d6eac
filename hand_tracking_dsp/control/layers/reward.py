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

"""Reward of an agent that composes a network layer by layer.

R = alpha Accuracy + beta (-Power) - gamma Intensity - lambda |a|, as in "Adaptive Kernel Pruning via
Edge-Aware Reinforcement Learning", with a coefficient for each layer's intensity. Beyond the context's limits
time and power are dear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.layers.state import LayerContext, left_so_far
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import Doubles

_FULL = len(INTENSITIES) - 1
_MOST = 1e6
_NUMBERS = ("alpha", "beta", "gamma", "complexity", "beyond")


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """Weights of the reward.

    Attributes:
        alpha: Weight of accuracy.
        beta: Weight of power.
        gamma: Weight of the mean intensity, 0 to 1, of layers times their coefficients.
        complexity: Weight lambda of the mean |a|, 0 or 1 for each layer: pruned or not.
        coefficients: Coefficient of each layer; none: 1.
        beyond: Weight of time and power beyond their limits.
    """

    alpha: float = 1.0
    beta: float = 0.0
    gamma: float = 0.0
    complexity: float = 0.0
    coefficients: tuple[float, ...] = ()
    beyond: float = 5.0

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> LayerWeights:
        """Read weights as asdict gives them; those that are missing are the defaults.

        Raises:
            ModelError: One is no number of a size that rewards can be reckoned with.
        """
        try:
            numbers = {name: float(data[name]) for name in _NUMBERS if name in data}
            coefficients = tuple(float(one) for one in data.get("coefficients", ()))
        except (AttributeError, TypeError, ValueError) as error:
            msg = f"The weights of a layer agent's reward cannot be read ({error}): train it again."
            raise ModelError(msg) from error
        if not all(abs(one) <= _MOST for one in (*numbers.values(), *coefficients)):
            msg = f"A weight of a layer agent's reward is beyond {_MOST:g}: train it again."
            raise ModelError(msg)
        return cls(**numbers, coefficients=coefficients)


def reward_of(
    weights: LayerWeights,
    profile: CompositionProfile,
    context: LayerContext,
    chosen: NDArray[np.int64],
    accuracies: Doubles,
) -> Doubles:
    """Return R, [n], of choices of the first l layers, the later ones dense.

    Args:
        weights: Weights.
        profile: What layers cost.
        context: The context.
        chosen: int64 [n, l].
        accuracies: float64 [n]: state.accuracy_of them.
    """
    layers = len(profile.names)
    sizes = chosen / _FULL
    powers, times = (left_so_far(spared, chosen) for spared in (profile.macs, profile.time))
    coefficients = np.array(weights.coefficients or [1.0] * layers)[: chosen.shape[1]]
    beyond = np.maximum(times - context.time_limit, 0.0) + np.maximum(powers - context.power_limit, 0.0)
    found: Doubles = (
        weights.alpha * accuracies
        - weights.beta * powers
        - weights.gamma * (sizes @ coefficients) / layers
        - weights.complexity * (sizes > 0).sum(axis=1) / layers
        - weights.beyond * beyond
    )
    return found
