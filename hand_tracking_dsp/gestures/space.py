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

"""Distances and directions of a hand in space, in metres."""

from __future__ import annotations

import math

import numpy as np

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.gestures.types import NOWHERE, Ray, SpatialReading
from hand_tracking_dsp.hand import Joint

_INDEX = np.array([Joint.INDEX_MCP, Joint.INDEX_PIP, Joint.INDEX_DIP, Joint.INDEX_TIP])
# Joints whose standard deviation is not known, or 0, weigh as if it were this.
_LEAST_STD_M = 1e-3
_LEAST_LENGTH_M = 5e-3


def read_in_space(hand: Hand3d | None) -> SpatialReading:
    """Measure a hand in space; NOWHERE where there is none."""
    if hand is None:
        return NOWHERE
    thumb, index = hand.joints_m[[Joint.THUMB_TIP, Joint.INDEX_TIP]].astype(np.float64)
    palm = hand.palm
    return SpatialReading(
        pinch_m=float(np.linalg.norm(thumb - index)),
        # As if both errors lay along the line between the tips: along the optical axis, where most of them
        # lies, they do at worst.
        pinch_std_m=math.hypot(hand.std_m[Joint.THUMB_TIP], hand.std_m[Joint.INDEX_TIP]),
        palm_distance_m=math.nan if palm is None else float(np.linalg.norm(palm.position_m)),
        pointing=pointing_ray(hand),
    )


def pointing_ray(hand: Hand3d) -> Ray | None:
    """Return the ray along the index finger, from its outermost known joint; None where it is not known.

    Its direction is that of the line through the known ones of its four joints, which are two at least and
    reach over half a centimetre, by least squares; each weighs as its inverse variance.
    """
    joints, std_m = hand.joints_m[_INDEX].astype(np.float64), hand.std_m[_INDEX].astype(np.float64)
    known = np.isfinite(joints).all(axis=1)
    if known.sum() < 2:
        return None
    joints = joints[known]
    weights = np.nan_to_num(np.maximum(std_m[known], _LEAST_STD_M), nan=_LEAST_STD_M) ** -2
    weights /= weights.sum()
    middle = weights @ joints
    spread = (joints - middle) * np.sqrt(weights)[:, None]
    direction = np.linalg.svd(spread, full_matrices=False)[2][0]
    way = joints[-1] - joints[0]
    if np.linalg.norm(way) < _LEAST_LENGTH_M:
        return None
    direction = direction * (1.0 if direction @ way >= 0 else -1.0)
    # The foot of the outermost joint on the line.
    origin = middle + (joints[-1] - middle) @ direction * direction
    return Ray(tuple(origin.tolist()), tuple(direction.tolist()))
