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

"""Value types of hands in space: the palm's pose follows from the joints."""

from __future__ import annotations

import cv2
import hand_tracking_dsp.msg as messages
import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation
from hand_tracking_dsp.depth.types import HandSource, JointState, Pose, palm_pose
from hand_tracking_dsp.hand import Handedness, Joint


@pytest.mark.parametrize("side", [Handedness.LEFT, Handedness.RIGHT])
def test_palm_faces_the_camera_where_the_hand_is_held_up_to_it(side: Handedness) -> None:
    joints = pose_hand(GESTURES["open palm"], side).joints @ rotation(0.0, 0.0, 0.0).T + [0.1, 0.2, 0.6]
    pose = palm_pose(joints.astype(np.float32), side)
    assert pose is not None
    np.testing.assert_allclose(pose.rotation.T @ pose.rotation, np.eye(3), atol=1e-6)
    assert np.linalg.det(pose.rotation) == pytest.approx(1.0, abs=1e-6)
    to_fingers, _, out_of_palm = pose.rotation.T
    assert to_fingers @ [0, -1, 0] > 0.98, "fingers point up in the image"
    assert out_of_palm @ [0, 0, -1] > 0.98, "the palm looks at the camera"


@pytest.mark.parametrize(
    ("axis", "degrees"),
    [((1, 0, 0), 90), ((0, 1, 0), 180), ((0, 0, 1), -120), ((1, 2, 3), 179), ((1, 1, 0), 0)],
)
def test_quaternion_turns_as_the_rotation_does(axis: tuple[float, ...], degrees: float) -> None:
    vector = np.array(axis, np.float64) / np.linalg.norm(axis) * np.radians(degrees)
    turn, _ = cv2.Rodrigues(vector)
    x, y, z, w = Pose(np.zeros(3, np.float32), turn.astype(np.float32)).quaternion
    half = np.radians(degrees) / 2
    wanted = np.array([*np.sin(half) * np.array(axis) / np.linalg.norm(axis), np.cos(half)])
    np.testing.assert_allclose([x, y, z, w], wanted, atol=1e-6)


def test_palm_of_hidden_joints_is_unknown() -> None:
    joints = pose_hand(GESTURES["fist"]).joints.astype(np.float32)
    joints[Joint.RING_MCP] = np.nan
    assert palm_pose(joints, Handedness.RIGHT) is None
    assert palm_pose(np.zeros((21, 3), np.float32), Handedness.RIGHT) is None


def test_states_and_sources_are_those_of_the_messages() -> None:
    assert {f"JOINT_{s.name}": getattr(messages.Hand3D, f"JOINT_{s.name}") for s in JointState} == {
        f"JOINT_{s.name}": s.value for s in JointState
    }
    assert {s.name: getattr(messages.Hand3DArray, s.name) for s in HandSource} == HandSource.__members__
