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

"""Exits as networks of their own, and as levels of a bank that the tracker runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.depth_bytes import to_depth
from hand_tracking_dsp.compression.hourglass.export import ERROR, check_exit, export_bank, export_exit
from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.hourglass.stacks import narrowed, small_options
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Region


@pytest.fixture(scope="module")
def network() -> HourglassNetwork:
    """Make a network whose normalisations do something."""
    torch.manual_seed(0)
    network = HourglassNetwork(small_options(16, 2)).train()
    for values in network.parameters():
        torch.nn.init.normal_(values, std=0.1) if values.ndim > 1 else torch.nn.init.uniform_(values, 0.5, 1)
    for _ in range(20):
        network(torch.rand(4, 1, 128, 128) * 2 - 1)
    return network.eval()


@pytest.mark.parametrize("exit_", [Exit(1, 1), Exit(1, 4), Exit(2, 2), Exit(2, 4)])
def test_an_exit_computes_what_the_network_does(
    network: HourglassNetwork, samples: DepthSamples, exit_: Exit
) -> None:
    depth = to_depth(samples.first(3).images)[:, None]
    assert check_exit(network, exit_, export_exit(network, exit_), depth) < 0.01


def test_an_exit_of_another_network_is_refused(network: HourglassNetwork, samples: DepthSamples) -> None:
    other = export_exit(HourglassNetwork(small_options(16, 1)), Exit(1, 4))
    with pytest.raises(ModelError, match="stack1_l4 is not exported"):
        check_exit(network, Exit(1, 4), other, to_depth(samples.first(1).images)[:, None])


def test_a_narrowed_network_is_exported(network: HourglassNetwork, samples: DepthSamples) -> None:
    half = narrowed(network, 0.3).eval()
    depth = to_depth(samples.first(1).images)[:, None]
    check_exit(half, Exit(2, 4), export_exit(half, Exit(2, 4)), depth)


def test_an_exit_in_int8_gives_nearly_the_same_maps(network: HourglassNetwork, samples: DepthSamples) -> None:
    model = export_exit(network, Exit(1, 3))
    sessions = [open_exact(one) for one in (model, quantize(model, samples.images))]
    pairs = [[session.run(as_input(image)) for session in sessions] for image in samples.images[:8]]
    plain, rounded = (np.stack([pair[which][3] for pair in pairs]) for which in (0, 1))
    assert np.abs(rounded - plain).mean() < 0.1 * plain.std()
    assert all(np.array_equal(a[0], b[0]) for a, b in pairs), "cells are depth as it is"


def test_exits_are_the_levels_of_a_bank(
    network: HourglassNetwork, samples: DepthSamples, tmp_path: Path
) -> None:
    exits = [Exit(1, 3), Exit(2, 4)]
    bank, files = export_bank(network, exits, samples, "rendered")
    write_bank(tmp_path / "bank", bank, files)
    loaded = LevelBank.load(tmp_path / "bank")
    assert [level.name for level in loaded.levels] == ["stack2_l4", "stack1_l3"]
    assert loaded.levels[0].macs > loaded.levels[1].macs
    assert all(level.accuracy[0].metric == ERROR for level in loaded.levels)
    cube = samples.hands.cube(0)
    metres = np.full((192, 192), cube.depth_m, np.float32)
    view = DepthView(metres, cube.camera)
    found = loaded.landmarks(np.zeros((192, 192, 3), np.uint8), Region(96, 96, 120, 0), 1, depth=view)
    assert np.isfinite(found.world_landmarks).all()
