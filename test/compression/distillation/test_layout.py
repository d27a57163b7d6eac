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

"""Layout: the faster of those that a device knows."""

from __future__ import annotations

import torch

from hand_tracking_dsp.compression.distillation import layout


def test_the_layout_that_costs_least_is_chosen_and_cudnn_left_as_it_was(small_network, monkeypatch):
    before = torch.backends.cudnn.benchmark
    tried = []

    def cost(_, images, *, last, half):
        tried.append((last, half, len(images)))
        return 1.0 if last else 0.5

    monkeypatch.setattr(layout, "_cost_s", cost)
    assert layout.fastest_layout(small_network(0), torch.zeros(2, 3, 224, 224), half=True) == (False, False)
    assert tried == [(True, True, 2), (False, True, 2)]
    assert torch.backends.cudnn.benchmark == before


def test_both_layouts_can_be_timed(small_network):
    for last in (True, False):
        assert layout._cost_s(small_network(0), torch.rand(2, 3, 224, 224), last=last, half=False) > 0
