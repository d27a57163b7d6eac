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

"""Depth around a hand as a network takes it: a cube of space, seen from the front, upright."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.geometry import to_image
from hand_tracking_dsp.tracking.types import Floats, Region

BACKGROUND = np.float32(-1)
"""Value of pixels behind the cube and of those without depth."""

# The hand's depth is estimated from so many samples a side, over this share of the region.
_SAMPLES = 24
_INNER = 0.6
# Of them, this share lies before the hand at most: single wrong pixels, and an edge of something.
_BEFORE = 0.08
# What lies this much behind these, metres, is no longer the hand.
_THICKNESS_M = 0.15
# Joints lie behind the skin that is seen.
_FLESH_M = 0.02
# With fewer samples that have a depth, a region shows nothing.
_LEAST = 12


@dataclass(frozen=True, slots=True)
class Cube:
    """A cube of space around a hand, as seen by a camera.

    Points in it are x, y and z in shares of half its side from its centre: x to the right and y down in the
    upright region, z towards the camera, each -1 to 1 inside.

    Attributes:
        region: The square of the image that its front covers at the depth of its centre.
        depth_m: Depth of its centre, metres.
        side_m: Length of its sides, metres.
        camera: The camera.
    """

    region: Region
    depth_m: float
    side_m: float
    camera: Intrinsics

    @classmethod
    def around(cls, region: Region, depth_m: float, side_m: float, camera: Intrinsics) -> Cube:
        """Place a cube with a region's centre and rotation at a depth, metres."""
        size = math.sqrt(camera.fx * camera.fy) * side_m / depth_m
        return cls(Region(region.x, region.y, size, region.rotation), depth_m, side_m, camera)

    def to_metres(self, points: Floats) -> Floats:
        """Carry points from the cube into the camera's optical frame.

        Args:
            points: float32 [n, 3], shares of half the side.

        Returns:
            float32 [n, 3], metres.
        """
        depth_m = self.depth_m - points[:, 2] * np.float32(self.side_m / 2)
        return self.camera.unproject(self.to_pixels(points)[:, :2], depth_m.astype(np.float32))

    def to_pixels(self, points: Floats) -> Floats:
        """Carry points from the cube into the image.

        Args:
            points: float32 [n, 3], shares of half the side.

        Returns:
            float32 [n, 3]: x, y in pixels; z in the same scale, from the cube's centre away from the camera.
        """
        shares = points * np.array([0.5, 0.5, -0.5], np.float32) + np.array([0.5, 0.5, 0], np.float32)
        return to_image(shares, self.region)

    def from_metres(self, points_m: Floats) -> Floats:
        """Carry points from the camera's optical frame, float32 [n, 3] metres, into the cube."""
        offsets = self.camera.project(points_m) - np.array([self.region.x, self.region.y], np.float32)
        cos, sin = (
            function(self.region.rotation) * 2 / self.region.size for function in (math.cos, math.sin)
        )
        across = offsets @ np.array([[cos, -sin], [sin, cos]], np.float32)
        towards = (self.depth_m - points_m[:, 2:]) * np.float32(2 / self.side_m)
        return np.concatenate([across, towards], axis=1).astype(np.float32)


def hand_depth_m(view: DepthView, region: Region) -> float:
    """Estimate the depth of a hand in a region, metres; NaN where too few pixels have one."""
    steps = (np.arange(_SAMPLES, dtype=np.float32) + 0.5) / _SAMPLES - 0.5
    cos, sin = (function(region.rotation) * region.size * _INNER for function in (math.cos, math.sin))
    height, width = view.metres.shape
    columns = np.rint(region.x + cos * steps[None] - sin * steps[:, None]).astype(np.intp)
    rows = np.rint(region.y + sin * steps[None] + cos * steps[:, None]).astype(np.intp)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    depths = view.metres[rows[inside], columns[inside]]
    depths = np.sort(depths[depths > 0])
    if len(depths) < _LEAST:
        return math.nan
    first = int(_BEFORE * len(depths))
    last = int(np.searchsorted(depths, depths[first] + _THICKNESS_M))
    return float(depths[(first + last) // 2]) + _FLESH_M


def crop_depth(metres: Floats, cube: Cube, size: int, out: Floats | None = None) -> Floats:
    """Cut a cube out of a depth image.

    Args:
        metres: float32 [height, width], 0 = unknown.
        cube: What to cut out.
        size: Side of the result, pixels.
        out: Where to write the result; a new array if None.

    Returns:
        float32 [size, size]: 1 at the cube's front and before it, BACKGROUND behind it and where unknown.
    """
    region = cube.region
    scale = region.size / size
    cos, sin = math.cos(region.rotation) * scale, math.sin(region.rotation) * scale
    half = size / 2
    # As in geometry.crop: pixel 0 lies at the region's corner.
    matrix = np.array([[cos, -sin, region.x - half * (cos - sin)], [sin, cos, region.y - half * (sin + cos)]])
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    result: Floats = cv2.warpAffine(metres, matrix, (size, size), dst=out, flags=flags)
    unknown = result <= 0
    np.subtract(np.float32(cube.depth_m), result, out=result)
    result *= np.float32(2 / cube.side_m)
    np.clip(result, BACKGROUND, 1, out=result)
    result[unknown] = BACKGROUND
    return result
