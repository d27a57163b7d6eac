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

"""Conversion of values of more than 8 bits to 8."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.images.options import ImageOptions

# Sensors give so many bits; between them the scale would change with the light.
_BITS = (8, 10, 12, 14, 16)
# Brightness as a fraction may overshoot 1 a little.
_MOST_FRACTION = 2.0
_MM_PER_M = 1000.0


Values = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""Values of an image in their own depth."""


class ValueScale:
    """Converts the images of a stream to 8 bits, all by the same scale.

    A scale that followed each image's own range would flicker. Where the number of bits is not given, it is
    the smallest usual one that holds the largest value so far: it only grows, at most four times.

    Attributes:
        options: Bits, meaning of 16UC1 and 32FC1, and limits.
    """

    def __init__(self, options: ImageOptions | None = None) -> None:
        self.options = options or ImageOptions()
        self._largest = 0.0

    def brightness(self, values: Values) -> NDArray[np.uint8]:
        """Convert brightness, of which uint8 is left as it is; NaN and negative values are black."""
        if values.dtype == np.uint8:
            return cast(NDArray[np.uint8], values)
        white = self._white(values)
        if values.dtype == np.float32:  # no comparison holds for NaN
            values = np.minimum(np.where(values > 0, values, np.float32(0)), np.float32(white))
        return _scaled(values, 255.0 / white)

    def depth(self, values: Values) -> NDArray[np.uint8]:
        """Convert distances, uint16 millimetres or float32 metres; near is white, far and unknown black."""
        per_m = _MM_PER_M if values.dtype == np.uint16 else 1.0
        near, far = self.options.depth_near_m * per_m, self.options.depth_far_m * per_m
        known = np.isfinite(values) & (values > 0)
        distances = np.clip(np.where(known, values, far), near, far).astype(np.float32)
        return _scaled(np.float32(far) - distances, 255.0 / (far - near))

    def range_image(self, values: Values) -> NDArray[np.uint8]:
        """Convert 16UC1 or 32FC1 as the options say; uint8, which a codec made of them, is left as it is."""
        depth = self.options.range_images == "depth" and values.dtype != np.uint8
        return self.depth(values) if depth else self.brightness(values)

    def _white(self, values: Values) -> float:
        """Return the value that becomes white."""
        if self.options.value_bits:
            return float(2**self.options.value_bits - 1)
        finite = values[np.isfinite(values)] if values.dtype == np.float32 else values
        self._largest = max(self._largest, float(finite.max(initial=0)))
        if values.dtype == np.float32 and self._largest <= _MOST_FRACTION:
            return 1.0
        return float(next((2**n - 1 for n in _BITS if self._largest < 2**n), 2 ** _BITS[-1] - 1))


def _scaled(values: Values, factor: float) -> NDArray[np.uint8]:
    scaled: NDArray[np.uint8] = cv2.convertScaleAbs(values, alpha=factor)
    return scaled
