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

"""Depth images in metres, and the pinhole camera that saw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion, pixels; axes of the optical frame (x right, y down, z forward).

    Pixel (0, 0) is the middle of the top left one, as in camera_info.
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def project(self, points_m: Floats) -> Floats:
        """Project points into the image.

        Args:
            points_m: float32 [..., 3], metres in the optical frame, z above 0.

        Returns:
            float32 [..., 2], pixels.
        """
        scale = np.array([self.fx, self.fy], np.float32)
        return points_m[..., :2] / points_m[..., 2:] * scale + np.array([self.cx, self.cy], np.float32)

    def unproject(self, points_px: Floats, depth_m: Floats) -> Floats:
        """Place pixels in space at their depths.

        Args:
            points_px: float32 [..., 2], pixels.
            depth_m: float32 [...], metres along the optical axis.

        Returns:
            float32 [..., 3], metres in the optical frame.
        """
        rays = (points_px - np.array([self.cx, self.cy], np.float32)) / np.array(
            [self.fx, self.fy], np.float32
        )
        return np.concatenate([rays * depth_m[..., None], depth_m[..., None]], axis=-1).astype(np.float32)

    def scaled(self, factor: float) -> Intrinsics:
        """Return the camera of images that are so many times as wide and high, factor above 0."""
        middle = 0.5 * factor - 0.5
        return Intrinsics(
            self.fx * factor, self.fy * factor, self.cx * factor + middle, self.cy * factor + middle
        )


@dataclass(frozen=True, slots=True)
class DepthView:
    """A depth image whose pixels are those of the image that hands are found in.

    Attributes:
        metres: float32 [height, width], metres along the optical axis; 0 where unknown, never NaN.
        camera: The camera of both images.
    """

    metres: Floats
    camera: Intrinsics
