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

"""Places of hands before the camera where no depth is known, by their size in the image."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.tracking.types import Floats, TrackedHand


def hand_in_camera(hand: TrackedHand, focal_px: float, centre_px: Floats) -> Floats | None:
    """Place a hand's joints in the camera's optical frame, float32 [21, 3], metres.

    The distance follows from the hand's size in the image against its size in metres (weak perspective), so
    it carries the error of the network's idea of a hand's size.

    Args:
        hand: The hand.
        focal_px: Focal length, pixels.
        centre_px: float [2], principal point, pixels.

    Returns:
        None where the hand has no extent in the image.
    """
    flat_px = hand.landmarks[:, :2]
    flat_m = hand.world_landmarks[:, :2]
    middle_px, middle_m = flat_px.mean(axis=0), flat_m.mean(axis=0)
    spread_m = flat_m - middle_m
    # Least squares over all joints: pixels a metre at the hand.
    scale = float(np.sum(spread_m * (flat_px - middle_px)) / max(float(np.sum(spread_m**2)), 1e-9))
    if not scale > 0:
        return None
    distance_m = focal_px / scale
    sideways_m = (middle_px - centre_px) * distance_m / focal_px - middle_m
    return hand.world_landmarks + np.array([*sideways_m, distance_m], dtype=np.float32)
