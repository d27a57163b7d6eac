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

"""Changes of samples that make more of them: other people's proportions, turns, shifts, sides and holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class CubeAugmentation:
    """Largest changes of a sample; of each an amount up to it is drawn.

    Attributes:
        turn_deg: Turn about the camera's axis, degrees.
        scale: Change of size, as a share.
        stretch: Change of width against length, as a share.
        shift: Shift in the image, shares of half the cube's side.
        depth: Shift along the camera's axis, shares of half the cube's side.
        mirror: Share of samples whose side is exchanged.
        holes: Share of samples with a hole.
    """

    turn_deg: float = 15.0
    scale: float = 0.12
    stretch: float = 0.1
    shift: float = 0.08
    depth: float = 0.1
    mirror: float = 0.5
    holes: float = 0.3


NO_AUGMENTATION = CubeAugmentation(0, 0, 0, 0, 0, 0, 0)

_HOLE_PX = (2, 10)
"""Least radius of a hole, and that above the largest."""


def augmented(
    images: Tensor, joints: Tensor, right: Tensor, change: CubeAugmentation, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Change samples at random, each by its own amounts, where they are: on a CPU or a GPU.

    Args:
        images: uint8 [n, size, size]; 0 is background, 1 to 255 depth from the cube's back to its front.
        joints: float [n, joints, 3], shares of half the cube's side.
        right: float [n], 1 for a right hand, 0 for a left one; another number where that is not known: all
            hands are then of one side, and none is mirrored.
        change: Largest changes.
        random: Source of the numbers drawn.

    Returns:
        Depth of the changed samples as a network takes it, float [n, 1, size, size], -1 to 1; joints; right.
    """
    count = len(images)
    draws = torch.from_numpy(random.uniform(-1, 1, (6, count))).float().to(images.device)
    mirror, holed = (
        torch.from_numpy(random.uniform(size=count) < share).to(images.device)
        for share in (change.mirror, change.holes)
    )
    mirror &= (right == 0) | (right == 1)
    turn = torch.deg2rad(change.turn_deg * draws[0])
    scale = torch.exp(change.scale * draws[1])
    stretch = torch.exp(change.stretch * draws[2] / 2)
    across, down = scale * stretch * (1 - 2 * mirror.float()), scale / stretch
    cos, sin = turn.cos(), turn.sin()
    # Turned after it was stretched: the stretch is along the hand.
    matrix = torch.stack([cos * across, -sin * down, sin * across, cos * down], 1).view(-1, 2, 2)
    shift, offset = change.shift * draws[3:5].T, change.depth * draws[5]
    moved = torch.cat(
        [
            joints[:, :, :2] @ matrix.mT + shift[:, None],
            joints[:, :, 2:] * scale[:, None, None] + offset[:, None, None],
        ],
        dim=2,
    )
    back = torch.linalg.inv(matrix)
    grid = functional.affine_grid(
        torch.cat([back, -back @ shift[:, :, None]], 2), [count, 1, *images.shape[1:]], align_corners=False
    )
    flat = functional.grid_sample(images[:, None].float(), grid, mode="nearest", align_corners=False)
    shown = (flat > 0) & ~_holes(images, holed, random)
    depth = (flat / 127.5 - 1) * scale.view(-1, 1, 1, 1) + offset.view(-1, 1, 1, 1)
    steps = ((depth + 1) * 127.5).round().clamp(1, 255)
    return torch.where(shown, steps / 127.5 - 1, -1.0), moved, torch.where(mirror, 1 - right, right)


def _holes(images: Tensor, holed: Tensor, random: np.random.Generator) -> Tensor:
    """Return bool [n, 1, size, size], True within a disc of the samples that have a hole."""
    count, size = images.shape[:2]
    drawn = np.stack([*random.integers(0, size, (2, count)), random.integers(*_HOLE_PX, count)])
    x, y, radius = torch.from_numpy(drawn).to(images.device)[:, :, None, None, None]
    places = torch.arange(size, device=images.device)
    apart = (places - x).square() + (places[:, None] - y).square()
    return (apart <= radius.square()) & holed.view(-1, 1, 1, 1)
