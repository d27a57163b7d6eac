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

_WHOLE = 240
"""Share of 1 in whole numbers, of which halving twice leaves no fractions."""

_TINY_M = 1e-6

_ONES = np.ones(3, np.float32)

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


class _Canvas:
    """Arrays of one size to draw in; to allocate them for each image would take a fifth of the time.

    Args:
        height: Rows, a multiple of _BLOCK_PX.
        width: Columns, a multiple of _BLOCK_PX.
    """

    def __init__(self, height: int, width: int) -> None:
        self.size = width, height
        self.near, self.smooth, self.across, self.down = (
            np.empty((height, width), np.float32) for _ in range(4)
        )
        self.known, self.count, self.shown = (np.empty((height, width), np.uint8) for _ in range(3))


class StatuePainter:
    """Draws depth images as statues; keeps its arrays from frame to frame.

    Args:
        options: Settings.
        lamp: Unit vector [3] to the lamp, to the right in the image, down in it, towards the camera; networks
            are trained with others, too, because the tracker turns hands upright, and the lamp with them.
    """

    def __init__(self, options: StatueOptions | None = None, lamp: NDArray[np.float64] = LAMP) -> None:
        self._reach_m = (options or StatueOptions()).reach_m
        self._lamp = lamp
        self._canvas = _Canvas(0, 0)

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
        rows, columns = metres.shape
        below, beside = -rows % _BLOCK_PX, -columns % _BLOCK_PX
        if below or beside:
            metres = cv2.copyMakeBorder(metres, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        if self._canvas.size != metres.shape[::-1]:
            self._canvas = _Canvas(*metres.shape)
        grey = self._shaded(metres, view.camera.fx / factor, view.camera.fy / factor)
        canvas = self._canvas
        # The last one may overwrite what it is made of.
        channels = canvas.count, canvas.shown, grey
        for channel, colour in zip(channels, _SKIN, strict=True):
            cv2.convertScaleAbs(grey, channel, alpha=colour / 255, beta=_BACKGROUND)
        image: Image = cv2.merge([channel[:rows, :columns] for channel in channels])
        if factor > 1:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        return image

    def _shaded(self, metres: Floats, fx: float, fy: float) -> Bytes:
        """Light the surface: uint8 [height, width], 0 where there is none."""
        canvas = self._canvas
        cv2.threshold(metres, self._reach_m, 0, cv2.THRESH_TOZERO_INV, canvas.near)
        _smooth(canvas)
        smooth, across, down, length = canvas.smooth, canvas.across, canvas.down, canvas.near
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, across, scale=fx / _SOBEL)
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, down, scale=fy / _SOBEL)
        cv2.magnitude(across, down, length)
        cv2.magnitude(length, smooth, length)
        # The surface's normal is (across, down, -smooth) / length.
        cv2.addWeighted(across, self._lamp[0], down, self._lamp[1], 0, across)
        cv2.scaleAdd(smooth, self._lamp[2], across, across)
        cv2.divide(across, length, across)
        cv2.threshold(across, 0, 0, cv2.THRESH_TOZERO, across)
        lit = cv2.convertScaleAbs(across, canvas.known, alpha=255 * (1 - _AMBIENT), beta=255 * _AMBIENT)
        # Light evens out what the sensor's noise does to slopes, and leaves the outline sharp.
        side = 2 * int(min(max(1.0, fx * _EVENED), _MOST_EVENED)) + 1
        lit = cv2.blur(lit, (side, side), canvas.count)
        # Values above 255 are cut off: nothing fades before _FADES_FROM.
        slope = 255 / (1 - _FADES_FROM)
        fade = cv2.convertScaleAbs(smooth, canvas.known, alpha=-slope / self._reach_m, beta=slope)
        fade = cv2.min(fade, canvas.shown, canvas.shown)
        cv2.multiply(lit, fade, canvas.known, 1 / 255)
        shaded: Bytes = cv2.multiply(canvas.known, fade, canvas.known, 1 / 255)
        return shaded


def _shrunk(metres: Floats, width: int, height: int) -> Floats:
    """Average the known depths of blocks, 0 where fewer than half are known."""
    share = cv2.resize((metres > 0).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(metres, (width, height), interpolation=cv2.INTER_AREA)
    return np.where(share >= 0.5, mean / np.maximum(share, 0.5), 0).astype(np.float32)


def _smooth(canvas: _Canvas) -> None:
    """Smooth the surface and continue it where it is unknown, so that the edge of a hole is no step.

    Args:
        canvas: near is float32 [h, w], metres, 0 where unknown; smooth becomes the smoothed surface, nowhere
            0, and shown becomes 255 where there is a surface, small holes with it.
    """
    near, smooth, known, count, shown = canvas.near, canvas.smooth, canvas.known, canvas.count, canvas.shown
    np.greater(near, 0, out=known.view(np.bool_))
    cv2.boxFilter(known, -1, (3, 3), count, normalize=False)
    cv2.sepFilter2D(near, -1, _ONES, _ONES, smooth)
    cv2.divide(smooth, count, smooth, 1, cv2.CV_32F)
    beyond, holes = _blocks(known, near)
    cv2.resize(beyond, canvas.size, canvas.across, interpolation=cv2.INTER_LINEAR)
    cv2.compare(count, 0, cv2.CMP_EQ, shown)
    cv2.copyTo(canvas.across, shown, smooth)
    cv2.compare(count, _SHOWN, cv2.CMP_GE, shown)
    # The byte of each block as four of a row, and then of all its rows.
    bytes_of_row = holes.view(np.int8).astype(np.int32).view(np.uint8)
    rows = shown.reshape(len(holes), _BLOCK_PX, -1)
    np.bitwise_or(rows, bytes_of_row[:, None], out=rows)


def _blocks(known: Bytes, near: Floats) -> tuple[Floats, Bytes]:
    """Describe blocks of _BLOCK_PX x _BLOCK_PX pixels.

    Args:
        known: uint8 [h, w], 1 where depth is known, else 0.
        near: float32 [h, w], metres, 0 where it is not.

    Returns:
        float32 [rows, columns] of blocks, the mean depth of each or, where none is known, of those around it,
        above 0, and uint8 of the same size, 255 at small holes.
    """
    height, width = known.shape
    share, mean = known * np.uint8(_WHOLE), near
    # Halved twice: OpenCV halves several times faster than it shrinks by four.
    for part in (2, _BLOCK_PX):
        size = width // part, height // part
        share, mean = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (share, mean))
    holes = cv2.dilate(_small_holes(share), np.ones((3, 3), np.uint8))
    weight = share * np.float32(1 / _WHOLE)
    for side in (3, 7):
        empty = cv2.compare(weight, 0, cv2.CMP_LE)
        around = [cv2.boxFilter(one, -1, (side, side)) for one in (mean, weight)]
        for one, wide in zip((mean, weight), around, strict=True):
            cv2.copyTo(wide, empty, one)
    cv2.divide(mean, cv2.max(weight, 1e-6), mean)
    return cv2.max(mean, _TINY_M, mean), holes


def _small_holes(share: Bytes) -> Bytes:
    """Find the holes of at most _HOLE_BLOCKS blocks: uint8, 255 there.

    Args:
        share: uint8 [rows, columns], share of each block's depths that is known, in parts of _WHOLE.
    """
    _, labels = cv2.connectedComponents(cv2.compare(share, _WHOLE // 2, cv2.CMP_LT))
    shown = np.where(np.bincount(labels.reshape(-1)) <= _HOLE_BLOCKS, 255, 0).astype(np.uint8)
    shown[0] = 0
    holes: Bytes = np.take(shown, labels, axis=0)
    return holes
