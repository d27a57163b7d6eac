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

"""Depth of a hand's skin at its landmarks, read past holes, edges and background."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats

Real = TypeVar("Real", Floats, NDArray[np.float64])

_PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]

_REACH = 2
"""Samples on each side of a landmark."""

_SAMPLES_PER_HAND = 150.0
"""Distance of samples, so many over a hand; at least half a pixel."""

_HAND_M = 0.15
"""Depth by which a joint can lie before or behind the palm."""

_SURFACE_M = 0.02
"""Depth of a window's nearest surface; what lies behind it is another finger, or background."""

_NEAREST = 5
"""One in so many samples may be nearer than the nearest surface, by noise."""

_FEWEST = 3
"""Fewest samples that say where a surface is."""

_SAMPLES = np.stack(np.meshgrid(*[np.arange(-_REACH, _REACH + 1)] * 2), axis=-1).reshape(-1, 2)


def read_surface(points_px: Floats, view: DepthView) -> tuple[Floats, Floats]:
    """Read the depth of the skin at the landmarks of hands.

    Args:
        points_px: float32 [hands, 21, 2], pixels; may lie outside the image.
        view: Depth image.

    Returns:
        Two float32 [hands, 21]: metres along the optical axis, and the standard deviation of the samples that
        it was read from; NaN where nothing of the hand is seen.
    """
    samples = _samples(points_px, view)
    palm = median_known(samples[:, _PALM].reshape(len(samples), -1))
    ordered = np.sort(np.where(np.abs(samples - palm[:, None, None]) < _HAND_M, samples, np.nan), axis=-1)
    count = np.count_nonzero(ordered > 0, axis=-1)
    nearest = np.take_along_axis(ordered, (count // _NEAREST)[..., None], axis=-1)
    behind = ordered - nearest
    surface = np.where(np.abs(behind) < _SURFACE_M, ordered, np.nan)
    count = np.count_nonzero(surface > 0, axis=-1)
    depth = np.where(count >= _FEWEST, median_known(surface), np.nan)
    squares = np.nan_to_num(surface - depth[..., None]) ** 2
    spread = np.sqrt(squares.sum(axis=-1) / np.maximum(count, 1))
    return depth.astype(np.float32), np.where(count >= _FEWEST, spread, np.nan).astype(np.float32)


def _samples(points_px: Floats, view: DepthView) -> Floats:
    """Read a window around each landmark: float32 [hands, 21, samples], metres, NaN where unknown."""
    height, width = view.metres.shape
    extent = np.ptp(points_px, axis=1).max(axis=1)
    pitch = np.maximum(extent / np.float32(_SAMPLES_PER_HAND), np.float32(0.5))
    places = np.rint(points_px[:, :, None] + _SAMPLES * pitch[:, None, None, None])
    inside = (places[..., 0] >= 0) & (places[..., 1] >= 0)
    inside &= (places[..., 0] < width) & (places[..., 1] < height)
    x, y = (np.where(inside, places[..., axis], 0).astype(np.intp) for axis in (0, 1))
    depths = view.metres[y, x]
    return np.where(inside & (depths > 0), depths, np.float32(np.nan))


def median_known(values: Real) -> Real:
    """Return the median along the last axis without NaN, the lower of two; NaN where all are."""
    ordered = np.sort(values, axis=-1)
    middle = np.maximum(np.count_nonzero(np.isfinite(ordered), axis=-1) - 1, 0) // 2
    return np.take_along_axis(ordered, middle[..., None], axis=-1)[..., 0]
