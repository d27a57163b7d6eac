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

"""Crops that show nothing in particular."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.compression.data.crops import Crops


def smooth_crops(count: int, seed: int) -> Crops:
    """Smooth random pictures, of eight groups."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 14, 14, 3), np.uint8)
    images = coarse.repeat(16, axis=1).repeat(16, axis=2)
    return Crops(images, ("a",) * count, tuple(f"a/{i % 8}" for i in range(count)))
