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

"""Losses of the maps: none for exact ones, and votes as the tracker counts them."""

from __future__ import annotations

import numpy as np
import pytest
from support.depth_maps import exact_maps

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.hourglass.loss import LossWeights, Targets, Votes, exit_loss, total_loss
from hand_tracking_dsp.compression.hourglass.network import Exit, Maps
from hand_tracking_dsp.tracking.votes import cell_centres, joints_from_maps

SURE = 30.0


def maps_of(joints: np.ndarray, side: int, noise: float = 0.0) -> Maps:
    x, y = cell_centres(side).T.reshape(2, side, side)
    cells = np.where(np.hypot(x, y) < 0.8, 0.3 * x + 0.2, -1).astype(np.float32)
    random = np.random.default_rng(0)
    made = (map_ + random.normal(0, noise, map_.shape) for map_ in exact_maps(joints, cells))
    parts = (torch.from_numpy(map_.astype(np.float32))[None] for map_ in (cells[None], *made))
    return Maps(*parts, torch.tensor([[SURE, -SURE]]))


def joints() -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.3, 0.3, (21, 3)).astype(np.float32)


def targets(present: float = 1.0) -> Targets:
    return Targets(torch.from_numpy(joints())[None], torch.tensor([present]), torch.tensor([[present, 0.0]]))


@pytest.mark.parametrize("side", [4, 8, 16, 32])
@pytest.mark.parametrize("turn", [None, 0, 5])
def test_exact_maps_cost_nothing(side: int, turn: int | None) -> None:
    assert exit_loss(maps_of(joints(), side), targets(), LossWeights(), turn) < 1e-3


def test_maps_of_zeros_cost_one_each() -> None:
    zeros = maps_of(joints(), 16)._replace(**{name: torch.zeros(1, n, 16, 16) for name, n in MAPS.items()})
    weights = LossWeights(joints=0)
    assert exit_loss(zeros, targets(), weights) == pytest.approx(3, abs=1e-3)


MAPS = {"heat": 21, "closeness": 21, "directions": 63}


def test_without_a_hand_presence_counts_alone() -> None:
    maps = maps_of(joints(), 16, noise=0.5)
    missed = exit_loss(maps, targets(0.0), LossWeights(presence=1.0))
    assert missed == pytest.approx(SURE, rel=1e-3)


def test_the_losses_of_all_exits_are_summed() -> None:
    exits = {Exit(1, 3): maps_of(joints(), 16, 0.1), Exit(1, 4): maps_of(joints(), 32, 0.1)}
    total, parts = total_loss(exits, targets(), LossWeights())
    assert list(parts) == list(exits)
    assert total == pytest.approx(float(sum(parts.values())))


def test_votes_are_counted_as_the_tracker_counts_them() -> None:
    maps = maps_of(joints(), 16, 0.05)
    mean = joints_from_maps(*(part[0].numpy() for part in (maps.cells[0], *maps[1:4])), steps=0)
    # The tracker counts the best votes alone.
    assert np.abs(Votes.of(maps).joints()[0].numpy() - mean).max() < 0.03
