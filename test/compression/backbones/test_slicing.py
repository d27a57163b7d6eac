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

"""Channels taken out of layers, as Torch-Pruning does it."""

import copy
import random

import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

import torch
import torch_pruning

from hand_tracking_dsp.compression.backbones.layers import INTENSITIES, SIDE, PrunableNetwork
from hand_tracking_dsp.compression.backbones.networks import NETWORKS


def pruned_by_torch_pruning(network, shares):
    found = copy.deepcopy(network.dense)
    modules = dict(found.named_modules())
    graph = torch_pruning.DependencyGraph().build_dependency(found, torch.zeros(1, 3, SIDE, SIDE))
    for layer, share in zip(network.layers, shares, strict=True):
        if removed := list(layer.order[: layer.removed(share)]):
            root = modules[layer.name]
            function = graph.get_pruner_of_module(root).prune_out_channels
            graph.get_pruning_group(root, function, removed).prune()
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_left_computes_what_torch_pruning_leaves(name):
    torch.manual_seed(0)
    network = PrunableNetwork(NETWORKS[name](5))
    random.seed(2)
    shares = [random.choice(INTENSITIES) for _ in network.layers]
    mine, theirs = network.prune(shares), pruned_by_torch_pruning(network, shares)
    image = torch.rand(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        assert torch.allclose(mine(image), theirs(image), atol=1e-6)
    sizes = {key: tuple(value.shape) for key, value in theirs.state_dict().items()}
    assert {key: tuple(value.shape) for key, value in mine.state_dict().items()} == sizes
    for name_of, module in mine.named_modules():
        for field in ("in_channels", "out_channels", "groups", "in_features", "out_features", "num_features"):
            assert getattr(module, field, 0) == getattr(theirs.get_submodule(name_of), field, 0)
