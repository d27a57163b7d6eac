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

"""The skeleton of the synthetic hand."""

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import PALM_M, PHALANGES_M, pose_hand, rotation
from hand_tracking_dsp.hand import FINGERS, Handedness, Joint


@pytest.mark.parametrize("handedness", [Handedness.LEFT, Handedness.RIGHT])
@pytest.mark.parametrize("gesture", GESTURES)
def test_no_pose_changes_a_bones_length(gesture, handedness):
    joints = pose_hand(GESTURES[gesture], handedness).joints
    for row, finger in enumerate(FINGERS):
        lengths = np.linalg.norm(np.diff(joints[list(finger)], axis=0), axis=1)
        np.testing.assert_allclose(lengths, PHALANGES_M[row], rtol=1e-12)
        np.testing.assert_allclose(np.abs(joints[finger[0]]), np.abs(PALM_M[row]), rtol=1e-12)
    assert not joints[Joint.WRIST].any()


def test_a_left_hand_is_the_mirror_image_of_a_right_one():
    right = pose_hand(GESTURES["point"], Handedness.RIGHT)
    left = pose_hand(GESTURES["point"], Handedness.LEFT)
    np.testing.assert_array_equal(left.joints, right.joints * [-1, 1, 1])
    np.testing.assert_array_equal(left.palmar, right.palmar * [-1, 1, 1])
    assert right.joints[Joint.INDEX_MCP, 0] > right.joints[Joint.PINKY_MCP, 0]


def test_flexion_bends_a_finger_out_of_the_palm():
    straight = pose_hand(np.zeros((5, 4)))
    bent = np.zeros((5, 4))
    bent[1] = 0.0, 90.0, 0.0, 0.0
    tip = pose_hand(bent).joints[Joint.INDEX_TIP]
    root = straight.joints[Joint.INDEX_MCP]
    np.testing.assert_allclose(tip - root, [0.0, 0.0, PHALANGES_M[1].sum()], atol=1e-12)
    np.testing.assert_allclose(pose_hand(bent).palmar[Joint.INDEX_TIP], [0.0, -1.0, 0.0], atol=1e-12)


def test_abduction_moves_a_finger_towards_the_thumb():
    angles = np.zeros((5, 4))
    angles[2, 0] = 10.0
    assert (
        pose_hand(angles).joints[Joint.MIDDLE_TIP, 0]
        > pose_hand(np.zeros((5, 4))).joints[Joint.MIDDLE_TIP, 0]
    )


def test_unturned_the_palm_faces_the_camera_with_its_fingers_up():
    np.testing.assert_array_equal(rotation(0.0, 0.0, 0.0), np.diag([1.0, -1.0, -1.0]))


@pytest.mark.parametrize(
    ("roll", "pitch", "yaw"), [(0.3, 0.0, 0.0), (0.0, 0.4, 0.0), (0.0, 0.0, 0.5), (1.0, -2.0, 3.0)]
)
def test_a_turn_is_a_rotation(roll, pitch, yaw):
    turn = rotation(roll, pitch, yaw)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)


def test_the_signs_of_roll_and_pitch():
    fingers = np.array([0.0, 1.0, 0.0])
    assert (rotation(0.3, 0.0, 0.0) @ fingers)[0] > 0.0, "roll turns clockwise in the image"
    assert (rotation(0.0, 0.3, 0.0) @ fingers)[2] < 0.0, "pitch brings the fingers to the camera"
