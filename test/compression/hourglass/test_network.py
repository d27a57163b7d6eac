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

"""Stacked hourglasses: exits, sizes, and what they do before they are trained."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.hourglass.network import (
    Exit,
    HourglassNetwork,
    HourglassOptions,
    count_parameters,
    exit_parameters,
)

SMALL = HourglassOptions((8, 16, 16, 16, 16), 2)


def test_every_exit_has_maps_of_its_level() -> None:
    maps = HourglassNetwork(SMALL)(torch.zeros(2, 1, 128, 128))
    assert list(maps) == [Exit(stack, level) for stack in (1, 2) for level in (1, 2, 3, 4)]
    for exit_, one in maps.items():
        side = 2 ** (exit_.level + 1)
        assert [part.shape for part in one] == [
            (2, 1, side, side),
            (2, 21, side, side),
            (2, 21, side, side),
            (2, 63, side, side),
            (2, 2),
        ]


def test_the_finest_level_takes_the_word_of_the_one_before_on_the_hand() -> None:
    maps = HourglassNetwork(SMALL)(torch.rand(2, 1, 128, 128))
    assert torch.equal(maps[Exit(2, 4)].logits, maps[Exit(2, 3)].logits)
    assert not torch.equal(maps[Exit(2, 4)].logits, maps[Exit(2, 2)].logits)


def test_a_network_stops_at_the_exit_asked_for_with_the_same_maps() -> None:
    network = HourglassNetwork(SMALL).eval()
    depth = torch.rand(1, 1, 128, 128) * 2 - 1
    every, some = network(depth), network(depth, Exit(2, 2))
    assert list(some)[-1] == Exit(2, 2)
    assert torch.equal(every[Exit(2, 2)].heat, some[Exit(2, 2)].heat)


def test_exits_need_more_parameters_from_stack_to_stack() -> None:
    network = HourglassNetwork(SMALL)
    parameters = exit_parameters(network)
    assert (
        parameters[Exit(1, 1)] < parameters[Exit(1, 4)] < parameters[Exit(2, 4)] <= count_parameters(network)
    )


def test_cells_have_the_depth_of_their_nearest_pixel() -> None:
    depth = torch.full((1, 1, 128, 128), -1.0)
    depth[0, 0, 65, 3] = 0.4
    cells = HourglassNetwork(SMALL)(depth.expand(2, -1, -1, -1))[Exit(1, 4)].cells
    assert cells[0, 0, 16, 0] == pytest.approx(0.4)
    assert (cells > -1).sum() == 2


def test_options_come_back_from_json() -> None:
    options = HourglassOptions((8, 16, 16, 16, 16), 1, (("0.bottom", 3),))
    assert HourglassOptions.from_json(options.to_json()) == options


def test_a_network_finds_as_many_joints_as_it_is_made_for() -> None:
    options = HourglassOptions((8, 8, 8, 8, 8), 2, joints=14, skeleton="nyu")
    maps = HourglassNetwork(options)(torch.zeros(2, 1, 128, 128))[Exit(2, 4)]
    assert maps.heat.shape == maps.closeness.shape == (2, 14, 32, 32)
    assert maps.directions.shape == (2, 42, 32, 32)
    assert HourglassOptions.from_json(options.to_json()) == options


def test_options_written_before_there_were_other_joints_are_read() -> None:
    old = {"channels": [8, 8, 8, 8, 8], "stacks": 1, "inner": []}
    assert HourglassOptions.from_json(old).joints == 21
