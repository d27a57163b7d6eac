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

"""Light, contrast and sharpness of the landmark network's input, from a sixteenth of its pixels."""

from __future__ import annotations

import cv2
import numpy as np

from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.types import Image

# Every fourth pixel of every fourth row: they estimate mean and deviation well, at a sixteenth of the cost.
_SAMPLES = LANDMARKS.size // 4


class CropStatistics:
    """Measures crops; its arrays are overwritten for each: fresh ones would cost page faults."""

    def __init__(self) -> None:
        self._samples: dict[int, Image] = {}

    def of(self, crop: Image) -> tuple[float, float, float]:
        """Measure a crop.

        Args:
            crop: uint8 [height, width, 3 or 4], BGR.

        Returns:
            Mean and standard deviation over the three colours, in shares of 255, and the sharpness; see
            types.HandLandmarks.
        """
        channels = crop.shape[2]
        if channels not in self._samples:
            self._samples[channels] = np.empty((_SAMPLES, _SAMPLES, channels), np.uint8)
        samples = self._samples[channels]
        cv2.resize(crop, (_SAMPLES, _SAMPLES), dst=samples, interpolation=cv2.INTER_NEAREST)
        colours = cv2.cvtColor(samples, cv2.COLOR_BGRA2BGR) if channels == 4 else samples
        mean, deviation = cv2.meanStdDev(colours.reshape(-1, 1))
        return mean.item() / 255, deviation.item() / 255, _sharpness(samples[..., 1])


def _sharpness(grey: Image) -> float:
    """Return how much neighbours differ in the direction in which they differ least."""
    values = grey.astype(np.float32)
    spread = 2.0 * float(values.var())
    across, down = (float(np.square(np.diff(values, axis=axis)).mean()) for axis in (1, 0))
    return min(across, down) / spread if spread > 0.0 else 0.0
