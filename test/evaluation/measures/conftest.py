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

"""Hands for the tests of measures."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import Region, TrackedHand

PALM_PX = 100.0


@pytest.fixture
def open_hand() -> np.ndarray:
    """Give the joints of an open hand, palm size 100 px, around (320, 240), float32 [21, 3]."""
    angles = np.zeros((5, 4))
    angles[0, :2] = 40.0
    joints = pose_hand(angles).joints
    scale = PALM_PX / np.hypot(*joints[Joint.MIDDLE_MCP, :2])
    points = joints * scale
    points[:, 1] *= -1
    points[:, :2] += np.array([320.0, 240.0])
    return points.astype(np.float32)


@pytest.fixture
def tracked():
    """Make a tracked hand of joints in pixels and in metres."""

    def make(joints_px, joints_m=None, track_id=1, side=Handedness.RIGHT) -> TrackedHand:
        world = np.zeros((21, 3), np.float32) if joints_m is None else joints_m.astype(np.float32)
        region = Region(320.0, 240.0, 300.0, 0.0)
        return TrackedHand(track_id, side, 0.9, 0.99, joints_px.astype(np.float32), world, region)

    return make


@pytest.fixture
def true():
    """Make a true hand."""

    def make(joints_px=None, joints_m=None, box=None, side=Handedness.RIGHT) -> TrueHand:
        return TrueHand(joints_px, joints_m, box, side)

    return make
