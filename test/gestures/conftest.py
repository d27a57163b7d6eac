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

"""Posed synthetic hands as a tracker would give them, and files of gestures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic import GESTURES, pose_hand
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.types import Region, TrackedHand

PALM_PX_PER_M = 1000.0


def posed(
    pose="open palm", roll_deg=0.0, scale=1.0, side=Handedness.RIGHT, at=(320.0, 240.0), pitch=0.0, yaw=0.0
):
    """Joints in pixels, float32 [21, 3], of a pose seen from its palm; roll is clockwise in the image."""
    joints = pose_hand(GESTURES[pose], side).joints @ rotation(np.radians(roll_deg), pitch, yaw).T
    points = PALM_PX_PER_M * scale * joints
    return (points + np.array([*at, 0.0])).astype(np.float32)


def tracked(landmarks, track_id=1, side=Handedness.RIGHT):
    """A followed hand."""
    world = landmarks / PALM_PX_PER_M
    return TrackedHand(track_id, side, 0.9, 0.99, landmarks, world, Region(0.0, 0.0, 1.0, 0.0))


def in_space(pose="open palm", z=0.6, pitch=0.0, yaw=0.0):
    """A hand in space whose joints are all measured."""
    joints = pose_hand(GESTURES[pose]).joints @ rotation(0.0, pitch, yaw).T + [0.0, 0.0, z]
    states, std_m = np.full(21, JointState.MEASURED, np.uint8), np.full(21, 0.004, np.float32)
    return Hand3d(1, Handedness.RIGHT, 0.9, 0.9, joints.astype(np.float32), states, std_m)


@pytest.fixture(scope="session")
def made():
    """The functions that make hands, for tests to call."""
    return SimpleNamespace(posed=posed, tracked=tracked, in_space=in_space)
