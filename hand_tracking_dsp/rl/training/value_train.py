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

"""Training of long-run values of every operating point that fit any goals: fitted Q-iteration.

A network learns the discounted averages of late frames, error and energy after going to a point, then to the
best ones for the goals that it sees: Q(s, a) = (1 - g) r + g Q(s', a*), where a* has the greatest worth by
Q(s', .), and r is what counts where the goals leave some error and some late frames free. Values of several
figures at once, conditioned on their weights, are those of Abels et al. (ICML 2019). They are fitted to
transitions played beforehand (Ernst et al., JMLR 2005), by a network beside a copy of itself from the last
iteration (DQN, Mnih et al., Nature 2015). A point is held for some steps, as dwell times have it on a robot
(Metelli et al., ICML 2020): in a single one points hardly differ.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hand_tracking_dsp.control.forecast import DRIFT_OF_NO_USE_PERCENT
from hand_tracking_dsp.control.learned import GOALS
from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.encoding import POINT_INDEX, goal_features
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_train import (
    Floats,
    PointMlp,
    forecast_loss,
    point_network,
    point_values,
)
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES, point_features

Indices = NDArray[np.int64]

_LIMIT, _FREE = GOALS.index("error_limit_percent"), GOALS.index("late_free")

_LATE_PRICES = (1.0, 100.0)
_ENERGY_PRICES, _ENERGY_FREE = (0.01, 10.0), 0.5
_LATE_FREE = (0.0, 0.005)
_LIMITED, _LIMITS_PERCENT = 0.25, (0.0, 10.0)


@dataclass(frozen=True, slots=True)
class ValueTrainingOptions:
    """Settings of a training.

    Attributes:
        discount: Discount of a figure one step later.
        iterations: Number of targets in turn.
        passes: How often each transition is seen in an iteration, about.
        batch: Transitions in a batch.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate at the beginning; it falls to nothing.
        seed: Seed of weights, order and goals.
    """

    discount: float = 0.98
    iterations: int = 40
    passes: float = 1.0
    batch: int = 1024
    layers: tuple[int, ...] = (64, 64)
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Changes from one observation to another, over the steps that a label is of, at one point.

    Attributes:
        before: int64 [m]: number of the observation at the beginning.
        after: int64 [m]: number of that at the end.
        points: int64 [m]: operating point between them.
        rewards: float32 [m, 3]: share of late frames, error and energy, means of the steps between.
    """

    before: Indices
    after: Indices
    points: Indices
    rewards: Floats

    @classmethod
    def of(cls, data: LabelledObservations) -> Transitions:
        """Find the steps of missions in which a point was held for as long as a label is of."""
        own = data.observations[:, POINT_INDEX].astype(np.int64)
        before = np.arange(len(own) - data.horizon)
        after = before + data.horizon
        # The point of a step is the one in use at the next.
        points = own[before + 1]
        held = data.missions[before] == data.missions[after]
        for step in range(2, data.horizon + 1):
            held &= own[before + step] == points
        before, after, points = before[held], after[held], points[held]
        return cls(before, after, points, data.labels[before, points])


def train_values(
    data: LabelledObservations,
    densest: int = 0,
    options: ValueTrainingOptions | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[PointMlp, list[float]]:
    """Train a network.

    Args:
        data: Missions that it learns from; a point is held for as long as their labels are of.
        densest: Number of the densest operating point that may be chosen.
        options: Settings.
        on_progress: Called with the iterations done and to do.

    Returns:
        The network, and the mean loss of each iteration.
    """
    options = options or ValueTrainingOptions()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    moves = Transitions.of(data)
    features = torch.from_numpy(point_features(data.observations, data.points))
    network = point_network(POINT_FEATURES + len(GOALS), options.layers)
    optimizer = torch.optim.Adam(network.parameters(), options.learning_rate)
    batches = max(round(options.passes * len(moves.points) / options.batch), 1)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1e-3, options.iterations * batches)
    # The first values are as if each point were held for ever.
    discount, later = 0.0, network
    curve = []
    for iteration in range(options.iterations):
        losses = []
        for chosen in random.integers(len(moves.points), size=(batches, options.batch)):
            before, after, points = moves.before[chosen], moves.after[chosen], moves.points[chosen]
            goals = random_wishes(random, options.batch)
            targets = torch.from_numpy(_harm(moves.rewards[chosen], goals))
            if discount:
                best = _best_values(later, features[after], goals, densest)
                targets = (1.0 - discount) * targets + discount * best
            seen = torch.cat([features[before, points], torch.from_numpy(goal_features(goals))], dim=1)
            loss = forecast_loss(network(seen), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            losses.append(loss.item())
        discount, later = options.discount**data.horizon, copy.deepcopy(network)
        curve.append(float(np.mean(losses)))
        on_progress(iteration + 1, options.iterations)
    present = 1.0 - options.discount**data.horizon
    return PointMlp(layers_of(network), sees_goals=True, present=present), curve


def _harm(rewards: Floats, goals: Floats) -> Floats:
    """Return what counts of late frames, error and energy, [m, 3], where the goals leave some free."""
    late = np.maximum(rewards[:, 0] - goals[:, _FREE], 0.0)
    drift = np.sqrt(rewards[:, 1]) * DRIFT_OF_NO_USE_PERCENT
    beyond = np.maximum(drift - goals[:, _LIMIT], 0.0) / DRIFT_OF_NO_USE_PERCENT
    return np.stack([late, beyond**2, rewards[:, 2]], axis=1)


def random_wishes(random: np.random.Generator, count: int) -> Floats:
    """Draw goals as the controller may state them, float32 [count, len(GOALS)]; see control.prices."""
    late = _log_uniform(random, _LATE_PRICES, count)
    free = random.random(count) < _ENERGY_FREE
    energy = np.where(free, 0.0, _log_uniform(random, _ENERGY_PRICES, count))
    limit = np.where(random.random(count) < _LIMITED, random.uniform(*_LIMITS_PERCENT, count), 0.0)
    alpha = 1.0 / (1.0 + late)
    columns = (alpha, late * alpha, energy * alpha, limit, random.choice(_LATE_FREE, count))
    return np.stack(columns, axis=1).astype(np.float32)


def _log_uniform(
    random: np.random.Generator, between: tuple[float, float], count: int
) -> NDArray[np.float64]:
    drawn: NDArray[np.float64] = np.exp(random.uniform(math.log(between[0]), math.log(between[1]), count))
    return drawn


@torch.no_grad()
def _best_values(network: nn.Sequential, features: torch.Tensor, goals: Floats, densest: int) -> torch.Tensor:
    """Return the values [n, 3] of the point that is best for the goals, features being [n, p, .]."""
    of_each = torch.from_numpy(goal_features(goals))[:, None].expand(-1, features.shape[1], -1)
    values = point_values(network(torch.cat([features, of_each], dim=2)))
    gained = _worth(values, torch.from_numpy(goals))
    gained[:, :densest] = -torch.inf
    return values[torch.arange(len(values)), gained.argmax(dim=1)]


def _worth(values: torch.Tensor, goals: torch.Tensor) -> torch.Tensor:
    """Return R [n, p] of values [n, p, 3], as control.goal_policy.worth has it of what counts."""
    alpha, beta, gamma, *_ = goals[:, None].unbind(dim=2)
    late, error, energy = values.unbind(dim=2)
    return alpha * (1.0 - error) + beta * (1.0 - late) - gamma * energy
