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

"""The layer agent: a network that was trained by DQN and exported to ONNX composes networks for a context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.layers.reward import LayerWeights, reward_of
from hand_tracking_dsp.control.layers.state import (
    LayerContext,
    accuracies_next,
    accuracy_of,
    layer_fields,
    layer_states,
    left_so_far,
)
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.control.policy_session import open_policy, signature_differences
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import Doubles
from hand_tracking_dsp.tracking.manifest import Manifest

LAYER_INTERVAL_S = 10.0
"""Least time from one composition to the next, seconds."""

WIDTH = 16
"""Compositions that are followed side by side."""

_CHOICES = len(INTENSITIES)
_OUTPUTS = ("action", "values")
# A limit that is reached to within a rounding is reached.
_ROUNDING = 1e-9
_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """A composition that an agent chose.

    Attributes:
        choice: A place in INTENSITIES for each layer.
        deviation_percent: Estimate of the deviation from the dense network, % of palm size.
        time: Time of a run, relative to the dense network's.
        power: Estimate of the power, likewise: the share of multiplications.
        estimates: Compositions whose deviation was estimated on the way.
    """

    choice: tuple[int, ...]
    deviation_percent: float
    time: float
    power: float
    estimates: int


class LayerAgent:
    """An agent that chooses layer by layer.

    The network takes `state` float32 [n, len(layer_fields)] and `mask` bool [n, 5] (intensities that may be
    chosen), and gives `action` int64 [n] and `values` float32 [n, 5]: what is still to be gained after each.
    Followed are the WIDTH beginnings with the greatest sum of what they have gained and that (beam search,
    Lowerre, 1976); intensities with which the limits cannot be kept any more are left out.

    Args:
        network: ONNX file.
        bank: The bank whose blocks are composed.
        profile: What its layers cost, and what compositions deviate.
        where: The file's name, for messages.

    Raises:
        ModelError: It is no such network, or of another kind of layers.
    """

    def __init__(
        self, network: bytes, bank: Manifest, profile: CompositionProfile, where: str = "the layer agent"
    ) -> None:
        session, self.contract = open_policy(network, where)
        fields = layer_fields(profile.names)
        inputs = {
            "state": ("tensor(float)", None, len(fields)),
            "mask": ("tensor(bool)", None, _CHOICES),
        }
        differences = self.contract.differences(bank, fields, ())
        differences = differences or signature_differences(session, inputs, (_OUTPUTS,))
        if differences:
            message = (
                f"The policy {where} does not fit: {'; '.join(differences)}. Train one for these blocks "
                f"(policy akperl), or choose the policy auto."
            )
            raise ModelError(message)
        self.profile = profile
        self._session = session
        self._weights = LayerWeights.of(self.contract.training.get("weights", {}))
        self._check_values(where)

    def _check_values(self, where: str) -> None:
        """Let it look at a network of which nothing is chosen, twice.

        Raises:
            ModelError: What it says are no finite numbers, or not one for each intensity.
        """
        coefficients = self._weights.coefficients
        chosen = np.zeros((2, 0), np.int64)
        context = LayerContext(1.0, 1.0, 0, 0.5, 0.2)
        states = layer_states(self.profile, context, chosen, accuracies_next(self.profile, 0, chosen))
        mask = np.ones((len(states), _CHOICES), np.bool_)
        (values,) = self._session.run(["values"], {"state": states, "mask": mask})
        if values.shape != mask.shape or not np.isfinite(values).all():
            message = f"The policy {where} gives no finite value for each intensity: train it again."
            raise ModelError(message)
        if coefficients and len(coefficients) != len(self.profile.names):
            message = (
                f"The policy {where} has {len(coefficients)} coefficients for {len(self.profile.names)} "
                f"layers: train it again."
            )
            raise ModelError(message)

    @classmethod
    def load(cls, path: Path, bank: Manifest, profile: CompositionProfile) -> LayerAgent:
        """Read an agent through its manifest; see policy_file.read_policy.

        Raises:
            ModelError: It cannot be read, or does not fit.
        """
        return cls(read_policy(path), bank, profile, str(path))

    def compose(self, context: LayerContext, width: int = WIDTH) -> LayerChoice:
        """Choose a composition for a context.

        Args:
            context: The context; limits that no composition keeps count as the least that can be reached.
            width: Compositions that are followed side by side; 1: the greatest value alone counts.
        """
        profile, weights = self.profile, self._weights
        context = reachable(profile, context)
        chosen, estimates = np.zeros((1, 0), np.int64), 0
        for _ in profile.names:
            accuracies = accuracies_next(profile, context.scene, chosen)
            estimates += accuracies.size
            states = layer_states(profile, context, chosen, accuracies)
            mask = possible(profile, context, chosen)
            (values,) = self._session.run(["values"], {"state": states, "mask": mask})
            if not np.isfinite(values).all():
                message = "The layer agent gives values that are not finite: train it again."
                raise ModelError(message)
            gained = reward_of(weights, profile, context, chosen, accuracies[:, 0])
            scores = np.where(mask, gained[:, None] + values, _IMPOSSIBLE).ravel()
            best = np.argsort(-scores, kind="stable")[:width]
            best = best[scores[best] > _IMPOSSIBLE]
            chosen = np.concatenate([chosen[best // _CHOICES], best[:, None] % _CHOICES], axis=1)
        deviations = profile.surrogate.deviation_percent(chosen)[:, context.scene]
        rewards = reward_of(weights, profile, context, chosen, accuracy_of(deviations))
        first = int(rewards.argmax())
        times, powers = (left_so_far(spared, chosen) for spared in (profile.time, profile.macs))
        return LayerChoice(
            choice=tuple(int(place) for place in chosen[first]),
            deviation_percent=float(deviations[first]),
            time=float(times[first]),
            power=float(powers[first]),
            estimates=estimates + len(chosen),
        )


def reachable(profile: CompositionProfile, context: LayerContext) -> LayerContext:
    """Return a context whose limits can be kept, each by itself."""
    time, power = (1.0 - float(spared.max(axis=1).sum()) for spared in (profile.time, profile.macs))
    return replace(
        context, time_limit=max(context.time_limit, time), power_limit=max(context.power_limit, power)
    )


def possible(
    profile: CompositionProfile, context: LayerContext, chosen: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return the intensities of the next layer with which each limit can still be kept: [n, 5].

    Where none is, which two limits together may bring about, all are.
    """
    layer = chosen.shape[1]

    def kept(spared: Doubles, limit: float) -> NDArray[np.bool_]:
        later = spared[layer + 1 :].max(axis=1).sum()
        left = left_so_far(spared, chosen)[:, None] - spared[layer]
        found: NDArray[np.bool_] = left - later <= limit + _ROUNDING
        return found

    found = kept(profile.time, context.time_limit) & kept(profile.macs, context.power_limit)
    found[~found.any(axis=1)] = True
    return found
