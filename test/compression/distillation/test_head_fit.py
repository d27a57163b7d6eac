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

"""Maps fitted to a teacher: exact where they can be, near the prior, and not led by what fits worst."""

from __future__ import annotations

import torch

from hand_tracking_dsp.compression.distillation.head_fit import robust_map


def samples(count=400):
    random = torch.Generator().manual_seed(1)
    x, true = torch.rand(count, 5, generator=random), torch.arange(10.0).view(5, 2)
    return x, x @ true + 3, true.T, random


def test_a_linear_map_is_found():
    x, y, true, _ = samples()
    weight, bias = robust_map(x, y, torch.zeros(2, 5))
    assert torch.allclose(weight, true, atol=0.1)
    assert torch.allclose(x @ weight.T + bias, y, atol=0.1)


def test_it_stays_near_the_prior_where_samples_say_little():
    x, y, true, random = samples(6)
    y = y + torch.randn(6, 2, generator=random)
    near, _ = robust_map(x, y, true)
    far, _ = robust_map(x, y, torch.zeros(2, 5))
    assert (near - true).norm() < (far - true).norm()


def test_samples_that_fit_nothing_hardly_change_it():
    x, y, true, random = samples()
    y[::10] += 100 * torch.rand(40, 2, generator=random)
    weight, bias = robust_map(x, y, torch.zeros(2, 5))
    plain = torch.linalg.lstsq(torch.cat([x, torch.ones(400, 1)], 1), y).solution
    expected = x @ true.T + 3
    off = (x @ weight.T + bias - expected).norm(dim=1).mean()
    assert off < 0.1 * (torch.cat([x, torch.ones(400, 1)], 1) @ plain - expected).norm(dim=1).mean()


def test_samples_without_weight_do_not_count_and_small_scales_count_more():
    x, y, true, _ = samples()
    weight = torch.ones(400)
    weight[::2], y[::2] = 0, 50.0
    found, _ = robust_map(x, y, torch.zeros(2, 5), weight=weight)
    assert torch.allclose(found, true, atol=0.1)
    one = torch.zeros(400, 1)
    value, levels = torch.zeros(400, 1), torch.ones(400)
    value[::2], levels[::2] = 1.0, 0.1
    _, bias = robust_map(one, value, torch.zeros(1, 1), levels)
    assert bias.item() > 0.9
