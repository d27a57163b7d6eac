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

"""Depth images drawn as lit statues, in which networks trained on photos see hands.

A grey ramp of depth shows them none: they look for shading. The surface is smoothed, lit by a lamp above
the camera by the cosine of its slope (J. H. Lambert, "Photometria", 1760) and coloured like skin; what lies
far away fades, as a room does behind a lamp.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats, Image

Bytes = NDArray[np.uint8]

_SIDE_PX = 640
"""Longest side that is drawn; between finer pixels the noise is steeper than the surface."""

LAMP = np.array([0.2, -0.5, 0.85]) / np.linalg.norm([0.2, -0.5, 0.85])
"""Unit vector to the lamp: to the right in the image, down in it, towards the camera."""

_AMBIENT = 0.5
"""Brightness of a surface that faces away from the lamp, a share of the brightest."""

_EVENED, _MOST_EVENED = 1 / 156, 7
"""Half the side over which the light is evened, a share of the focal length, and most pixels of it."""

_FADES_FROM = 0.3
"""Share of the reach from which surfaces fade, by the square of what is left of it."""

_SKIN = (150.0, 110.0, 85.0)
"""Red, green and blue of the brightest surface, above the background."""

_BACKGROUND = 10.0

_SOBEL = 8.0
"""Value of cv2.Sobel of 3x3 for a slope of one a pixel."""

_SHOWN = 5
"""Pixels of 3x3 whose depth is known where a surface is drawn."""

_BLOCK_PX = 4
"""Side of the blocks by which holes are filled."""

_TINY_M = 1e-6

_HOLE_BLOCKS = 12
"""Blocks of the largest hole that is filled."""


@dataclass(frozen=True, slots=True)
class StatueOptions:
    """Drawing of depth images for the networks."""

    reach_m: float = option(
        1.8,
        "Farthest surface in which hands are looked for; it is drawn ever darker from 0.3 of it on.",
        "m",
        0.2,
        20,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class StatuePainter:
    """Draws depth images as statues; keeps its buffers from frame to frame.

    Args:
        options: Settings.
        lamp: Unit vector [3] to the lamp, to the right in the image, down in it, towards the camera; networks
            are trained with others, too, because the tracker turns hands upright, and the lamp with them.
    """

    def __init__(self, options: StatueOptions | None = None, lamp: NDArray[np.float64] = LAMP) -> None:
        self._reach_m = (options or StatueOptions()).reach_m
        self._lamp = lamp
        self._buffers: tuple[Floats, ...] = ()

    def draw(self, view: DepthView) -> Image:
        """Draw a depth image.

        Args:
            view: The depth image, of any size; one of fewer than 4 rows or columns shows nothing.

        Returns:
            uint8 [height, width, 3], RGB; a new array.
        """
        metres = np.ascontiguousarray(view.metres, np.float32)
        height, width = metres.shape
        if min(height, width) < _BLOCK_PX:
            return np.full((height, width, 3), int(_BACKGROUND), np.uint8)
        factor = max(1, round(max(height, width) / _SIDE_PX))
        if factor > 1:
            metres = _shrunk(metres, max(width // factor, 1), max(height // factor, 1))
        grey = self._shaded(metres, view.camera.fx / factor, view.camera.fy / factor)
        image: Image = cv2.merge([cv2.convertScaleAbs(grey, alpha=c / 255, beta=_BACKGROUND) for c in _SKIN])
        if factor > 1:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        return image

    def _shaded(self, metres: Floats, fx: float, fy: float) -> Bytes:
        """Light the surface: uint8 [height, width], 0 where there is none."""
        if not self._buffers or self._buffers[0].shape != metres.shape:
            self._buffers = tuple(np.empty_like(metres) for _ in range(4))
        near, smooth, down, length = self._buffers
        cv2.threshold(metres, self._reach_m, 0, cv2.THRESH_TOZERO_INV, near)
        shown = _smoothed(near, smooth)
        across = near
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, across, scale=fx / _SOBEL)
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, down, scale=fy / _SOBEL)
        cv2.magnitude(across, down, length)
        cv2.magnitude(length, smooth, length)
        # The surface's normal is (across, down, -smooth) / length.
        cv2.addWeighted(across, self._lamp[0], down, self._lamp[1], 0, across)
        cv2.scaleAdd(smooth, self._lamp[2], across, across)
        cv2.divide(across, cv2.max(length, _TINY_M, length), across)
        cv2.threshold(across, 0, 0, cv2.THRESH_TOZERO, across)
        lit = cv2.convertScaleAbs(across, alpha=255 * (1 - _AMBIENT), beta=255 * _AMBIENT)
        # Light evens out what the sensor's noise does to slopes, and leaves the outline sharp.
        side = 2 * int(min(max(1.0, fx * _EVENED), _MOST_EVENED)) + 1
        lit = cv2.blur(lit, (side, side))
        # Values above 255 are cut off: nothing fades before _FADES_FROM.
        slope = 255 / (1 - _FADES_FROM)
        fade = cv2.min(cv2.convertScaleAbs(smooth, alpha=-slope / self._reach_m, beta=slope), shown)
        shaded: Bytes = cv2.multiply(cv2.multiply(lit, fade, scale=1 / 255), fade, scale=1 / 255)
        return shaded


def _shrunk(metres: Floats, width: int, height: int) -> Floats:
    """Average the known depths of blocks, 0 where fewer than half are known."""
    share = cv2.resize((metres > 0).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(metres, (width, height), interpolation=cv2.INTER_AREA)
    return np.where(share >= 0.5, mean / np.maximum(share, 0.5), 0).astype(np.float32)


def _smoothed(near: Floats, smooth: Floats) -> Bytes:
    """Smooth the surface and continue it where it is unknown, so that the edge of a hole is no step.

    Args:
        near: float32 [h, w], metres, 0 where unknown.
        smooth: float32 [h, w], is overwritten with the smoothed surface.

    Returns:
        uint8 [h, w], 255 where there is a surface, small holes with it.
    """
    known = cv2.compare(near, 0, cv2.CMP_GT)
    known &= 1
    count = cv2.boxFilter(known, -1, (3, 3), normalize=False)
    cv2.boxFilter(near, -1, (3, 3), smooth, normalize=False)
    cv2.divide(smooth, cv2.max(count, 1).astype(np.float32), smooth)
    height, width = near.shape
    blocks = (max(width // _BLOCK_PX, 1), max(height // _BLOCK_PX, 1))
    # Halved twice: OpenCV halves several times faster than it shrinks by four.
    middle = (2 * blocks[0], 2 * blocks[1])
    share, mean = known.astype(np.float32), near
    for size in (middle, blocks):
        share, mean = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (share, mean))
    holes = cv2.dilate(_small_holes(share), np.ones((3, 3), np.uint8))
    for side in (3, 7):
        wide = cv2.boxFilter(mean, -1, (side, side)), cv2.boxFilter(share, -1, (side, side))
        empty = share <= 0
        mean[empty], share[empty] = wide[0][empty], wide[1][empty]
    mean /= cv2.max(share, 1e-6)
    beyond = cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(beyond, cv2.compare(count, 0, cv2.CMP_EQ), smooth)
    shown: Bytes = cv2.compare(count, _SHOWN, cv2.CMP_GE)
    if holes.any():
        shown |= cv2.resize(holes, (width, height), interpolation=cv2.INTER_NEAREST)
    return shown


def _small_holes(share: Floats) -> Bytes:
    """Find the holes of at most _HOLE_BLOCKS blocks: uint8, 255 there.

    Args:
        share: float32 [rows, columns], share of each block's depths that is known.
    """
    _, labels = cv2.connectedComponents(cv2.compare(share, 0.5, cv2.CMP_LT))
    shown = np.where(np.bincount(labels.reshape(-1)) <= _HOLE_BLOCKS, 255, 0).astype(np.uint8)
    shown[0] = 0
    holes: Bytes = shown[labels]
    return holes
