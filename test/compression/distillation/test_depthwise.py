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

"""Gradients of depthwise convolutions are PyTorch's own, also where they are put together."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from hand_tracking_dsp.compression.distillation.depthwise import Depthwise


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize(("kind", "near"), [(torch.float32, 1e-4), (torch.bfloat16, 2e-2)])
def test_gradients_are_those_of_pytorch(side, kind, near):
    random = torch.Generator().manual_seed(side)
    data = torch.randn(3, 8, 12, 10, generator=random).contiguous(memory_format=torch.channels_last)
    weight, bias = torch.randn(8, 1, side, side, generator=random), torch.randn(8, generator=random)
    upstream = torch.randn(3, 8, 12, 10, generator=random)
    given = [values.to(kind).requires_grad_() for values in (data, weight, bias)]
    Depthwise.apply(*given).backward(upstream.to(kind))
    exact = [values.detach().float().requires_grad_() for values in given]
    functional.conv2d(*exact, 1, side // 2, 1, 8).backward(upstream.to(kind).float())
    for found, expected in zip(given, exact, strict=True):
        error = (found.grad.float() - expected.grad).abs().max() / expected.grad.abs().max()
        assert error < near
