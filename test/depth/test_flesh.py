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

"""Flesh before joints, and joints beside their landmarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.rendered_hands import BACK, FRONT, render, tracked

from hand_tracking_dsp.depth.flesh import flesh_before, joints_beyond
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.types import TrackedHand


def hand(turn: tuple[float, float, float] = FRONT, side: Handedness = Handedness.RIGHT) -> TrackedHand:
    return tracked(render("open palm", turn, side=side))


@pytest.mark.parametrize("side", [Handedness.LEFT, Handedness.RIGHT])
def test_there_is_more_flesh_on_the_side_of_the_palm(side: Handedness) -> None:
    palm, back = flesh_before([hand(FRONT, side), hand(BACK, side)])
    fingers = [Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]
    assert (palm[fingers] > 1.5 * back[fingers]).all()
    unknown = replace(hand(FRONT, side), handedness=Handedness.UNKNOWN)
    np.testing.assert_allclose(flesh_before([unknown])[0][9], (palm[9] + back[9]) / 2, rtol=0.1)


def test_joints_lie_along_their_bones_beside_landmarks() -> None:
    one = hand()
    moved = joints_beyond([one])[0] - one.landmarks[:, :2]
    for joint, before in ((Joint.THUMB_IP, Joint.THUMB_MCP), (Joint.MIDDLE_TIP, Joint.MIDDLE_DIP)):
        bone = one.landmarks[joint, :2] - one.landmarks[before, :2]
        assert moved[joint] @ bone > 0.98 * np.linalg.norm(moved[joint]) * np.linalg.norm(bone)
        assert 0.05 < np.linalg.norm(moved[joint]) / np.linalg.norm(bone) < 0.5
    towards_the_fingers = one.landmarks[Joint.MIDDLE_MCP, :2] - one.landmarks[Joint.WRIST, :2]
    assert moved[Joint.WRIST] @ towards_the_fingers > 0


def test_they_do_so_in_images_of_any_size_and_mirrored() -> None:
    one = hand()
    moved = joints_beyond([one])[0]
    finer, mirrored = one.landmarks * 3, one.landmarks * np.float32([-1, 1, 1])
    shape = one.world_landmarks * np.float32([-1, 1, 1])
    np.testing.assert_allclose(joints_beyond([replace(one, landmarks=finer)])[0], 3 * moved, rtol=1e-4)
    other = joints_beyond([replace(one, landmarks=mirrored, world_landmarks=shape)])[0]
    np.testing.assert_allclose(other, moved * np.float32([-1, 1]), rtol=1e-4)


@pytest.mark.filterwarnings("error")
def test_a_shape_of_one_point_moves_no_landmark() -> None:
    one = replace(hand(), world_landmarks=np.zeros((21, 3), np.float32))
    np.testing.assert_array_equal(joints_beyond([one])[0], one.landmarks[:, :2])
