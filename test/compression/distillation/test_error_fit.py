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

"""Heads fitted to features that are computed once tell which hands are far off, and by how much."""

from __future__ import annotations

import pytest
import torch

from hand_tracking_dsp.compression.distillation.error_fit import (
    FeatureNetwork,
    MetErrors,
    fit_error_head,
    meet_all,
)
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.compression.input_size import InputSize


def test_a_small_feature_tells_which_hands_are_off_and_the_mean_is_met():
    random = torch.Generator().manual_seed(0)
    features = torch.rand(1024, 6, generator=random) * torch.tensor([40.0, 3, 3, 3, 3, 0.3]) + 5
    far = features[:, 5] > 5.2
    met = torch.where(far, 30.0, 4.0) * 2 * torch.rand(1024, generator=random)
    met[::50] = torch.nan
    said = fit_error_head(MetErrors(features, met, torch.ones(1024)))(features).exp().detach()
    assert said[far].mean().item() == pytest.approx(met[far].nanmean().item(), rel=0.15)
    assert said[~far].mean() < 0.25 * said[far].mean()


def test_a_fit_is_the_same_for_the_same_seed():
    met = MetErrors(torch.rand(64, 6), 20 * torch.rand(64), torch.ones(64))
    one, same, other = (fit_error_head(met, seed)(met.features) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_networks_meet_the_same_crops_in_their_own_size(small_network):
    model = small_network(1)
    small = InputSize(160, 160).of(model)
    images = torch.randint(0, 256, (3, 3, 224, 224)).float() / 255
    with torch.no_grad():
        found = OnnxNetwork(model)(images)
    labels = {
        "landmarks": found["landmarks"] + 3,
        "presence": torch.tensor([1.0, 1.0, 0.0]),
        "weight": torch.tensor([1.0, 0.5, 0.0]),
    }
    networks = {"whole": FeatureNetwork(model), "small": FeatureNetwork(small)}
    done = []
    met = meet_all(networks, lambda: (images, labels), 2, lambda *of: done.append(of))
    assert done == [(1, 2), (2, 2)]
    for one in met.values():
        assert one.features.shape == (6, found[FEATURES].shape[1])
        assert one.weight.tolist() == [1, 0.5, 0, 1, 0.5, 0]
        assert one.percent.isnan().tolist() == [False, False, True] * 2
    assert torch.allclose(met["whole"].features[:3], found[FEATURES], rtol=1e-3, atol=1e-4)
    palm = (labels["landmarks"].view(3, 21, 3)[:, 0, :2] - labels["landmarks"].view(3, 21, 3)[:, 9, :2]).norm(
        dim=1
    )
    assert torch.allclose(met["whole"].percent[:2], (100 * 18**0.5 / palm)[:2], rtol=1e-3)
