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

"""State of an agent that composes a network layer by layer, and the context that it composes for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES

Floats = NDArray[np.float32]

_FIGURES = 14
# Shares of single layers are small.
_LAYER_SCALE = 10.0


@dataclass(frozen=True, slots=True)
class LayerContext:
    """Context that a network is composed for.

    Attributes:
        time_limit: Longest time of a run, relative to the dense network's, above 0, at most 1.
        power_price: Weight of power in the reward, 0 to 1.
        scene: Kind of scene, a place in SCENES.
        input_mean: Mean of the network's input, 0 to 1.
        input_std: Standard deviation of it.
    """

    time_limit: float
    power_price: float
    scene: int
    input_mean: float
    input_std: float


def state_size(layers: int) -> int:
    """Return the number of entries of a state."""
    return layers + _FIGURES + len(SCENES)


def layer_state(profile: CompositionProfile, context: LayerContext, chosen: Sequence[int]) -> Floats:
    """Return the state before the next layer's choice.

    Args:
        profile: What layers cost, and what compositions deviate.
        context: The context.
        chosen: Choices of the layers so far, fewer than there are layers.

    Returns:
        float32 [state_size].
    """
    layers = len(profile.names)
    layer = len(chosen)
    choice = [*chosen, *[0] * (layers - layer)]
    time = float(profile.left(profile.time, [choice])[0])
    power = float(profile.left(profile.macs, [choice])[0])
    deviation = float(profile.surrogate.deviation_percent([choice])[0, context.scene])
    reachable = float(profile.time[layer:].max(axis=1).sum())
    figures = (
        np.log1p(deviation),
        power,
        time,
        context.time_limit,
        time - context.time_limit,
        reachable,
        *(_LAYER_SCALE * profile.time[layer, 1:]),
        _LAYER_SCALE * float(profile.macs[layer, -1]),
        context.power_price,
        context.input_mean,
        context.input_std,
    )
    state = np.zeros(state_size(layers), np.float32)
    state[layer] = 1.0
    state[layers : layers + _FIGURES] = figures
    state[layers + _FIGURES + context.scene] = 1.0
    return state
