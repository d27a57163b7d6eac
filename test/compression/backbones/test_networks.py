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

"""The small variants of the backbones."""

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab adds it")

import torch

from hand_tracking_dsp.commands.models import backbones as command
from hand_tracking_dsp.compression.backbones.networks import NETWORKS, SqueezeExcitation


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_come_for_each_class_of_any_image(name):
    network = NETWORKS[name](7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 96, 96)).shape == (2, 7)
        assert network(torch.zeros(1, 3, 128, 96)).shape == (1, 7)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_small(name):
    assert 1e5 < sum(one.numel() for one in NETWORKS[name](10).parameters()) < 6e5


def test_gates_are_where_the_papers_have_them():
    gated = {
        name: sum(isinstance(module, SqueezeExcitation) for module in make(10).modules())
        for name, make in NETWORKS.items()
    }
    assert gated == {"mobilenet-v3": 9, "efficientnet-lite": 0, "squeezenet": 0}


def test_the_command_knows_every_network():
    assert tuple(NETWORKS) == command._NETWORKS
