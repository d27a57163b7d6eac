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

"""Change in a part of the picture, from small grey thumbnails of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from hand_tracking_dsp.tracking.types import Floats, Image

_SIZE = 32
_BLOCKS = 4
# Pixels that are looked at along the longer side, at least: their averages have a fraction of the noise.
_SAMPLES = 64

# Where there is little texture, noise would look like motion: the squared gradient of a block counts as
# at least this, squared grey levels, and this many times the noise more.
_LEAST_TEXTURE = 8.0
_TEXTURE_PER_NOISE = 8.0
# Squared differences of the quietest block above this are motion, not noise.
_MOST_NOISE = 3.0

# Share of the difference that may be left where bands of light explain it.
_EXPLAINED = 0.2

# Light may change by this factor between two thumbnails and still count as the same scene.
_MOST_GAIN = 4.0


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of an image: borders in pixels, right and bottom beyond the last one."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """A part of an image as 32x32 grey pixels.

    Attributes:
        box: The part of the image.
        shape: Height and width of the image, pixels.
        grey: float32 [32, 32], 0 to 255, of the green channel.
        mean: Mean of grey.
        deviation: Standard deviation of grey.
        texture: float32 [4, 4], mean squared gradient of the blocks of 8x8 pixels.
    """

    box: Part
    shape: tuple[int, int]
    grey: Floats
    mean: float
    deviation: float
    texture: Floats

    @classmethod
    def of(cls, image: Image, box: Part) -> Thumbnail:
        """Make the thumbnail of a part of an image.

        Args:
            image: uint8 [height, width, 3], in either order of channels.
            box: Part of it; what lies outside the image is left out.
        """
        grey = _grey(image, box)
        mean, deviation = _mean_and_deviation(grey)
        across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
        down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
        texture = _of_blocks(across * across + down * down)
        return cls(box, image.shape[:2], grey, mean, deviation, texture)

    def displacement(self, image: Image) -> float:
        """Estimate how far the contents of the part have moved in a later image.

        The squared difference of two pictures of a texture is the squared displacement times the mean
        squared gradient, halved for motion across the gradient. Each block gives an estimate, the largest
        counts. The difference of the quietest block is taken for noise, and off the others. Before, the
        later picture is brought to the mean and deviation of the earlier one, so that light that changes is
        not motion.

        Args:
            image: uint8 [height, width, 3]; one of another size has moved beyond measure.

        Returns:
            Displacement in shares of the box's longer side; infinite where nothing can be compared.
        """
        if image.shape[:2] != self.shape:
            return math.inf
        grey = _grey(image, self.box)
        mean, deviation = _mean_and_deviation(grey)
        gain = (self.deviation + 1) / (deviation + 1)
        if not 1 / _MOST_GAIN <= gain <= _MOST_GAIN:
            return math.inf
        difference = (grey - np.float32(mean)) * np.float32(gain) - (self.grey - np.float32(self.mean))
        squared = _of_blocks(difference * difference)
        if squared.max() > _MOST_NOISE:
            squared = self._without_bands(grey, squared)
        noise = min(float(squared.min()), _MOST_NOISE)
        moved = (squared - noise) / (self.texture + (_LEAST_TEXTURE + _TEXTURE_PER_NOISE * noise))
        return math.sqrt(2 * float(moved.max())) / _SIZE

    def _without_bands(self, grey: Floats, squared: Floats) -> Floats:
        """Take off what a gain of each row explains, if that is most of the difference.

        Lamps that flicker light the rows of a rolling shutter differently; hands do not move so.
        """
        gains = (grey * self.grey).sum(axis=1) / np.maximum((self.grey * self.grey).sum(axis=1), 1)
        rest = grey - self.grey * gains[:, None]
        left = _of_blocks(rest * rest)
        return left if left.sum() < _EXPLAINED * squared.sum() else squared


def _grey(image: Image, box: Part) -> Floats:
    height, width = image.shape[:2]
    left, top = min(max(box.left, 0), width - 1), min(max(box.top, 0), height - 1)
    right, bottom = min(max(box.right, left + 1), width), min(max(box.bottom, top + 1), height)
    step = max(1, max(right - left, bottom - top) // _SAMPLES)
    # Green is in the middle of both orders, and close to grey.
    green = np.ascontiguousarray(image[top:bottom:step, left:right:step, 1])
    result: Floats = cv2.resize(green, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return result


def _mean_and_deviation(grey: Floats) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(grey)
    return mean.item(), deviation.item()


def _of_blocks(values: Floats) -> Floats:
    """Return the means of the blocks of float32 [32, 32], as float32 [4, 4]."""
    result: Floats = cv2.resize(values, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    return result
