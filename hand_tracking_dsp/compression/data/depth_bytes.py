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

"""Depth in a cube around a hand, kept as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.types import Floats


def to_bytes(depth: Floats) -> NDArray[np.uint8]:
    """Round depth, -1 to 1, to bytes: steps of a millimetre."""
    images: NDArray[np.uint8] = np.rint((depth + 1) * np.float32(127.5)).astype(np.uint8)
    return images


def to_depth(images: NDArray[np.uint8]) -> Floats:
    """Return depth, float32, -1 to 1, of bytes."""
    depth: Floats = images.astype(np.float32) * np.float32(1 / 127.5) - 1
    return depth
