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

"""The anchors of the palm detector, generated.

Source: MediaPipe's SsdAnchorsCalculator with the options of palm_detection_cpu.pbtxt: strides 8, 16,
16, 16 on 192 pixels, one aspect ratio with one interpolated scale (two anchors a layer and cell),
fixed size. With a fixed size an anchor is no more than the centre of its cell.
"""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.tracking.types import Floats

INPUT_SIZE = 192
_STRIDES = (8, 16, 16, 16)
_ANCHORS_PER_LAYER = 2


def palm_anchors(height: int = INPUT_SIZE, width: int | None = None) -> Floats:
    """Generate the centres of the anchors, 2016 of a detector whose input has 192x192 pixels.

    Args:
        height: Height of the detector's input, pixels, a multiple of 32.
        width: Width of the same; None: as the height.

    Returns:
        float32 [2016, 2]: x, y in shares of the detector's input, 0 to 1, in the order of the
        detector's outputs: by grid (fine first), row, column, anchor.
    """
    grids = []
    for stride in sorted(set(_STRIDES)):
        repeats = _ANCHORS_PER_LAYER * _STRIDES.count(stride)
        y, x = np.meshgrid(*(_centres(side // stride) for side in (height, width or height)), indexing="ij")
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(grids)


def _centres(cells: int) -> Floats:
    centres: Floats = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)
    return centres
