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

"""Budgets of pruning, and uniform pruning that meets them."""

import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

import torch

from hand_tracking_dsp.compression.backbones.budgets import PruningBudgets, uniform_shares
from hand_tracking_dsp.compression.backbones.layers import PrunableNetwork
from hand_tracking_dsp.compression.backbones.networks import NETWORKS


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    return PrunableNetwork(NETWORKS[request.param](5))


@pytest.mark.parametrize("sparsity", [0.2, 0.45, 0.7])
def test_uniform_pruning_meets_a_sparsity(network, sparsity):
    shares = uniform_shares(network, PruningBudgets(sparsity))
    assert network.sparsity(shares) == pytest.approx(sparsity, abs=0.03)


def test_uniform_pruning_meets_the_budget_that_asks_for_more(network):
    shares = uniform_shares(network, PruningBudgets(0.1, 0.5))
    assert network.size_of(shares).macs / network.size.macs == pytest.approx(0.5, abs=0.03)
    assert network.sparsity(shares) > 0.1


def test_the_budget_met_least_counts(network):
    shares = [0.5] * len(network.layers)
    sparsity, macs = network.sparsity(shares), network.size_of(shares).macs / network.size.macs
    assert PruningBudgets(sparsity, macs).met(network, shares) == pytest.approx(1)
    assert PruningBudgets(2 * sparsity, macs).met(network, shares) == pytest.approx(0.5)
    assert PruningBudgets(sparsity, 1 - 2 * (1 - macs)).met(network, shares) == pytest.approx(0.5)
    assert PruningBudgets(sparsity).met(network, shares) == pytest.approx(1)
    assert PruningBudgets(sparsity, macs).met(network, [0.0] * len(network.layers)) == 0
