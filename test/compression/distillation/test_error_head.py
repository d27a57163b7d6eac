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

"""How sure a level is: learned without touching the features, and the same in ONNX."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.distillation.error_head import (
    ERROR,
    ErrorHead,
    error_loss,
    with_error_head,
)
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.errors import ModelError


def test_the_loss_is_least_at_the_mean_of_what_is_met():
    met, weight = torch.tensor([2.0, 4.0, 12.0, torch.nan]), torch.ones(4)
    losses = {e: error_loss(torch.full((4,), e).log(), met, weight).item() for e in (3.0, 5.0, 6.0, 7.0, 9.0)}
    assert min(losses, key=losses.get) == 6.0


def test_what_counts_nothing_is_not_learned_from():
    met = torch.tensor([2.0, 50.0])
    assert error_loss(torch.full((2,), 2.0).log(), met, torch.tensor([1.0, 0.0])).item() == pytest.approx(
        1 + np.log(2), rel=1e-5
    )
    assert error_loss(torch.zeros(2), torch.full((2,), torch.nan), torch.ones(2)).item() == 0


def test_features_learn_nothing_from_it():
    features = torch.rand(4, 8, requires_grad=True)
    head = ErrorHead(8)
    error_loss(head(features), torch.full((4,), 9.0), torch.ones(4)).backward()
    assert features.grad is None
    assert head.last.bias.grad is not None


def test_it_learns_which_hands_are_far_off():
    generator = torch.Generator().manual_seed(0)
    features = torch.rand(256, 8, generator=generator)
    met = torch.where(features[:, 0] > 0.5, 30.0, 3.0) * torch.rand(256, generator=generator) * 2
    head = ErrorHead(8)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(400):
        optimizer.zero_grad()
        error_loss(head(features), met, torch.ones(256)).backward()
        optimizer.step()
    said = head(features).exp()
    far = features[:, 0] > 0.5
    assert said[far].mean().item() == pytest.approx(met[far].mean().item(), rel=0.15)
    assert said[~far].mean().item() < 0.25 * said[far].mean().item()


def test_in_onnx_it_says_the_same_and_the_other_outputs_stay(small_network):
    model = small_network(1)
    network, head = OnnxNetwork(model), ErrorHead(8)
    torch.nn.init.normal_(head.last.weight)
    image = np.random.default_rng(0).random((1, 3, 224, 224), np.float32)
    with torch.no_grad():
        expected = head(network(torch.from_numpy(image))[FEATURES]).exp().item()
    extended = with_error_head(model, head)
    session = open_exact(extended)
    assert [output.name for output in session.outputs][-1] == ERROR
    found = session.run(image)
    assert found[-1].shape == (1, 1)
    assert found[-1].item() == pytest.approx(expected, rel=1e-4)
    for before, after in zip(open_exact(model).run(image), found[:-1], strict=True):
        assert np.array_equal(before, after)
    with torch.no_grad():
        assert OnnxNetwork(extended)(torch.from_numpy(image))[ERROR].item() == pytest.approx(
            expected, rel=1e-4
        )


def test_a_network_without_such_features_is_refused():
    model = onnx.helper.make_model(onnx.helper.make_graph([], "none", [], []))
    with pytest.raises(ModelError, match="linear layer"):
        with_error_head(model, ErrorHead(8))
