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

"""Joints from maps by votes and mean-shift."""

from __future__ import annotations

import numpy as np
import pytest
from support.depth_maps import exact_maps

from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.votes import cell_centres, joints_from_maps, mean_shift


def hand(side: int) -> Floats:
    """Make cells of a disc, nearer in its middle, before nothing."""
    x, y = cell_centres(side).T.reshape(2, side, side)
    return np.where(np.hypot(x, y) < 0.8, 0.3 * x + 0.2, -1).astype(np.float32)


def joints() -> Floats:
    """Make joints that are near enough to some cell to be voted for."""
    return np.random.default_rng(0).uniform(-0.3, 0.3, (21, 3)).astype(np.float32)


@pytest.mark.parametrize("side", [4, 8, 16, 32])
def test_exact_maps_give_exact_joints(side: int) -> None:
    cells, truth = hand(side), joints()
    assert np.allclose(joints_from_maps(cells, *exact_maps(truth, cells)), truth, atol=5e-3)


def test_background_does_not_vote() -> None:
    cells, truth = hand(16), joints()
    heat, closeness, directions = exact_maps(truth, cells)
    behind = cells == -1
    heat[:, behind], closeness[:, behind], directions[:, behind] = 9.0, 1.0, 0.0
    assert np.allclose(joints_from_maps(cells, heat, closeness, directions), truth, atol=5e-3)


def test_without_a_cell_that_shows_anything_there_are_no_joints() -> None:
    cells = np.full((16, 16), -1, np.float32)
    found = joints_from_maps(cells, *exact_maps(joints(), cells))
    assert found.shape == (21, 3)
    assert np.isnan(found).all()


def test_a_single_cell_is_enough() -> None:
    cells, truth = np.full((16, 16), -1, np.float32), np.zeros((21, 3), np.float32)
    cells[8, 8] = 0.2
    assert np.allclose(joints_from_maps(cells, *exact_maps(truth, cells)), truth, atol=5e-3)


def test_mean_shift_leaves_votes_that_are_far_from_the_others() -> None:
    random = np.random.default_rng(1)
    points = random.normal(0, 0.02, (21, 24, 3)).astype(np.float32)
    points[:, :6] += np.float32([1, 0, 0])
    weights = np.ones((21, 24), np.float32)
    mean, found = (np.abs(mean_shift(points, weights, steps)).max() for steps in (0, 4))
    assert mean > 0.1
    assert found < 0.03


def test_votes_of_weight_zero_and_of_one_place_do_no_harm() -> None:
    points = np.full((2, 5, 3), 0.25, np.float32)
    assert np.allclose(mean_shift(points, np.full((2, 5), 1e-30, np.float32)), 0.25)
