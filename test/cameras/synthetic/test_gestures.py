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

"""Poses and the walk through them."""

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.body import FINGER_RADII_M
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES, GestureWalk, smooth_step
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand
from hand_tracking_dsp.hand import Joint


@pytest.mark.parametrize("gesture", GESTURES)
def test_joints_bend_as_far_as_a_persons(gesture):
    angles = GESTURES[gesture]
    assert angles.shape == (5, 4)
    assert (np.abs(angles[1:, 0]) <= 30.0).all()
    assert ((angles[1:, 1:] >= 0.0) & (angles[1:, 1:] <= 110.0)).all()
    assert ((angles[0] >= -10.0) & (angles[0] <= 80.0)).all()


@pytest.mark.parametrize("gesture", ["ok", "pinch"])
def test_the_fingertips_meet_without_passing_through_each_other(gesture):
    joints = pose_hand(GESTURES[gesture]).joints
    between_m = np.linalg.norm(joints[Joint.THUMB_TIP] - joints[Joint.INDEX_TIP])
    flesh_m = FINGER_RADII_M[0, 3] + FINGER_RADII_M[1, 3]
    assert 0.9 * flesh_m < between_m < flesh_m + 0.003


def test_a_cycle_shows_every_gesture_once():
    walk = GestureWalk(4)
    count = len(GESTURES)
    for cycle in range(3):
        assert {walk.name(step) for step in range(cycle * count, (cycle + 1) * count)} == set(GESTURES)


def test_one_seed_gives_one_walk_and_another_seed_another():
    times_s = np.linspace(0.0, 50.0, 40)
    walks = [np.stack([GestureWalk(seed).angles(t) for t in times_s]) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(walks[0], walks[1])
    assert not np.array_equal(walks[0], walks[2])


def test_no_joint_jumps():
    walk = GestureWalk(0)
    angles = np.stack([walk.angles(t) for t in np.arange(0.0, 40.0, 0.005)])
    assert np.abs(np.diff(angles, axis=0)).max() < 0.005 * 1.6 / 0.7 * 115.0


def test_smooth_step_begins_and_ends_flat():
    assert [smooth_step(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert smooth_step(1e-4) < 1e-7
