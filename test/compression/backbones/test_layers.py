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

"""Layers that are pruned, and what is left."""

import random

import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

import torch
from torch import nn

from hand_tracking_dsp.compression.backbones.layers import (
    INTENSITIES,
    WIDTH_STEP,
    PrunableLayer,
    PrunableNetwork,
)
from hand_tracking_dsp.compression.backbones.networks import NETWORKS


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    return PrunableNetwork(NETWORKS[request.param](5))


def parameters(network):
    return sum(one.numel() for one in network.parameters())


def test_the_size_is_known_without_pruning(network):
    random.seed(1)
    for _ in range(3):
        shares = [random.choice(INTENSITIES) for _ in network.layers]
        pruned = network.prune(shares)
        assert network.size_of(shares).parameters == parameters(pruned)
        with torch.inference_mode():
            assert pruned(torch.zeros(1, 3, 96, 96)).shape == (1, 5)


def test_operations_of_a_pruned_network_are_those_of_its_own(network):
    shares = [0.5] * len(network.layers)
    assert network.size_of(shares).macs == PrunableNetwork(network.prune(shares)).size.macs


def test_the_dense_network_stays_as_it_is(network):
    before = [one.clone() for one in network.dense.parameters()]
    network.prune([1.0] * len(network.layers))
    assert all(torch.equal(a, b) for a, b in zip(before, network.dense.parameters(), strict=True))


def test_pruning_nothing_changes_nothing(network):
    image, pruned = torch.rand(1, 3, 96, 96), network.prune([0.0] * len(network.layers))
    with torch.inference_mode():
        assert torch.equal(pruned(image), network.dense(image))


def test_every_layer_keeps_some_channels_and_the_scores_all(network):
    pruned = network.prune([1.0] * len(network.layers))
    convs = [module for module in pruned.modules() if isinstance(module, nn.Conv2d)]
    assert min(conv.out_channels for conv in convs) >= 5
    assert network.sparsity([1.0] * len(network.layers)) > 0.8


def test_channels_without_weights_leave_first_and_are_not_missed():
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 48, 3, padding=1, bias=False), nn.Conv2d(48, 4, 1)
    idle = list(range(5, 29))
    with torch.no_grad():
        first.weight[idle] = 0
        second.weight[:, idle] = 0
    network = PrunableNetwork(nn.Sequential(first, nn.ReLU(), second, nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    (layer,) = network.layers
    assert set(layer.order[:24]) == set(idle)
    image, pruned = torch.rand(1, 3, 96, 96), network.prune([0.5])
    with torch.inference_mode():
        assert torch.allclose(pruned(image), network.dense(image), atol=1e-6)


@pytest.mark.parametrize(
    ("channels", "share", "removed"),
    [(64, 0.0, 0), (72, 0.0, 0), (64, 0.25, 16), (64, 1.0, 48), (72, 0.5, 40), (16, 1.0, 0), (8, 0.75, 0)],
)
def test_widths_are_multiples_of_what_runtimes_compute_at_once(channels, share, removed):
    layer = PrunableLayer("conv", tuple(range(channels)), {}, {})
    assert layer.removed(share) == removed
    assert not removed or (channels - removed) % WIDTH_STEP == 0


def test_what_layers_lose_by_themselves_is_part_of_the_network(network):
    for one in network.own_sizes():
        assert 0 < one.parameters < network.size.parameters
        assert 0 < one.macs < network.size.macs
