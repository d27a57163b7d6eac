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

_SAMPLES = np.stack(np.meshgrid(*[np.arange(-_REACH, _REACH + 1.0)] * 2)).reshape(2, 1, 1, -1)


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
    nobody = np.float32(np.nan)
    ordered = np.where(np.abs(samples - palm[:, None, None]) < _HAND_M, samples, nobody)
    # Unknown ones come last.
    ordered = np.sort(ordered, axis=-1).reshape(-1, _SAMPLES.size // 2)
    each = np.arange(len(ordered))
    nearest = ordered[each, (ordered > 0).sum(axis=-1) // _NEAREST]
    surface = np.abs(ordered - nearest[:, None]) < _SURFACE_M
    count = surface.sum(axis=-1)
    depth = ordered[each, surface.argmax(axis=-1) + np.maximum(count - 1, 0) // 2]
    off = np.where(surface, ordered - depth[:, None], np.float32(0))
    spread = np.sqrt(np.einsum("js,js->j", off, off) / np.maximum(count, 1).astype(np.float32))
    both = np.where(count >= _FEWEST, (depth, spread), nobody).reshape(2, *points_px.shape[:2])
    return both[0], both[1]


def _samples(points_px: Floats, view: DepthView) -> Floats:
    """Read a window around each landmark: float32 [hands, 21, samples], metres, NaN where unknown."""
    height, width = view.metres.shape
    extent = (points_px.max(axis=1) - points_px.min(axis=1)).max(axis=1)
    pitch = np.maximum(extent / np.float32(_SAMPLES_PER_HAND), np.float32(0.5))
    places = np.rint(points_px.transpose(2, 0, 1)[..., None] + _SAMPLES * pitch[:, None, None])
    x, y = places.astype(np.intp)
    # A negative one is too large, too, where it is read as unsigned.
    inside = (x.view(np.uintp) < width) & (y.view(np.uintp) < height)
    depths = view.metres[y * inside, x * inside]
    known: Floats = np.where(inside & (depths > 0), depths, np.float32(np.nan))
    return known


def median_known(values: Real) -> Real:
    """Return the median of each row [rows, values] without NaN, the lower of two; NaN where all are."""
    ordered = np.sort(values, axis=-1)
    known = np.isfinite(ordered).sum(axis=-1)
    middle: Real = ordered[np.arange(len(ordered)), np.maximum(known - 1, 0) // 2]
    return middle
