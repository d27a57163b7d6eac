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

"""State of an agent that composes a network layer by layer, and the context that it composes for.

The state is that of "Adaptive Kernel Pruning via Edge-Aware Reinforcement Learning": accuracy and power of
what is composed so far, and mean and deviation of the input. Besides, it holds what is known of the layer,
what is left of the limits, and the kind of scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.observation import ObservationField
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles

MOST_PERCENT = 50.0
"""Deviation beyond which nothing counts, % of palm size; estimates are of deviations up to that."""

# Shares of single layers are small.
_LAYER_SCALE = 10.0
_PRUNED = INTENSITIES[1:]


@dataclass(frozen=True, slots=True)
class LayerContext:
    """Context that a network is composed for.

    Attributes:
        time_limit: Longest time of a run, relative to the dense network's, above 0, at most 1.
        power_limit: Most power, likewise; estimated as the share of multiplications that are left.
        scene: Kind of scene, a place in SCENES.
        input_mean: Mean of the network's input, 0 to 1.
        input_std: Standard deviation of it.
    """

    time_limit: float
    power_limit: float
    scene: int
    input_mean: float
    input_std: float


def layer_fields(names: Sequence[str]) -> tuple[ObservationField, ...]:
    """Return the entries of a state in their order, for a network of such layers."""
    return (
        *(ObservationField(f"layer_{name}", "1", 0, 1, "1 where it is this layer's turn.") for name in names),
        *_FIGURES,
        *(ObservationField(f"scene_{name}", "1", 0, 1, "1 in such a scene.") for name in SCENES),
    )


_FIGURES = (
    ObservationField("accuracy", "1", 0, 1, "Of what is composed so far, the rest dense; see accuracy_of."),
    ObservationField("power", "1", 0, 1, "Estimated power of it, relative to the dense network's."),
    ObservationField("time", "1", 0, 2, "Time of it, likewise."),
    ObservationField("power_limit", "1", 0, 1, "Most power, likewise."),
    ObservationField("time_limit", "1", 0, 1, "Longest time, likewise."),
    ObservationField("power_beyond", "1", -1, 1, "Power beyond its limit."),
    ObservationField("time_beyond", "1", -1, 2, "Time beyond its limit."),
    ObservationField("power_reachable", "1", 0, 1, "Power that this layer and later ones can spare."),
    ObservationField("time_reachable", "1", 0, 2, "Time likewise."),
    *(ObservationField(f"lost_{one}", "1", -1, 1, f"Accuracy lost at {one} %.") for one in _PRUNED),
    *(ObservationField(f"time_{one}", "0.1", -5, 5, f"Time that {one} % would spare.") for one in _PRUNED),
    *(ObservationField(f"power_{one}", "0.1", -5, 5, f"Power that {one} % would spare.") for one in _PRUNED),
    ObservationField("parameters", "0.1", 0, 10, "Share of the network's parameters that 100 % would take."),
    ObservationField("input_mean", "1", 0, 1, "Mean of the network's input."),
    ObservationField("input_std", "1", 0, 1, "Standard deviation of it."),
)  # fmt: skip


def accuracy_of(deviation_percent: Doubles) -> Doubles:
    """Return what a deviation from the dense network, % of palm size, counts as: 1 for none, 0 for 50 %.

    Logarithmic, so that a hand that is lost and one that is nearly lost differ, as small deviations do. It is
    agreement with the dense network; nothing else is known on a robot.
    """
    shares = np.log1p(np.minimum(deviation_percent, MOST_PERCENT)) / np.log1p(MOST_PERCENT)
    found: Doubles = 1.0 - shares
    return found


def layer_states(
    profile: CompositionProfile, context: LayerContext, chosen: NDArray[np.int64], accuracies: Doubles
) -> NDArray[np.float32]:
    """Return the states before the next layer's choice.

    Args:
        profile: What layers cost, and what compositions deviate.
        context: The context.
        chosen: int64 [n, l]: choices of the l layers so far, l less than the layers.
        accuracies: float64 [n, 5]: accuracies_next of them.

    Returns:
        float32 [n, len(layer_fields)].
    """
    layers = len(profile.names)
    count, layer = chosen.shape
    times, powers = (left_so_far(spared, chosen) for spared in (profile.time, profile.macs))
    state = np.zeros((count, len(layer_fields(profile.names))), np.float32)
    state[:, layer] = 1.0
    columns = (
        accuracies[:, 0],
        powers,
        times,
        context.power_limit,
        context.time_limit,
        powers - context.power_limit,
        times - context.time_limit,
        profile.macs[layer:].max(axis=1).sum(),
        profile.time[layer:].max(axis=1).sum(),
        *(accuracies[:, :1] - accuracies[:, 1:]).T,
        *(_LAYER_SCALE * profile.time[layer, 1:]),
        *(_LAYER_SCALE * profile.macs[layer, 1:]),
        _LAYER_SCALE * profile.parameters[layer, -1],
        context.input_mean,
        context.input_std,
    )
    for number, column in enumerate(columns):
        state[:, layers + number] = column
    state[:, layers + len(columns) + context.scene] = 1.0
    return state


def accuracies_next(profile: CompositionProfile, scene: int, chosen: NDArray[np.int64]) -> Doubles:
    """Return accuracy_of what each choice of the next layer would make, the later ones dense: [n, 5]."""
    count, layer = chosen.shape
    full = np.zeros((count, len(INTENSITIES), len(profile.names)), np.int64)
    full[:, :, :layer] = chosen[:, None]
    full[:, :, layer] = np.arange(len(INTENSITIES))
    deviations = profile.surrogate.deviation_percent(full.reshape(-1, full.shape[2]))[:, scene]
    return accuracy_of(deviations).reshape(count, -1)


def left_so_far(spared: Doubles, chosen: NDArray[np.int64]) -> Doubles:
    """Return the share of a cost that is left, [n], of the choices of some layers, the others dense."""
    found: Doubles = 1.0 - spared[np.arange(chosen.shape[1]), chosen].sum(axis=1)
    return found
