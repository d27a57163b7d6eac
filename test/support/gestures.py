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

"""Messages of hands and gestures that a test chooses."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point
from hand_tracking_dsp.msg import Gesture, Hand, Hand3D

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation

_CENTRE_PX = np.array([320.0, 330.0])
_PX_A_METRE = 1500.0


def posed(gesture: str, right_px: float = 0.0, track_id: int = 1) -> Hand:
    """Pose a synthetic right hand that faces the camera."""
    joints_m = pose_hand(GESTURES[gesture]).joints @ rotation(0.0, 0.0, 0.0).T
    joints_px = joints_m * _PX_A_METRE
    joints_px[:, :2] += _CENTRE_PX + np.array([right_px, 0.0])
    hand = Hand(track_id=track_id, handedness=Hand.RIGHT, handedness_score=0.9, presence=0.9)
    for points, values in (
        (hand.landmarks, joints_px),
        (hand.world_landmarks, joints_m - joints_m.mean(axis=0)),
    ):
        for point, (x, y, z) in zip(points, values.tolist(), strict=True):
            point.x, point.y, point.z = x, y, z
    return hand


def in_space(gesture: str, track_id: int = 1) -> Hand3D:
    """Place a synthetic right hand that faces the camera half a metre before it."""
    hand = Hand3D(track_id=track_id, handedness=Hand.RIGHT, handedness_score=0.9, presence=0.9)
    joints = pose_hand(GESTURES[gesture]).joints @ rotation(0.0, 0.0, 0.0).T + [0.0, 0.0, 0.5]
    for point, (x, y, z) in zip(hand.joints, joints.tolist(), strict=True):
        point.x, point.y, point.z = x, y, z
    hand.joint_states = np.full(21, Hand3D.JOINT_MEASURED, np.uint8)
    hand.joint_std = np.full(21, 0.003, np.float32)
    return hand


def shown(name: str, up_palms: float = 0.0, track_id: int = 1) -> Gesture:
    """Build the gesture of a hand whose palm measures 80 px."""
    return Gesture(
        track_id=track_id,
        name=name,
        held=name,
        open_fingers_score=1.0,
        palm=Point(x=320.0, y=240.0 - 80.0 * up_palms),
        palm_size=80.0,
    )
