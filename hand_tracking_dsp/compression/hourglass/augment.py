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

from hand_tracking_dsp.compression.affine import Affine, AffineChange


@dataclass(frozen=True, slots=True)
class CubeAugmentation(AffineChange):
    """Largest changes of a sample: those of its picture, and these.

    Attributes:
        depth: Shift along the camera's axis, shares of half the cube's side.
        holes: Share of samples with a hole.
    """

    depth: float = 0.1
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
        right: float [n], see Affine.drawn.
        change: Largest changes.
        random: Source of the numbers drawn.

    Returns:
        Depth of the changed samples as a network takes it, float [n, 1, size, size], -1 to 1; joints; right.
    """
    affine = Affine.drawn(right, change, random)
    offset = change.depth * torch.from_numpy(random.uniform(-1, 1, len(images))).float().to(images.device)
    scale, offset = (part.view(-1, 1, 1) for part in (affine.scale, offset))
    moved = torch.cat([affine.moved(joints[:, :, :2]), joints[:, :, 2:] * scale + offset], dim=2)
    flat = affine.warped(images[:, None].float(), "nearest")
    shown = (flat > 0) & ~_holes(images, change.holes, random)
    depth = (flat / 127.5 - 1) * scale[:, None] + offset[:, None]
    steps = ((depth + 1) * 127.5).round().clamp(1, 255)
    return torch.where(shown, steps / 127.5 - 1, -1.0), moved, affine.sides(right)


def _holes(images: Tensor, share: float, random: np.random.Generator) -> Tensor:
    """Return bool [n, 1, size, size], True within a disc in so many of the samples."""
    count, size = images.shape[:2]
    holed = random.uniform(size=count) < share
    drawn = np.stack([*random.integers(0, size, (2, count)), holed * random.integers(*_HOLE_PX, count)])
    x, y, radius = torch.from_numpy(drawn).to(images.device)[:, :, None, None, None]
    places = torch.arange(size, device=images.device)
    apart = (places - x).square() + (places[:, None] - y).square()
    return (apart <= radius.square()) & (radius > 0)
