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

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cameras.visibility import visible_joints
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.depth_view import Intrinsics

CAMERA = Intrinsics(100.0, 100.0, 50.0, 50.0)


def joints_at(z_m: float) -> np.ndarray:
    return np.tile(np.array([0.0, 0.0, z_m], np.float32), (21, 1))


def test_a_joint_is_visible_behind_its_own_skin_and_hidden_behind_another() -> None:
    for surface_mm, fingertips, wrist in ((490, True, True), (480, False, True), (450, False, False)):
        seen = visible_joints(joints_at(0.5), np.full((101, 101), surface_mm, np.uint16), CAMERA)
        assert (seen[Joint.INDEX_TIP], seen[Joint.WRIST]) == (fingertips, wrist)


def test_joints_outside_the_image_behind_the_camera_or_before_nothing_are_hidden() -> None:
    joints = joints_at(0.5)
    joints[Joint.WRIST, 0] = 1.0
    joints[Joint.PINKY_TIP, 2] = -0.5
    seen = visible_joints(joints, np.full((101, 101), 500, np.uint16), CAMERA)
    assert np.flatnonzero(~seen).tolist() == [Joint.WRIST, Joint.PINKY_TIP]
    assert not visible_joints(joints_at(0.5), np.zeros((101, 101), np.uint16), CAMERA).any()


def test_the_synthetic_camera_says_which_joints_it_sees() -> None:
    options = SourceOptions(width=320, height=240, seed=3, absence_s=0.0)
    with SyntheticHandSource(options) as source:
        shares = [hand.visible.mean() for _ in range(150) for hand in source.read().truth]
    assert max(shares) == 1.0, "an open palm hides nothing"
    assert 0.3 < min(shares) < 0.95, "bent fingers hide others"
