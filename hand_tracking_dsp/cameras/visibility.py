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

"""Visibility of true joints in an exact depth image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import FINGERS, JOINT_COUNT
from hand_tracking_dsp.tracking.depth_view import Intrinsics

# Flesh of a joint and as much again, metres: what lies further before it is not its own skin.
_SKIN_M = np.full(JOINT_COUNT, 0.028)
_SKIN_M[[joint for finger in FINGERS for joint in finger[1:]]] = 0.016


def visible_joints(
    joints_m: NDArray[np.float32], depth_mm: NDArray[np.uint16], camera: Intrinsics
) -> NDArray[np.bool_]:
    """Say of which joints the camera sees the skin.

    A joint is hidden where it is outside the image, or where a surface lies before it that is more than its
    own flesh away: 28 mm of wrist, thumb's CMC and the other fingers' MCP joints, 16 mm of the others.

    Args:
        joints_m: float32 [21, 3], metres in the optical frame.
        depth_mm: uint16 [height, width], millimetres without noise; 0 = nothing is there.
        camera: Intrinsics of the image.

    Returns:
        bool [21].
    """
    visible = np.zeros(JOINT_COUNT, dtype=bool)
    ahead = joints_m[:, 2] > 0
    height, width = depth_mm.shape
    x, y = np.rint(camera.project(joints_m[ahead]).astype(np.float64)).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    places = np.flatnonzero(ahead)[inside]
    surface_m = depth_mm[y[inside].astype(int), x[inside].astype(int)] * 1e-3
    visible[places] = surface_m >= joints_m[places, 2] - _SKIN_M[places]
    return visible
