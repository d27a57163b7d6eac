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

"""Training of a forecast from weights that are given, for so many epochs: a client's part of a round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hand_tracking_dsp.rl.training.dense_layers import layers_of
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_train import forecast_loss, point_network
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES, point_features

Floats = NDArray[np.float32]
Layers = tuple[tuple[Floats, Floats], ...]
"""Weight [out, in] and bias [out] of each layer, float32; see forecast_train.PointMlp."""

ADAM, DESCENT = "adam", "sgd"
OPTIMIZERS = {ADAM: torch.optim.Adam, DESCENT: torch.optim.SGD}
"""Optimizers of a round by name."""

HIDDEN = (64, 64)
"""Widths of the hidden layers, as ForecastTrainingOptions has them."""


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """Settings of a client's part of a round.

    Attributes:
        epochs: How often each observation is seen.
        batch: Observations in a batch.
        optimizer: One of OPTIMIZERS.
        learning_rate: Its learning rate, at the beginning.
        last_rate: Share of it at the end, to which it falls linearly.
        proximal: Weight mu of FedProx's term, mu/2 times the squared distance from the given weights (Li et
            al., "Federated optimization in heterogeneous networks", MLSys 2020); 0: none.
        seed: Seed of the order.
    """

    epochs: int = 2
    batch: int = 64
    optimizer: str = ADAM
    learning_rate: float = 2e-3
    last_rate: float = 1.0
    proximal: float = 0.0
    seed: int = 0


def first_layers(seed: int, hidden: tuple[int, ...] = HIDDEN) -> Layers:
    """Draw the weights that a training begins with."""
    torch.manual_seed(seed)
    return layers_of(point_network(POINT_FEATURES, hidden))


def train_layers(layers: Layers, data: LabelledObservations, options: RoundOptions) -> tuple[Layers, float]:
    """Train from given weights.

    Args:
        layers: Weights to begin with.
        data: What is learned from.
        options: Settings.

    Returns:
        The new weights, and the mean loss of the last epoch.
    """
    torch.manual_seed(options.seed)
    features = torch.from_numpy(point_features(data.observations, data.points))
    labels = torch.from_numpy(data.labels)
    network = _network_of(layers)
    given = [parameter.detach().clone() for parameter in network.parameters()]
    optimizer = OPTIMIZERS[options.optimizer](network.parameters(), options.learning_rate)
    batches = max(len(features) // options.batch, 1)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, options.last_rate, options.epochs * batches)
    losses: list[float] = []
    for _ in range(options.epochs):
        losses = []
        for batch in torch.randperm(len(features)).split(options.batch)[:batches]:
            loss = forecast_loss(network(features[batch]), labels[batch])
            losses.append(loss.item())
            if options.proximal:
                loss = loss + options.proximal / 2 * _distance(network, given)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
    return layers_of(network), float(np.mean(losses))


def loss_of(layers: Layers, data: LabelledObservations) -> float:
    """Return the mean loss of a network on observations; NaN where its weights are no numbers."""
    with torch.no_grad():
        raw = _network_of(layers)(torch.from_numpy(point_features(data.observations, data.points)))
        return float(forecast_loss(raw, torch.from_numpy(data.labels)))


def _network_of(layers: Layers) -> nn.Sequential:
    features, hidden = layers[0][0].shape[1], tuple(len(bias) for _, bias in layers[:-1])
    network = point_network(features, hidden)
    modules = [module for module in network if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for module, (weight, bias) in zip(modules, layers, strict=True):
            module.weight.copy_(torch.tensor(weight))
            module.bias.copy_(torch.tensor(bias))
    return network


def _distance(network: nn.Sequential, given: list[torch.Tensor]) -> torch.Tensor:
    """Return the squared distance of a network's weights from those given."""
    pairs = zip(network.parameters(), given, strict=True)
    return torch.stack([(now - before).pow(2).sum() for now, before in pairs]).sum()
