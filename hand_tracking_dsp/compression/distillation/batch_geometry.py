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

"""Geometry of batches of images on a device: regions cut out of pictures, points, and drawn shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.data.picture_pack import SIDE_PX
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.types import Image

SIZE = LANDMARKS.size


class Atlas:
    """Square pictures on a device, out of which regions are cut as tracking.geometry.crop does.

    Args:
        images: uint8 [side, side, 3] each, BGR, enlarged where they are smaller than 256.
        device: Device to keep them on.
    """

    def __init__(self, images: Sequence[Image], device: str) -> None:
        same = [cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC) for image in images]
        pixels = torch.from_numpy(np.stack(same)[:, :, :, ::-1].transpose(0, 3, 1, 2).copy())
        self._pixels = pixels.to(device)

    def __len__(self) -> int:
        return len(self._pixels)

    def cut(
        self, numbers: Tensor, regions: Tensor, mirrored: Tensor | None = None, size: int = SIZE
    ) -> Tensor:
        """Cut regions out of pictures.

        Args:
            numbers: int64 [n], pictures.
            regions: float [n, 4]: x, y, size and rotation, as types.Region, in pixels of the picture.
            mirrored: bool [n], crops to mirror; None: none.
            size: Side of the crops, pixels.

        Returns:
            float32 [n, 3, size, size], RGB, 0 to 1.
        """
        grid = crop_grid(regions, size)
        if mirrored is not None:
            grid = torch.where(mirrored[:, None, None, None], grid.flip(2), grid)
        return sampled(self._pixels[numbers].float() / 255, grid)


def crop_grid(regions: Tensor, size: int) -> Tensor:
    """Return where the pixels of crops lie in their pictures, float [n, size, size, 2], x and y, pixels."""
    steps = torch.arange(size, device=regions.device, dtype=regions.dtype) - size / 2
    away = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1) / size
    return _turned(away[None], regions[:, None, None])


def sampled(images: Tensor, grid: Tensor) -> Tensor:
    """Sample images, [n, c, h, w], at pixels, [n, y, x, 2], bilinearly, border pixels repeated outside."""
    height, width = images.shape[2:]
    scale = torch.tensor([2 / (width - 1), 2 / (height - 1)], device=grid.device, dtype=grid.dtype)
    return functional.grid_sample(images, grid * scale - 1, padding_mode="border", align_corners=True)


def to_other_crop(points: Tensor, regions: Tensor, others: Tensor) -> Tensor:
    """Carry points, [n, k, 2], pixels of crops of some regions, [n, 4], to the crops of other regions."""
    picture = _turned(points / SIZE - 0.5, regions[:, None])
    cos, sin = others[:, 3:].cos(), others[:, 3:].sin()
    x, y = (picture - others[:, None, :2]).unbind(-1)
    away = torch.stack([cos * x + sin * y, cos * y - sin * x], -1)
    return (away / others[:, None, 2:3] + 0.5) * SIZE


def mirrored_points(points: Tensor) -> Tensor:
    """Mirror points, [n, k, 2 or more], in crops."""
    return torch.cat([SIZE - 1 - points[..., :1], points[..., 1:]], -1)


def pixel_grid(size: int, device: torch.device) -> Tensor:
    """Return the places of pixels, float32 [size, size, 2], x and y."""
    steps = torch.arange(size, device=device, dtype=torch.float32)
    return torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1)


def moved_grid(turns: Tensor, scales: Tensor, shifts: Tensor, size: int = SIZE) -> Tensor:
    """Return where to sample images that are turned and scaled about their middles, then shifted.

    Args:
        turns: float [n], radians.
        scales: float [n].
        shifts: float [n, 2], pixels.
        size: Side of the images.

    Returns:
        float [n, size, size, 2], x and y, pixels.
    """
    middle = (size - 1) / 2
    away = (pixel_grid(size, turns.device)[None] - middle - shifts[:, None, None]) / scales[
        :, None, None, None
    ]
    cos, sin = turns.cos()[:, None, None], turns.sin()[:, None, None]
    x, y = away.unbind(-1)
    return torch.stack([cos * x + sin * y, cos * y - sin * x], -1) + middle


def moved_points(points: Tensor, turns: Tensor, scales: Tensor, shifts: Tensor, size: int = SIZE) -> Tensor:
    """Move points, [n, k, 2], as moved_grid moves images."""
    middle = (size - 1) / 2
    cos, sin = turns.cos()[:, None], turns.sin()[:, None]
    x, y = (points - middle).unbind(-1)
    turned = torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
    return turned * scales[:, None, None] + middle + shifts[:, None]


def distance_to_segments(starts: Tensor, ends: Tensor, size: int = SIZE) -> Tensor:
    """Measure each pixel's distance from segments.

    Args:
        starts: float [n, 2], pixels.
        ends: float [n, 2].
        size: Side of the images.

    Returns:
        float [n, size, size], pixels.
    """
    steps = torch.arange(size, device=starts.device, dtype=starts.dtype)
    x, y = steps - starts[:, 0, None, None], steps[:, None] - starts[:, 1, None, None]
    along_x, along_y = (ends - starts)[..., None, None].unbind(1)
    length = (along_x.square() + along_y.square()).clamp(min=1e-6)
    share = (x * (along_x / length) + y * (along_y / length)).clamp(0, 1)
    return ((x - share * along_x).square() + (y - share * along_y).square()).sqrt()


def soft_mask(distance: Tensor, softness: float = 0.8) -> Tensor:
    """Turn signed distances from a border, pixels, negative inside, into shares covered, 0 to 1."""
    return torch.sigmoid(-distance / softness)


def at_points(masks: Tensor, points: Tensor) -> Tensor:
    """Read masks, [n, size, size], at points, [n, k, 2], pixels; 0 outside: float [n, k]."""
    scale = 2 / (masks.shape[-1] - 1)
    found = functional.grid_sample(masks[:, None], points[:, None] * scale - 1, align_corners=True)
    return found[:, 0, 0]


def turned_unit(angles: Tensor) -> Tensor:
    """Return unit vectors, float [n, 2], in some directions, radians."""
    return torch.stack([angles.cos(), angles.sin()], -1)


def right_angle(vectors: Tensor) -> Tensor:
    """Turn vectors, [n, 2], by a right angle."""
    x, y = vectors.unbind(-1)
    return torch.stack([-y, x], -1)


def _turned(away: Tensor, regions: Tensor) -> Tensor:
    """Carry shares of a region's side from its middle, [..., 2], to the picture; regions [..., 4]."""
    cos, sin = regions[..., 3].cos(), regions[..., 3].sin()
    x, y = away.unbind(-1)
    turned = torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
    return turned * regions[..., 2:3] + regions[..., :2]


DEGREE = math.pi / 180
