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

"""A z-buffer in NumPy: triangles of meshes become depth and numbers of faces, some thousand at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats32 = NDArray[np.float32]

_NEAREST_M = 0.02
"""Triangles that reach nearer to the camera are left out."""

_SLACK = np.float32(1e-4)
"""Slack of the inside test, so that no pixel falls between two triangles."""

_BATCH = 1 << 20
"""Largest number of candidate pixels at once."""


class Raster:
    """The nearest surface of each pixel.

    Attributes:
        camera: Intrinsics of the image.
        width: Pixels.
        height: Pixels.
        inverse: float32 [height, width], 1 / depth in 1/m; 0 where nothing is.
        faces: int32 [height, width], number of the face seen, counted over all meshes; -1 where none is.
    """

    def __init__(self, camera: Intrinsics, width: int, height: int) -> None:
        self.camera = camera
        self.width = width
        self.height = height
        self.inverse: Floats32 = np.zeros((height, width), np.float32)
        self.faces: NDArray[np.int32] = np.full((height, width), -1, np.int32)
        self._drawn = 0

    @property
    def metres(self) -> Floats32:
        """Depth along the optical axis, float32 [height, width]; 0 where nothing is."""
        depth: Floats32 = np.zeros_like(self.inverse)
        np.divide(np.float32(1.0), self.inverse, out=depth, where=self.inverse > 0)
        return depth

    def draw(self, vertices: Floats32, faces: NDArray[np.int64]) -> int:
        """Draw a closed mesh; faces that look away from the camera are left out.

        Args:
            vertices: float32 [n, 3], metres in the optical frame.
            faces: int64 [m, 3], counter-clockwise seen from outside.

        Returns:
            Number of its first face.
        """
        first = self._drawn
        self._drawn += len(faces)
        camera = self.camera
        depth = np.maximum(vertices[:, 2], np.float32(1e-6))
        inverse = np.float32(1.0) / depth
        x = vertices[:, 0] * inverse * np.float32(camera.fx) + np.float32(camera.cx)
        y = vertices[:, 1] * inverse * np.float32(camera.fy) + np.float32(camera.cy)
        inverse[depth < _NEAREST_M] = np.nan
        x, y, inverse = (values.take(faces.T) for values in (x, y, inverse))
        # In the image, with y down, a front face runs against the clock.
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        nearness = inverse[0] + inverse[1] + inverse[2]
        chosen = np.flatnonzero((area < 0) & (nearness > 0))
        x, y, inverse = (values.take(chosen, 1) for values in (x, y, inverse))
        left, across = _extent(x, self.width)
        top, down = _extent(y, self.height)
        seen = np.flatnonzero((across > 0) & (down > 0))
        chosen, left, top, across, down = (v.take(seen) for v in (chosen, left, top, across, down))
        x, y, inverse = (values.take(seen, 1) for values in (x, y, inverse))
        planes = _planes(x - left, y - top, inverse, area[chosen])
        counts = across * down
        ends = np.cumsum(counts)
        start = 0
        while start < len(counts):
            before = int(ends[start - 1]) if start else 0
            stop = max(int(np.searchsorted(ends, before + _BATCH, side="right")), start + 1)
            part = slice(start, stop)
            corner = top[part] * self.width + left[part]
            self._fill(planes[:, part], corner, across[part], counts[part], first + chosen[part])
            start = stop
        return first

    def _fill(
        self,
        planes: Floats32,
        corners: NDArray[np.int64],
        across: NDArray[np.int64],
        counts: NDArray[np.int64],
        numbers: NDArray[np.int64],
    ) -> None:
        """Fill triangles, given the linear functions of _planes and the boxes that hold them.

        Args:
            planes: float32 [9, m].
            corners: Flat numbers of the boxes' first pixels.
            across: The boxes' widths, pixels.
            counts: The boxes' pixels.
            numbers: Numbers of the faces.
        """
        owner = np.repeat(np.arange(len(counts)), counts)
        offset = np.arange(len(owner)) - (np.cumsum(counts) - counts).take(owner)
        width = across.take(owner)
        # Exact enough: a box has fewer than 2^24 pixels.
        row = ((offset.astype(np.float32) + np.float32(0.5)) / width.astype(np.float32)).astype(np.int64)
        column = offset - row * width
        x, y = column.astype(np.float32), row.astype(np.float32)
        second = planes[0].take(owner) + planes[1].take(owner) * x + planes[2].take(owner) * y
        third = planes[3].take(owner) + planes[4].take(owner) * x + planes[5].take(owner) * y
        inside = np.flatnonzero(
            (second >= -_SLACK) & (third >= -_SLACK) & (second + third <= np.float32(1.0) + _SLACK)
        )
        owner, column, row = owner[inside], column[inside], row[inside]
        near = planes[6].take(owner) + planes[7].take(owner) * x[inside] + planes[8].take(owner) * y[inside]
        place = corners.take(owner) + row * self.width + column
        flat, faces = self.inverse.reshape(-1), self.faces.reshape(-1)
        # Of several writes to one pixel one stays: again until the nearest did.
        waiting, value, number = place, near, numbers.take(owner).astype(np.int32)
        while True:
            closer = np.flatnonzero(value > flat.take(waiting))
            if closer.size == 0:
                break
            waiting, value, number = waiting[closer], value[closer], number[closer]
            flat[waiting] = value
            faces[waiting] = number

    def wall(self, normal: Floats32, distance_m: float) -> None:
        """Draw an endless plane behind or before what is there.

        Args:
            normal: float32 [3], unit vector, optical frame.
            distance_m: Distance of the plane from the camera along the normal, metres.
        """
        camera = self.camera
        x = (np.arange(self.width, dtype=np.float32) - np.float32(camera.cx)) / np.float32(camera.fx)
        y = (np.arange(self.height, dtype=np.float32) - np.float32(camera.cy)) / np.float32(camera.fy)
        inverse = (normal[0] * x[None, :] + normal[1] * y[:, None] + normal[2]) / np.float32(distance_m)
        closer = inverse > self.inverse
        self.inverse[closer] = inverse[closer]
        self.faces[closer] = -1


def _extent(values: Floats32, limit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the first pixel that triangles [3, m] may cover along an axis, and how many: int64 [m] each."""
    low = np.minimum(np.minimum(values[0], values[1]), values[2])
    high = np.maximum(np.maximum(values[0], values[1]), values[2])
    first = np.ceil(np.clip(low, 0, limit)).astype(np.int64)
    return first, np.floor(np.clip(high, -1, limit - 1)).astype(np.int64) - first + 1


def _planes(x: Floats32, y: Floats32, inverse: Floats32, area: Floats32) -> Floats32:
    """Write two barycentric coordinates and 1 / depth as linear functions of column and row.

    Args:
        x: float32 [3, m], corners from the left edge of the triangle's box, pixels.
        y: float32 [3, m], from its upper edge.
        inverse: float32 [3, m], 1 / depth of the corners.
        area: float32 [m], twice the signed area.

    Returns:
        float32 [9, m]: constant, per column and per row, of the shares of the second and the third corner and
        of 1 / depth.
    """
    planes = np.empty((9, len(area)), np.float32)
    scale = np.float32(1.0) / area
    planes[0] = (x[2] * y[0] - x[0] * y[2]) * scale
    planes[1] = (y[2] - y[0]) * scale
    planes[2] = (x[0] - x[2]) * scale
    planes[3] = (x[0] * y[1] - x[1] * y[0]) * scale
    planes[4] = (y[0] - y[1]) * scale
    planes[5] = (x[1] - x[0]) * scale
    planes[6:] = planes[:3] * (inverse[1] - inverse[0]) + planes[3:6] * (inverse[2] - inverse[0])
    planes[6] += inverse[0]
    return planes
