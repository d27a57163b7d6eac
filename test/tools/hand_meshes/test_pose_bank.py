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

"""Poses of 17 bones, written by the test, come back as the angles that they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from hand_meshes.pose_bank import read_poses
from hand_tracking_dsp.cameras.mesh.rig import bone_turns
from hand_tracking_dsp.cameras.synthetic import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.depth.types import Pose

ANGLES = np.array(list(GESTURES.values()), np.float64)


def line(angles, whole):
    """Give a line of the file: bones that look along z and across x, of a hand turned as a whole."""
    turns = whole @ bone_turns(angles)
    places = np.zeros((17, 3))
    places[3] = 0.05 * turns[1][:, 1]  # the thumb's metacarpal
    values = []
    for bone in range(17):
        across, along, palmar = turns[max(bone - 1, 0)].T
        pose = Pose(places[bone], np.stack([across, -palmar, along], axis=1))
        values += [*places[bone], *pose.quaternion]
    return " ".join(f"{value:.9f}" for value in values)


@pytest.fixture
def bank(tmp_path):
    """Give the file of all gestures, each turned differently."""
    path = tmp_path / "animbank.pose"
    lines = [line(angles, rotation(0.4 * number, 0.1, -0.3)) for number, angles in enumerate(ANGLES)]
    path.write_text("\n".join(lines))
    return path


def test_each_pose_comes_back_once_whatever_way_the_hand_is_turned(bank):
    found = read_poses(bank, len(ANGLES))
    left = list(range(len(ANGLES)))
    for pose in found:
        off = [np.abs(pose - ANGLES[number]).max() for number in left]
        nearest = int(np.argmin(off))
        assert off[nearest] <= 1, "rounded to whole degrees"
        del left[nearest]
    assert left == []


def test_a_few_poses_are_the_farthest_from_each_other(bank):
    few = read_poses(bank, 4).astype(np.float64)
    assert few.shape == (4, 5, 4)
    every = read_poses(bank, len(ANGLES)).astype(np.float64)
    np.testing.assert_array_equal(few, every[:4])
    apart = [np.linalg.norm(few[i] - few[j]) for i in range(4) for j in range(i)]
    nearest = np.linalg.norm(every[4:, None] - few[None], axis=(2, 3)).min(1)
    assert min(apart) >= nearest.max() - 2
