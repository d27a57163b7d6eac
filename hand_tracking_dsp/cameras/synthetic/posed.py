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

"""Pictures of one synthetic hand in a given pose, before a plain wall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.motion import HandPlace
from hand_tracking_dsp.cameras.synthetic.render import render_hand
from hand_tracking_dsp.cameras.synthetic.shading import Look
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.depth_view import Intrinsics

_POSE_PX = 300
_POSE_CAMERA = Intrinsics(1.25 * _POSE_PX, 1.25 * _POSE_PX, _POSE_PX / 2, _POSE_PX / 2)
_DISTANCE_M = 0.38
_TONE = 0.2


def pose_picture(name: str, roll_deg: float = 0.0, yaw_deg: float = 0.0) -> NDArray[np.uint8]:
    """Render a synthetic right hand before a plain wall, uint8 [300, 300, 3] BGR.

    Args:
        name: Name of the pose, a key of cameras.synthetic.GESTURES.
        roll_deg: Turn in the image, degrees, clockwise; 0 = fingers up.
        yaw_deg: Turn about the hand's long axis, degrees; 0 = the palm faces the camera.
    """
    image = np.full((_POSE_PX, _POSE_PX, 3), (120, 112, 104), np.uint8)
    depth_mm = np.full(image.shape[:2], 1800, np.uint16)
    turn = rotation(np.radians(roll_deg), 0.0, np.radians(yaw_deg))
    # The forearm hangs out of the picture, whichever side it comes from.
    middle_m = _DISTANCE_M * np.array([0, 0, 1.0]) - 0.02 * turn[:, 1]
    place = HandPlace(Handedness.RIGHT, GESTURES[name], turn, middle_m, size=1.0, tone=_TONE)
    render_hand(
        place, Look(_TONE, (110, 90, 70), (-0.42, -0.55, -0.72), 0.45), _POSE_CAMERA, image, depth_mm, 1
    )
    return image
