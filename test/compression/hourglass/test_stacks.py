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

"""Stacks and channels taken out by their L1 norms."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork, count_parameters
from hand_tracking_dsp.compression.hourglass.stacks import (
    block_norms,
    narrowed,
    small_options,
    weakest_stack,
    with_stacks,
    without_stack,
)
from hand_tracking_dsp.errors import ConfigurationError

DEPTH = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture
def network() -> HourglassNetwork:
    """Make a network of three stacks that does something everywhere."""
    torch.manual_seed(0)
    network = HourglassNetwork(small_options(16, 3))
    for values in network.parameters():
        torch.nn.init.normal_(values, std=0.1) if values.ndim > 1 else torch.nn.init.uniform_(values, 0.5, 1)
    return network.eval()


def last_heat(network: HourglassNetwork) -> torch.Tensor:
    return network(DEPTH)[network.options.exits[-1]].heat


def test_the_stack_of_the_smallest_norm_is_the_weakest(network: HourglassNetwork) -> None:
    with torch.no_grad():
        for block in dict(network.stacks[1].blocks()).values():
            block.norm.weight.mul_(0.5)
    norms = block_norms(network)
    assert all(norms[1][name] < norms[0][name] * 1.2 for name in norms[0])
    assert weakest_stack(network) == 1


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_lies_before_a_stack_taken_out_stays_the_same(network: HourglassNetwork, number: int) -> None:
    pruned = without_stack(network, number).eval()
    assert pruned.options.stacks == 2
    before, after = network(DEPTH), pruned(DEPTH)
    for stack in range(1, number + 1):
        assert torch.equal(before[Exit(stack, 4)].heat, after[Exit(stack, 4)].heat)
    assert torch.isfinite(last_heat(pruned)).all()


def test_the_last_stack_cannot_be_taken_out(network: HourglassNetwork) -> None:
    with pytest.raises(ConfigurationError, match="one stack alone"):
        without_stack(without_stack(without_stack(network, 0), 0), 0)


def test_a_further_stack_changes_nothing_before_it(network: HourglassNetwork) -> None:
    longer = with_stacks(network, 4).eval()
    assert torch.equal(longer(DEPTH)[Exit(3, 4)].heat, last_heat(network))
    with pytest.raises(ConfigurationError, match="more than 2"):
        with_stacks(network, 2)


def test_all_channels_kept_change_nothing(network: HourglassNetwork) -> None:
    assert torch.allclose(last_heat(narrowed(network, 1.0).eval()), last_heat(network), atol=1e-4)


def test_channels_that_do_nothing_are_taken_out_first(network: HourglassNetwork) -> None:
    with torch.no_grad():
        for stack in network.stacks:
            for _, block in stack.blocks():
                block.expand.weight[:, ::2] = 0
                block.spatial.conv.weight[:, ::2] = 0
    half = narrowed(network, 0.5)
    assert count_parameters(half) < count_parameters(network)
    assert torch.allclose(last_heat(half.eval()), last_heat(network), atol=1e-4)


def test_a_narrowed_network_loses_a_stack_like_any_other(network: HourglassNetwork) -> None:
    pruned = without_stack(narrowed(network, 0.5), 1)
    assert torch.isfinite(last_heat(pruned.eval())).all()
    assert {name.split(".")[0] for name, _ in pruned.options.inner} == {"0", "1"}
