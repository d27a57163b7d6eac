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

"""Joints from the maps of a depth network: cells of the hand vote, and mean-shift finds where most meet.

The maps are those of dense 3D regression (Wan et al., CVPR 2018). Points are in shares of half the side of
the cube, as in depth_crop.Cube.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from hand_tracking_dsp.tracking.types import Floats

REACH = 0.75
"""Farthest that a joint is from a cell that votes for it, shares of half the cube's side."""

SHARPNESS = 8.0
"""How sharply votes are weighted: by exp(SHARPNESS * (2D heat map + 3D heat map))."""

# Votes of each joint that are looked at.
_MOST = 64
# Standard deviation of mean-shift's Gaussian kernel, shares of half the cube's side, and its steps.
_BANDWIDTH = 0.25
_STEPS = 4
# Cells at or below this depth are background.
_BEHIND = -0.999


def joints_of(outputs: Sequence[Floats], steps: int = _STEPS) -> Floats:
    """Find the joints in what a network gives, as contract.depth_contract has it; see joints_from_maps."""
    cells, heat, closeness, directions, *_ = outputs
    return joints_from_maps(cells[0, 0], heat[0], closeness[0], directions[0], steps)


def joints_from_maps(
    cells: Floats, heat: Floats, closeness: Floats, directions: Floats, steps: int = _STEPS
) -> Floats:
    """Find the joints.

    Args:
        cells: float32 [side, side], depth of each cell's nearest pixel.
        heat: float32 [joints, side, side], 2D heat maps: 1 at the joint, 0 at some distance in the image.
        closeness: float32 [joints, side, side], 3D heat maps: 1 at the joint, 0 at REACH.
        directions: float32 [3 * joints, side, side], unit vectors to the joint, its x, y and z together.
        steps: Steps of mean-shift; 0: the votes' weighted mean.

    Returns:
        float32 [joints, 3]; NaN where no cell shows anything.
    """
    joints, side = heat.shape[:2]
    shown = np.flatnonzero(cells.ravel() > _BEHIND)
    if not len(shown):
        return np.full((joints, 3), np.nan, np.float32)
    near = closeness.reshape(joints, -1)[:, shown]
    scores = heat.reshape(joints, -1)[:, shown] + near
    most = min(_MOST, len(shown))
    best = np.argpartition(scores, -most, axis=1)[:, -most:]
    weights = np.take_along_axis(scores, best, 1)
    weights -= weights.max(1, keepdims=True)
    weights = np.exp(np.float32(SHARPNESS) * weights)
    cell = shown[best]
    points = np.empty((joints, most, 3), np.float32)
    points[..., :2] = cell_centres(side)[cell]
    points[..., 2] = cells.ravel()[cell]
    distances = np.float32(REACH) * (1 - np.clip(np.take_along_axis(near, best, 1), 0, 1))
    vectors = np.take_along_axis(directions.reshape(joints, 3, -1), cell[:, None], 2)
    points += (vectors * distances[:, None]).transpose(0, 2, 1)
    return mean_shift(points, weights, steps)


def mean_shift(points: Floats, weights: Floats, steps: int = _STEPS) -> Floats:
    """Find where votes meet, from their weighted mean.

    Args:
        points: float32 [joints, votes, 3].
        weights: float32 [joints, votes], above 0.
        steps: Steps with a Gaussian kernel.

    Returns:
        float32 [joints, 3].
    """
    scale = np.float32(-0.5 / _BANDWIDTH**2)
    found: Floats = np.einsum("jv,jvd->jd", weights, points) / weights.sum(1, keepdims=True)
    for _ in range(steps):
        offsets = points - found[:, None]
        kernel = weights * np.exp(scale * np.einsum("jvd,jvd->jv", offsets, offsets))
        total = kernel.sum(1, keepdims=True)
        # Where all votes are far from their mean it stays.
        shift = np.einsum("jv,jvd->jd", kernel, offsets) / np.maximum(total, np.float32(1e-12))
        found = found + shift
    return found


@lru_cache(maxsize=8)
def cell_centres(side: int) -> Floats:
    """Return x and y of each cell of a map, float32 [side * side, 2], row by row."""
    steps = (np.arange(side, dtype=np.float32) + 0.5) * np.float32(2 / side) - 1
    y, x = np.meshgrid(steps, steps, indexing="ij")
    centres: Floats = np.stack([x.ravel(), y.ravel()], axis=1)
    centres.flags.writeable = False
    return centres
