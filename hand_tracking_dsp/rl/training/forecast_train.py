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

"""Training of a network that forecasts what every operating point brings, from full information."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES, point_features

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ForecastTrainingOptions:
    """Settings of a training.

    Attributes:
        epochs: How often each observation is seen.
        batch: Observations in a batch.
        layers: Widths of the hidden layers.
        learning_rate: Learning rate at the beginning; it falls to nothing.
        seed: Seed of weights and order.
    """

    epochs: int = 6
    batch: int = 1024
    layers: tuple[int, ...] = (64, 64)
    learning_rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PointMlp:
    """A multilayer perceptron from a point's features to its forecast, SiLU between two layers.

    Attributes:
        layers: Weight [out, in] and bias [out] of each layer, float32; the last gives the logits of the share
            of late frames and of the error, and the energy before softplus.
        sees_goals: Whether encoding.goal_features follow the point's features.
        present: Share of the forecast that the time up to the next choice makes up, above 0, at most 1; what
            another point must be better by is as much less.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    sees_goals: bool = False
    present: float = 1.0


def train_forecast(
    data: LabelledObservations,
    options: ForecastTrainingOptions | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[PointMlp, list[float]]:
    """Train a network.

    Args:
        data: What it learns from.
        options: Settings.
        on_progress: Called with the epochs done and to do.

    Returns:
        The network, and the mean loss of each epoch.
    """
    options = options or ForecastTrainingOptions()
    torch.manual_seed(options.seed)
    features = torch.from_numpy(point_features(data.observations, data.points))
    labels = torch.from_numpy(data.labels)
    network = point_network(POINT_FEATURES, options.layers)
    optimizer = torch.optim.Adam(network.parameters(), options.learning_rate)
    batches = max(len(features) // options.batch, 1)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1e-3, options.epochs * batches)
    curve = []
    for epoch in range(options.epochs):
        losses = []
        for batch in torch.randperm(len(features)).split(options.batch)[:batches]:
            loss = forecast_loss(network(features[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            losses.append(loss.item())
        curve.append(float(np.mean(losses)))
        on_progress(epoch + 1, options.epochs)
    return PointMlp(layers_of(network)), curve


def point_network(features: int, layers: tuple[int, ...]) -> nn.Sequential:
    """Make a network from so many features of a point to its forecast, before point_values."""
    sizes = (features, *layers, 3)
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        modules += [nn.Linear(inputs, outputs), nn.SiLU()]
    return nn.Sequential(*modules[:-1])


def point_values(raw: torch.Tensor) -> torch.Tensor:
    """Return the forecast [..., 3], share of late frames, error and energy, of what a network gives."""
    return torch.cat([torch.sigmoid(raw[..., :2]), nn.functional.softplus(raw[..., 2:])], dim=-1)


def forecast_loss(raw: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return cross entropy of the shares, least at their expectation, and squared error of the energy."""
    shares = nn.functional.binary_cross_entropy_with_logits(raw[..., :2], labels[..., :2].clamp(0, 1))
    energy = nn.functional.mse_loss(nn.functional.softplus(raw[..., 2]), labels[..., 2])
    return shares + energy
