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

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats

_PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]

_REACH_PX = 2
"""Pixels read on each side of a landmark."""

_HAND_M = 0.15
"""Depth by which a joint can lie before or behind the middle of the palm."""

_SURFACE_M = 0.02
"""Thickness of what counts as one surface in a window."""

_FEWEST = 3
"""Fewest depths that say where a surface is."""

_OFFSETS = np.stack(np.meshgrid(*[np.arange(-_REACH_PX, _REACH_PX + 1)] * 2), axis=-1).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class SurfaceReading:
    """Depth of the skin at a hand's landmarks.

    Attributes:
        depth_m: float32 [21], metres along the optical axis; NaN where nothing of the hand is seen.
        spread_m: float32 [21], standard deviation of the depths it was read from, metres; NaN likewise.
    """

    depth_m: Floats
    spread_m: Floats


def read_surface(points_px: Floats, view: DepthView) -> SurfaceReading:
    """Read the depth of the skin at landmarks.

    Args:
        points_px: float32 [21, 2], pixels; may lie outside the image.
        view: Depth image.
    """
    height, width = view.metres.shape
    places = np.rint(points_px)[:, None] + _OFFSETS
    inside = (places >= 0) & (places < (width, height))
    inside = inside[..., 0] & inside[..., 1]
    x, y = np.where(inside[..., None], places, 0).astype(np.intp).transpose(2, 0, 1)
    depths = np.where(inside, view.metres[y, x], 0)
    depths = np.where(depths > 0, depths, np.nan).astype(np.float32)
    middle = _nanmedian(depths[_PALM].reshape(1, -1))
    depths = np.where(np.abs(depths - middle) < _HAND_M, depths, np.float32(np.nan))
    ordered = np.sort(depths, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    front = ordered[np.arange(len(ordered)), np.minimum(count // 5, ordered.shape[1] - 1)]
    known = np.abs(ordered - front[:, None]) < _SURFACE_M
    ordered = np.where(known, ordered, np.float32(np.nan))
    enough = known.sum(axis=1) >= _FEWEST
    depth = np.where(enough, _nanmedian(ordered), np.nan)
    filled = np.where(known, ordered - depth[:, None], 0)
    spread = np.sqrt((filled**2).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    return SurfaceReading(depth.astype(np.float32), np.where(enough, spread, np.nan).astype(np.float32))


def _nanmedian(values: Floats) -> Floats:
    """Median of each row without NaN; NaN where all are; the lower one of two middle values."""
    ordered = np.sort(values, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    result: Floats = ordered[np.arange(len(ordered)), np.maximum(count - 1, 0) // 2]
    return result
