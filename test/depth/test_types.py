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
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation
from hand_tracking_dsp.depth.types import Hand3d, Hands3d, HandSource, JointState, Pose, palm_pose
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


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.01))
def test_a_pose_of_a_quaternion_has_that_quaternion(quaternion: list[float]) -> None:
    pose = Pose.of((1, 2, 3), quaternion)
    np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-5)
    unit = np.array(quaternion) / np.linalg.norm(quaternion)
    assert abs(unit @ pose.quaternion) == pytest.approx(1.0, abs=1e-5)


def test_a_pose_moves_points_of_its_body_into_its_frame() -> None:
    quarter = Pose.of((1, 2, 3), (0, 0, np.sqrt(0.5), np.sqrt(0.5)))  # x to y
    points = np.array([[[1, 0, 0], [0, 1, 0], [np.nan, 0, 0]]], np.float32)
    np.testing.assert_allclose(quarter.moved(points)[0, :2], [[1, 3, 3], [0, 2, 3]], atol=1e-6)
    assert np.isnan(quarter.moved(points)[0, 2]).any()


@pytest.mark.parametrize(
    ("place", "turn"),
    [((0, 0, 0), (0, 0, 0, 0)), ((0, np.nan, 0), (0, 0, 0, 1)), ((0, 0, 0), (np.inf, 0, 0, 0))],
)
def test_what_is_no_pose_is_refused(place: tuple[float, ...], turn: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="is none"):
        Pose.of(place, turn)


def test_hands_move_with_the_camera_and_keep_what_is_known() -> None:
    joints = pose_hand(GESTURES["open palm"]).joints.astype(np.float32) + np.float32(0.5)
    joints[3] = np.nan
    hand = Hand3d(1, Handedness.RIGHT, 1.0, 1.0, joints, np.ones(21, np.uint8), np.ones(21, np.float32))
    camera = Pose.of((0, 0, 1), (0, 1, 0, 0))
    moved = Hands3d((hand,), HandSource.FUSED, 0.01).moved(camera)
    assert (moved.source, moved.depth_offset_s) == (HandSource.FUSED, 0.01)
    assert np.isnan(moved.hands[0].joints_m[3]).all()
    palm, before = moved.hands[0].palm, hand.palm
    assert palm is not None
    assert before is not None
    np.testing.assert_allclose(palm.position_m, camera.moved(before.position_m), atol=1e-6)
    np.testing.assert_allclose(palm.rotation, camera.rotation @ before.rotation, atol=1e-6)


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
