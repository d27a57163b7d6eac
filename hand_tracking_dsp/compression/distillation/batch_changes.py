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

"""Changes of batches of crops that cameras and light cause, on the device that trains.

The labels are those of the clean crop: these changes move no joint. Each takes float [n, 3, size, size], RGB,
0 to 1, and returns the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.distillation.batch_geometry import (
    moved_grid,
    pixel_grid,
    sampled,
    turned_unit,
)

_PATH_STEPS = 12
_PATH = (0.02, 0.2)
"""Shortest and longest path of a motion blur, as shares of the crop's side."""

_SMALL, _BLUR_PX = (0.14, 0.75), (0.6, 4.0)


@dataclass(frozen=True, slots=True)
class ChangeShares:
    """Shares of the crops that get each change.

    Attributes:
        extent: Size of a hand in an image, in that of a hand in its crop, 0 to 1: how far blurs reach.
    """

    light: float = 0.35
    shadow: float = 0.1
    tint: float = 0.25
    grey: float = 0.05
    dark: float = 0.1
    small: float = 0.27
    motion: float = 0.2
    blur: float = 0.1
    noise: float = 0.2
    jpeg: float = 0.2
    extent: float = 1.0


class Draw:
    """Random numbers of a batch: on the device for values, on the CPU for which crops are changed.

    Args:
        seed: Seed of both.
        device: Device of the values.
    """

    def __init__(self, seed: int, device: str) -> None:
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.cpu = np.random.default_rng(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw from low to high."""
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, deviation: float, *shape: int) -> Tensor:
        """Draw around 0."""
        return torch.randn(shape, generator=self.generator, device=self.device) * deviation

    def chosen(self, count: int, share: float) -> Tensor:
        """Choose a share of the numbers 0 to count - 1, int64."""
        return self.numbers(np.flatnonzero(self.cpu.random(count) < share))

    def numbers(self, values: np.ndarray) -> Tensor:
        """Put whole numbers on the device."""
        return torch.from_numpy(values.astype(np.int64)).to(self.device, non_blocking=True)


def change_all(images: Tensor, shares: ChangeShares, draw: Draw) -> Tensor:
    """Change crops as a camera would: light, then the lens and motion, then the sensor, then the codec."""
    images = images.clone()
    extent = shares.extent
    blurred, small = partial(_blurred, extent=extent), partial(_small, extent=extent)
    steps: tuple[tuple[Callable[[Tensor, Draw], Tensor], float], ...] = (
        (_light, shares.light),
        (_shadow, shares.shadow),
        (_tint, shares.tint),
        (_grey, shares.grey),
        (blurred, shares.blur / 2),
        (blurred, shares.blur / 2),
        (partial(moved_blur, extent=extent), shares.motion),
        (small, shares.small / 3),
        (small, shares.small / 3),
        (small, shares.small / 3),
        (_dark, shares.dark),
        (_noise, shares.noise),
        (jpeg, shares.jpeg),
    )
    for change, share in steps:
        chosen = draw.chosen(len(images), share)
        if len(chosen):
            images[chosen] = change(images[chosen], draw).clamp(0, 1)
    return images


def moved_blur(images: Tensor, draw: Draw, extent: float = 1.0) -> Tensor:
    """Blur by a motion along a smooth random path, with a turn and an approach, during the exposure.

    The path's mean is the still image, so that the labels fit.
    """
    count, size = len(images), images.shape[-1]
    longest = draw.uniform(*_PATH, count) * size * extent
    # A path with a curve: velocity and acceleration.
    time = torch.linspace(-0.5, 0.5, _PATH_STEPS, device=images.device)
    along = turned_unit(draw.uniform(0, 2 * math.pi, count))
    bend = turned_unit(draw.uniform(0, 2 * math.pi, count)) * draw.uniform(0, 1, count)[:, None]
    wave = time.square() - time.square().mean()
    path = time[None, :, None] * along[:, None] + wave[None, :, None] * bend[:, None] * 2
    path = path * longest[:, None, None]
    turn, approach = draw.normal(0.06, count), draw.normal(0.05, count)
    total = torch.zeros_like(images)
    for step, moment in enumerate(time.tolist()):
        grid = moved_grid(turn * moment, (approach * moment).exp(), path[:, step], size)
        total += sampled(images, grid)
    return total / _PATH_STEPS


def jpeg(images: Tensor, draw: Draw) -> Tensor:
    """Compress and decompress as JPEG does, without its lossless coding, colours at half the resolution."""
    count, _, size, _ = images.shape
    quality = draw.uniform(10, 75, count)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50).clamp(min=0.02)
    to_ycc, from_ycc, light_steps, colour_steps, _ = _jpeg_constants(images.device)
    planes = torch.einsum("kc,nchw->nkhw", to_ycc, images * 255)
    light = _coded(planes[:, :1] - 128, light_steps, scale)
    colour = functional.avg_pool2d(planes[:, 1:], 2)
    pad = -colour.shape[-1] % 8
    colour = functional.pad(colour, (0, pad, 0, pad), mode="replicate")
    colour = _coded(colour, colour_steps, scale)[..., : size // 2, : size // 2]
    colour = functional.interpolate(colour, scale_factor=2.0, mode="bilinear")
    planes = torch.cat([light + 128, colour], 1)
    return torch.einsum("ck,nkhw->nchw", from_ycc, planes) / 255


def _light(images: Tensor, draw: Draw) -> Tensor:
    count = len(images)
    gamma, contrast = draw.normal(0.35, count, 1, 1, 1).exp(), draw.normal(0.3, count, 1, 1, 1).exp()
    return (images.clamp(min=1e-4) ** gamma - 0.5) * contrast + 0.5 + draw.normal(0.1, count, 1, 1, 1)


def _shadow(images: Tensor, draw: Draw) -> Tensor:
    count, size = len(images), images.shape[-1]
    direction = turned_unit(draw.uniform(0, 2 * math.pi, count))
    places = pixel_grid(size, images.device) / size - 0.5
    edge = torch.einsum("hwc,nc->nhw", places, direction) - draw.uniform(-0.3, 0.3, count, 1, 1)
    shade = 1 - draw.uniform(0.2, 0.7, count, 1, 1) * torch.sigmoid(
        4 * edge / draw.uniform(0.05, 0.6, count, 1, 1)
    )
    return images * shade[:, None]


def _tint(images: Tensor, draw: Draw) -> Tensor:
    count = len(images)
    grey = images.mean(1, keepdim=True)
    coloured = grey + (images - grey) * draw.uniform(0.3, 1.7, count, 1, 1, 1)
    return coloured * draw.normal(0.13, count, 3, 1, 1).exp()


def _grey(images: Tensor, _: Draw) -> Tensor:
    return images.mean(1, keepdim=True).expand_as(images)


def _dark(images: Tensor, draw: Draw) -> Tensor:
    """Take light away, add the sensor's noise, and lift what is left by a part."""
    count = len(images)
    left = draw.uniform(math.log(0.06), math.log(0.5), count, 1, 1, 1).exp()
    light = images * left
    grain = draw.normal(1.0, *images.shape)
    light = light + grain * (draw.uniform(0.002, 0.012, count, 1, 1, 1) + 0.02 * light.clamp(min=0).sqrt())
    return light * left ** -draw.uniform(0.0, 0.8, count, 1, 1, 1)


def _small(images: Tensor, draw: Draw, extent: float) -> Tensor:
    """Show hands that are small in the camera's image, enlarged by the tracker; one size for all of them."""
    size = images.shape[-1]
    low, high = (extent * math.log(share) for share in _SMALL)
    small = int(size * math.exp(draw.cpu.uniform(low, high)))
    if draw.cpu.random() < 0.7:
        reduced = functional.interpolate(images, size=(small, small), mode="area")
    else:
        reduced = functional.interpolate(images, size=(small, small), mode="bilinear", align_corners=False)
    mode = "bilinear" if draw.cpu.random() < 0.7 else "bicubic"
    return functional.interpolate(reduced, size=(size, size), mode=mode, align_corners=False)


def _blurred(images: Tensor, draw: Draw, extent: float) -> Tensor:
    """Blur as a lens out of focus; one width for all of them."""
    deviation = float(draw.cpu.uniform(*_BLUR_PX)) * extent
    reach = math.ceil(2.5 * deviation)
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = (-0.5 * (steps / deviation) ** 2).exp()
    shares = (kernel / kernel.sum()).tolist()
    # No convolution: cuDNN would plan a new one for each width and number of crops.
    for axis in (2, 3):
        pad = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        padded, side = functional.pad(images, pad, mode="replicate"), images.shape[axis]
        images = torch.zeros_like(images)
        for start, share in enumerate(shares):
            images += share * padded.narrow(axis, start, side)
    return images


def _noise(images: Tensor, draw: Draw) -> Tensor:
    grain = draw.normal(1.0, *images.shape)
    if draw.cpu.random() < 0.5:
        grain = functional.avg_pool2d(grain, 3, 1, 1) * 2.2
    return images + grain * draw.uniform(0.008, 0.08, len(images), 1, 1, 1)


def _coded(planes: Tensor, steps: Tensor, scale: Tensor) -> Tensor:
    """Round the cosine transform of blocks of 8 by 8; planes [n, c, h, w], whole blocks, around 0."""
    count, channels, height, width = planes.shape
    blocks = planes.reshape(count, channels, height // 8, 8, width // 8, 8)
    cosines = _jpeg_constants(planes.device)[-1]
    waves = torch.einsum("ui,ncaibj,vj->ncabuv", cosines, blocks, cosines)
    size = (steps * scale[:, None, None]).clamp(min=1)[:, None, None, None]
    waves = (waves / size).round() * size
    blocks = torch.einsum("ui,ncabuv,vj->ncaibj", cosines, waves, cosines)
    return blocks.reshape(count, channels, height, width)


@lru_cache(maxsize=4)
def _jpeg_constants(device: torch.device) -> tuple[Tensor, ...]:
    """Put the matrix to YCbCr, its inverse, the steps of light and colour and the cosines on a device."""
    to_ycc = torch.tensor(_TO_YCC)
    constants = (
        to_ycc,
        torch.linalg.inv(to_ycc),
        *map(torch.tensor, (_LIGHT_STEPS, _COLOUR_STEPS, _COSINES)),
    )
    return tuple(constant.to(device) for constant in constants)


_COSINES = [
    [
        math.sqrt((1 if row == 0 else 2) / 8) * math.cos((2 * column + 1) * row * math.pi / 16)
        for column in range(8)
    ]
    for row in range(8)
]
# ITU T.81, annex K.
_LIGHT_STEPS = [
    [16.0, 11, 10, 16, 24, 40, 51, 61],
    [12.0, 12, 14, 19, 26, 58, 60, 55],
    [14.0, 13, 16, 24, 40, 57, 69, 56],
    [14.0, 17, 22, 29, 51, 87, 80, 62],
    [18.0, 22, 37, 56, 68, 109, 103, 77],
    [24.0, 35, 55, 64, 81, 104, 113, 92],
    [49.0, 64, 78, 87, 103, 121, 120, 101],
    [72.0, 92, 95, 98, 112, 100, 103, 99],
]
_COLOUR_STEPS = [
    [17.0, 18, 24, 47, 99, 99, 99, 99],
    [18.0, 21, 26, 66, 99, 99, 99, 99],
    [24.0, 26, 56, 99, 99, 99, 99, 99],
    [47.0, 66, 99, 99, 99, 99, 99, 99],
    *([[99.0] * 8] * 4),
]
_TO_YCC = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
