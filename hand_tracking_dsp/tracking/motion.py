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

"""Motion in the picture: where something moves that is no hand in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from hand_tracking_dsp.tracking.types import Floats, Image, Region

# Pixels along the longer side of what is compared.
_SAMPLES = 80
# Grey levels of difference that sensor noise hardly reaches.
_NOISE = 12.0
# Sum of the differences above the noise, in noise levels, that counts as something that moves.
_LEAST = 6.0


@dataclass(frozen=True, slots=True)
class Square:
    """A square of an image: centre and side in pixels; it may reach beyond the image."""

    x: float
    y: float
    side: float


class MotionMap:
    """Compares each image with the one before."""

    def __init__(self) -> None:
        self._before: Floats | None = None
        self._change: Floats | None = None
        self._step = 1

    def reset(self) -> None:
        """Forget the image before."""
        self._before = self._change = None

    def add(self, image: Image) -> None:
        """Take the next image, uint8 [height, width, 3] in either order of channels."""
        self._step = max(1, max(image.shape[:2]) // _SAMPLES)
        now = np.ascontiguousarray(image[:: self._step, :: self._step, 1]).astype(np.float32)
        same_size = self._before is not None and self._before.shape == now.shape
        self._change = cv2.absdiff(now, self._before) if same_size else None
        self._before = now

    def liveliest(self, side: float, but: Sequence[Region]) -> Square | None:
        """Return the square in which most has changed since the image before; None where nothing has.

        Args:
            side: Its side, pixels of the image.
            but: Regions whose changes do not count: the hands in view.
        """
        if self._change is None:
            return None
        step = self._step
        change = cv2.threshold(self._change, _NOISE, 0, cv2.THRESH_TOZERO)[1]
        for region in but:
            half = region.size / 2
            rows, columns = (
                slice(max(int((centre - half) / step), 0), max(int((centre + half) / step), 0))
                for centre in (region.y, region.x)
            )
            change[rows, columns] = 0
        window = max(int(side / step), 1)
        sums = cv2.boxFilter(change, -1, (window, window), normalize=False, borderType=cv2.BORDER_CONSTANT)
        _, most, _, (column, row) = cv2.minMaxLoc(sums)
        if most < _LEAST * _NOISE:
            return None
        top, left = max(row - window // 2, 0), max(column - window // 2, 0)
        part = change[top : top + window, left : left + window]
        moments = cv2.moments(part)
        total = moments["m00"]
        if not total > 0:
            return None
        x, y = left + moments["m10"] / total + 0.5, top + moments["m01"] / total + 0.5
        return Square(x * step, y * step, side)
