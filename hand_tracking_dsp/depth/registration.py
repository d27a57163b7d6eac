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

"""Depth images of a depth camera as another camera sees them.

As the node register of depth_image_proc does, every pixel is carried into the other camera and the nearest
surface of each pixel stays. Rounding leaves gaps between pixels, which are filled; what the other camera sees
past an edge, but the depth camera does not, stays unknown.
"""

from __future__ import annotations

import cv2
import numpy as np

from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Floats

Size = tuple[int, int]
"""Width and height, pixels."""

_SURROUNDED = 4
"""Fewest known neighbours of a gap, of eight; the edge of a surface has three."""

_NEAREST_M, _FARTHEST_M = 1e-3, 1e6

_BLOCK = 1 << 15
"""Pixels that are worked on at once: as many as the processor's caches hold."""


class DepthRegistration:
    """Carries depth images of one camera into another; keeps what does not change from image to image.

    Where the other camera's pixels are finer, depth is carried into as many as its own are, and enlarged.

    Args:
        depth_camera: Camera of the depth images, without distortion.
        depth_size: Their size.
        camera: The other camera, without distortion.
        size: Size of its images.
        place: Pose of the depth camera in the other camera's optical frame.
    """

    def __init__(
        self, depth_camera: Intrinsics, depth_size: Size, camera: Intrinsics, size: Size, place: Pose
    ) -> None:
        self._depth_size, self._size = depth_size, size
        factor = max(1, round(camera.fx / depth_camera.fx))
        self._camera = camera.scaled(1 / factor)
        self._coarse = -(-size[0] // factor), -(-size[1] // factor)
        self._factor = factor
        columns, rows = np.meshgrid(*(np.arange(count, dtype=np.float32) for count in depth_size))
        pixels = np.stack([columns, rows], axis=-1)
        rays = depth_camera.unproject(pixels, np.ones_like(columns)).reshape(-1, 3) @ place.rotation.T
        self._rays: Floats = np.ascontiguousarray(rays.T, np.float32)
        self._shift = place.position_m.astype(np.float32)[:, None]

    def register(self, metres: Floats) -> Floats:
        """Carry a depth image into the other camera.

        Args:
            metres: float32 [height, width] of depth_size, 0 = unknown.

        Returns:
            float32 [height, width] of size, metres along the other camera's optical axis, 0 = unknown.

        Raises:
            ValueError: The depth image has another size.
        """
        if metres.shape != self._depth_size[::-1]:
            msg = f"The depth image is {metres.shape[1]}x{metres.shape[0]}, not {self._depth_size}."
            raise ValueError(msg)
        coarse = _without_gaps(self._carried(metres.reshape(-1)))
        if self._factor == 1:
            return coarse
        finer = resized(coarse, (coarse.shape[1] * self._factor, coarse.shape[0] * self._factor))
        return np.ascontiguousarray(finer[: self._size[1], : self._size[0]])

    def _carried(self, depth: Floats) -> Floats:
        """Carry pixels [n] over; the nearest one stays: float32 [height, width], infinite where unknown."""
        width, height = self._coarse
        nearest = np.full(width * height, np.inf, np.float32)
        for start in range(0, len(depth), _BLOCK):
            known = depth[start : start + _BLOCK]
            x, y, z = self._rays[:, start : start + _BLOCK] * known + self._shift
            seen = (known > 0) & (z > _NEAREST_M)
            z[~seen] = np.inf
            x *= np.float32(self._camera.fx) / z
            y *= np.float32(self._camera.fy) / z
            x += np.float32(self._camera.cx + 0.5)
            y += np.float32(self._camera.cy + 0.5)
            seen &= (x >= 0) & (y >= 0) & (x < width) & (y < height)
            chosen = np.flatnonzero(seen)
            places = y[chosen].astype(np.intp) * width + x[chosen].astype(np.intp)
            z = z[chosen]
            # Of several pixels that fall on one the last is written: those that are nearer come again.
            while len(again := np.flatnonzero(z < nearest[places])):
                places, z = places[again], z[again]
                nearest[places] = z
        return nearest.reshape(height, width)


def resized(metres: Floats, size: Size) -> Floats:
    """Scale a depth image; each pixel takes the depth of the one that it lies on, so that none are mixed.

    Args:
        metres: float32 [height, width], 0 = unknown.
        size: New width and height.
    """
    scaled: Floats = cv2.resize(metres, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return scaled


def _without_gaps(nearest: Floats) -> Floats:
    """Fill unknown pixels among known ones with the nearest depth beside them.

    Args:
        nearest: float32 [height, width], metres, infinite where unknown.

    Returns:
        The same, 0 where unknown.
    """
    unknown = cv2.compare(nearest, _FARTHEST_M, cv2.CMP_GT)
    count = cv2.boxFilter(unknown // 255, -1, (3, 3), normalize=False)
    gaps = unknown & cv2.compare(count, 9 - _SURROUNDED, cv2.CMP_LE)
    filled = cv2.copyTo(cv2.erode(nearest, np.ones((3, 3), np.uint8)), gaps, nearest.copy())
    metres: Floats = cv2.threshold(filled, _FARTHEST_M, 0, cv2.THRESH_TOZERO_INV)[1]
    return metres
