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

"""Trains the layer agent by DQN (stable-baselines3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

from hand_tracking_dsp.control.layers.reward import LayerWeights
from hand_tracking_dsp.control.layers.state import layer_fields
from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.dqn import DqnOptions, train_dqn
from hand_tracking_dsp.rl.training.layer_environment import LayerEnvironment
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES

Floats = NDArray[np.float32]

CURVE_COLUMNS = ("steps", "return", "value")
"""Columns of a curve: steps, mean reward of the last episodes, mean of the greatest Q of some states."""

MONITORING = (
    "accuracy",
    "power",
    "time",
    "power_beyond",
    "time_beyond",
    *(f"lost_{one}" for one in INTENSITIES[1:]),
)
"""Entries of a state that are fed back after every action."""

INPUT = ("input_mean", "input_std", *(f"scene_{name}" for name in SCENES))
"""Entries of a state that say what is seen."""

_ENVIRONMENTS = 16
_PROBES = 256
_CURVE_POINTS = 100
_LAST_EPISODES = 200


@dataclass(frozen=True, slots=True)
class LayerTrainingOptions:
    """Settings of a training.

    Attributes:
        steps: Steps, a choice for a layer each.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate at the beginning; it falls to nearly nothing.
        seed: Seed of weights, contexts and exploration.
        weights: Weights of the reward.
        blank: Names of entries that it never sees; (): it sees all.
    """

    steps: int = 200_000
    layers: tuple[int, ...] = (256, 256)
    learning_rate: float = 1e-3
    seed: int = 0
    weights: LayerWeights = field(default_factory=LayerWeights)
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LayerNetwork:
    """A network from states to Q values, ReLU between two layers.

    Attributes:
        layers: Weight [out, in] and bias [out] of each layer, float32.
        blank: Places of the state's entries that it never saw; they count as 0.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    blank: tuple[int, ...] = ()

    def values(self, states: Floats) -> Floats:
        """Return Q values [n, 5] of states [n, s]."""
        found: Floats = states.copy()
        found[:, list(self.blank)] = 0.0
        for number, (weight, bias) in enumerate(self.layers):
            found = found @ weight.T + bias
            if number < len(self.layers) - 1:
                found = np.maximum(found, 0.0)
        return found


def train_layers(
    profile: CompositionProfile,
    options: LayerTrainingOptions,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[LayerNetwork, list[tuple[float, ...]]]:
    """Train an agent.

    Args:
        profile: What layers cost, and what compositions deviate.
        options: Settings.
        on_progress: Called with the steps done and to do.

    Returns:
        The network, and its curve by CURVE_COLUMNS.
    """
    blank = blank_places(profile, options.blank)
    environments = DummyVecEnv(
        [lambda: LayerEnvironment(profile, options.weights, blank) for _ in range(_ENVIRONMENTS)]
    )
    settings = DqnOptions(
        steps=options.steps,
        layers=options.layers,
        learning_rate=options.learning_rate,
        least_rate=0.02,
        discount=1.0,  # a composition is whole at the end alone
        kept=100_000,
        first=min(4000, options.steps // 10),
        batch=256,
        updates=4,
        copied_every=300,
        exploring=0.5,
        exploration=0.02,
        seed=options.seed,
    )
    watch = _CurveCallback(options.steps, on_progress)
    model = train_dqn(environments, settings, watch)
    return LayerNetwork(layers_of(model.q_net.q_net), blank), watch.curve


def blank_places(profile: CompositionProfile, names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the places of a state's entries of such names."""
    return tuple(place for place, one in enumerate(layer_fields(profile.names)) if one.name in names)


def layer_provenance(options: LayerTrainingOptions) -> dict[str, Any]:
    """Return what a policy's metadata says of its training, except its results."""
    return {"algorithm": "dqn", **asdict(options)}


class _CurveCallback(BaseCallback):
    """Notes rewards and Q values now and then."""

    def __init__(self, steps: int, on_progress: Callable[[int, int], None]) -> None:
        super().__init__()
        self._steps, self._on_progress = steps, on_progress
        self._rewards: list[float] = []
        self._probes: list[Floats] = []
        self.curve: list[tuple[float, ...]] = []

    def _on_step(self) -> bool:
        self._rewards += [one["reward"] for one in self.locals["infos"] if "reward" in one]
        # Steps come by as many as there are environments.
        if sum(map(len, self._probes)) < _PROBES:
            self._probes.append(np.array(self.locals["new_obs"], np.float32))
        every = max(self._steps // _CURVE_POINTS, _ENVIRONMENTS)
        if self.num_timesteps % every < _ENVIRONMENTS and self._rewards:
            with torch.no_grad():
                values = self.model.q_net(torch.from_numpy(np.concatenate(self._probes)))
            recent = float(np.mean(self._rewards[-_LAST_EPISODES:]))
            self.curve.append((self.num_timesteps, recent, float(values.max(dim=1).values.mean())))
            self._on_progress(min(self.num_timesteps, self._steps), self._steps)
        return True
