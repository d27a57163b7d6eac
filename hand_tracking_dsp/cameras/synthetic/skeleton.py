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

"""A hand's skeleton: bone lengths, joint angles and where the 21 joints then are.

Hand frame of a right hand, metres: origin at the wrist, x to the thumb's side, y to the fingers, z out of
the palm. A left hand is its mirror image in x.

Phalanges, thumb metacarpal and fingertip tissue: A. Buryanov and V. Kotiuk, "Proportions of Hand Segments",
International Journal of Morphology 28(3), 2010 (means of 66 adult hands). Wrist and knuckles: that paper's
metacarpals lengthened by the carpus, spread to a hand breadth of about 84 mm at the knuckles (T. M. Greiner,
"Hand Anthropometry of U.S. Army Personnel", 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import FINGERS, JOINT_COUNT, Handedness, Joint

Floats = NDArray[np.float64]

_TIP_SHARE = 0.55
"""Share of a fingertip's soft tissue before the landmark "tip", which lies a little inside the skin."""

PHALANGES_M: Floats = 1e-3 * np.array(
    [
        [46.22, 31.57, 21.67 + _TIP_SHARE * 5.67],
        [39.78, 22.38, 15.82 + _TIP_SHARE * 3.84],
        [44.63, 26.33, 17.40 + _TIP_SHARE * 3.95],
        [41.37, 25.65, 17.30 + _TIP_SHARE * 3.95],
        [32.74, 18.11, 15.96 + _TIP_SHARE * 3.73],
    ]
)
"""Three bones a finger, thumb (whose first is the metacarpal) to little finger, from the palm outwards."""

PALM_M: Floats = 1e-3 * np.array(
    [[24.0, 22.0, 9.0], [25.0, 88.0, 1.0], [4.0, 91.0, -1.0], [-15.0, 85.0, 0.0], [-31.0, 76.0, 4.0]]
)
"""Thumb CMC and the four finger MCP joints from the wrist; the palm is rigid."""

THUMB_ROLL = np.radians(-62.0)
"""Turn of the thumb about its own axis: its pad faces the fingers, not the palm's front."""


@dataclass(frozen=True, slots=True)
class HandShape:
    """A posed hand in its own frame.

    Attributes:
        handedness: LEFT or RIGHT.
        joints: float64 [21, 3], metres from the wrist.
        palmar: float64 [21, 3], unit vectors: the direction to which the bone ending at each joint
            flexes (away from the nail).
    """

    handedness: Handedness
    joints: Floats
    palmar: Floats


def pose_hand(angles_deg: Floats, handedness: Handedness = Handedness.RIGHT) -> HandShape:
    """Place the joints by forward kinematics.

    Args:
        angles_deg: [5, 4] degrees. Fingers: abduction towards the thumb, flexion of MCP, PIP and DIP.
            Thumb: CMC spread away from the index, CMC lift out of the palm's plane, flexion of MCP and IP.
        handedness: LEFT or RIGHT.
    """
    angles = np.radians(angles_deg)
    joints = np.zeros((JOINT_COUNT, 3))
    palmar = np.tile([0.0, 0.0, 1.0], (JOINT_COUNT, 1))
    for row, finger in enumerate(FINGERS):
        joints[finger[0]] = PALM_M[row]
        if finger[0] is Joint.THUMB_CMC:
            frame = _about_z(-angles[row, 0]) @ _about_x(angles[row, 1]) @ _about_y(THUMB_ROLL)
            flexions = (0.0, angles[row, 2], angles[row, 3])
        else:
            frame = _about_z(-angles[row, 0])
            flexions = (angles[row, 1], angles[row, 2], angles[row, 3])
        for bone, flexion in enumerate(flexions):
            frame = frame @ _about_x(flexion)
            joints[finger[bone + 1]] = joints[finger[bone]] + frame[:, 1] * PHALANGES_M[row, bone]
            palmar[finger[bone + 1]] = frame[:, 2]
    if handedness is Handedness.LEFT:
        joints[:, 0] *= -1.0
        palmar[:, 0] *= -1.0
    return HandShape(handedness, joints, palmar)


def rotation(roll: float, pitch: float, yaw: float) -> Floats:
    """Turn the hand frame into the optical frame.

    Args:
        roll: Radians, clockwise in the image; 0 = fingers up.
        pitch: Radians, fingers towards the camera.
        yaw: Radians about the hand's long axis; 0 = the palm faces the camera.

    Returns:
        float64 [3, 3]; columns are the hand's axes in the optical frame.
    """
    facing = np.diag([1.0, -1.0, -1.0])
    return _about_z(roll) @ facing @ _about_x(pitch) @ _about_y(yaw)


def _about_x(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
