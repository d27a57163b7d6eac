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

"""Random poses stay within what a hand can do."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.catalogue import split_poses, tracked_poses
from hand_tracking_dsp.cameras.mesh.poses import (
    HIGHEST_DEG,
    LOWEST_DEG,
    overlap_m,
    random_pose,
    within_limits,
)
from hand_tracking_dsp.cameras.synthetic import GESTURES


@pytest.mark.parametrize("gesture_share", [0.0, 1.0])
def test_random_poses_respect_the_limits_of_joints_and_of_flesh(gesture_share: float) -> None:
    random = np.random.default_rng(3)
    for _ in range(200):
        angles = random_pose(random, "train", gesture_share).angles_deg
        assert (angles >= LOWEST_DEG - 1e-9).all()
        assert (angles <= HIGHEST_DEG + 1e-9).all()
        assert overlap_m(angles) < 0.0075


def test_random_poses_are_those_of_their_split() -> None:
    random = np.random.default_rng(0)
    allowed = {f"tracked {number}" for number in split_poses("val")}
    assert {random_pose(random, "val", 0.0).name for _ in range(50)} <= allowed
    assert {random_pose(random, "val", 1.0).name for _ in range(50)} <= set(GESTURES) | allowed


def test_the_gestures_are_hardly_changed_by_the_limits() -> None:
    for angles in GESTURES.values():
        assert np.abs(within_limits(angles) - angles).max() < 5


def test_a_fist_cannot_be_spread() -> None:
    fist = GESTURES["fist"].copy()
    fist[1:, 0] = HIGHEST_DEG[1:, 0]
    assert (within_limits(fist)[1:, 0] <= 0.35 * HIGHEST_DEG[1:, 0] + 1e-9).all()


def test_fingers_through_each_other_are_noticed() -> None:
    assert overlap_m(GESTURES["spread"]) < 0
    crossed = GESTURES["open palm"].copy()
    crossed[1, 0], crossed[2, 0] = -25, 20
    assert overlap_m(crossed) > 0.008


def test_the_tracked_poses_are_many_and_different() -> None:
    poses = tracked_poses().reshape(-1, 20)
    assert len(poses) == 480
    assert ((poses >= -60) & (poses <= 115)).all()
    distances = np.linalg.norm(poses[:, None] - poses[None], axis=2) + 1e9 * np.eye(len(poses))
    # Angles of a pose and its nearest, together; the farthest two are 250 apart.
    assert distances.min() > 14
