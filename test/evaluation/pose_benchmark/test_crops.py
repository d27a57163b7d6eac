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

"""Crops of hands around their centre of mass, on surfaces whose place is known."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import ICVL
from hand_tracking_dsp.evaluation.pose_benchmark.crops import centre_of_mass, cut_hand
from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseSample

CAMERA = ICVL.camera


def made_sample(start_m: tuple[float, float, float] = (0.0, 0.0, 0.4)) -> PoseSample:
    """Make a plate of 100 mm that faces the camera at 400 mm, 20 mm to the right, before a wall at 800 mm."""
    depth = np.full((240, 320), 0.8, np.float32)
    (left, top), (right, bottom) = (
        np.rint(CAMERA.project(np.array([x, y, 0.4], np.float32))).astype(int)
        for x, y in ((-0.03, -0.05), (0.07, 0.05))
    )
    depth[top : bottom + 1, left : right + 1] = 0.4
    depth[100, 170] = 0
    # The last one lies behind the first one, as the camera sees it.
    joints = np.array([[0.02, 0.0, 0.4], [0.07, -0.05, 0.4], [0.025, 0.0, 0.5]], np.float32)
    uvd = np.concatenate([CAMERA.project(joints), joints[:, 2:]], axis=1)
    return PoseSample("plate.png", depth, joints, uvd, np.array(start_m, np.float32), CAMERA)


def test_the_centre_is_that_of_the_surface_in_the_cube_and_not_of_the_wall() -> None:
    sample = made_sample()
    np.testing.assert_allclose(centre_of_mass(sample, sample.start_m, 0.2), (0.02, 0, 0.4), atol=2e-3)


@pytest.mark.parametrize("start_m", [(0.0, 0.0, 1.5), (3.0, 0.0, 0.4), (0.0, -3.0, 0.4), (0.0, 0.0, 0.01)])
def test_where_nothing_is_seen_the_start_stays(start_m: tuple[float, float, float]) -> None:
    sample = made_sample(start_m)
    np.testing.assert_array_equal(centre_of_mass(sample, sample.start_m, 0.2), sample.start_m)


def test_depth_and_joints_are_shares_of_the_cube() -> None:
    crop = cut_hand(made_sample(), side_m=0.2, size=64)
    assert crop.name == "plate.png"
    assert crop.depth.shape == (64, 64)
    assert crop.depth.dtype == np.float32
    # The plate fills the middle half of each side, half-way between front and back; the wall is behind.
    assert np.abs(crop.depth[20:44, 20:44]).max() < 0.02
    assert (crop.depth[:12] == -1).all()
    assert (crop.depth[:, 52:] == -1).all()
    np.testing.assert_allclose(crop.joints, [(0, 0, 0), (0.5, -0.5, 0), (0, 0, -1)], atol=0.02)
    np.testing.assert_allclose(crop.cube.to_metres(crop.joints), made_sample().joints_m, atol=1e-5)
