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

"""Cubes of space around hands, cut out of depth images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.depth_maps import CAMERA, disc_view

from hand_tracking_dsp.tracking.depth_crop import BACKGROUND, Cube, crop_depth, hand_depth_m
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Region


@pytest.mark.parametrize("rotation", [0.0, 0.7, math.pi])
def test_points_come_back_from_the_cube_where_they_were(rotation: float) -> None:
    cube = Cube.around(Region(140, 100, 50, rotation), 0.6, 0.24, CAMERA)
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (21, 3)).astype(np.float32) + np.float32([0, 0, 0.6])
    assert np.allclose(cube.to_metres(cube.from_metres(points)), points, atol=1e-6)


def test_a_cube_is_as_large_in_the_image_as_its_side_at_its_depth() -> None:
    assert Cube.around(Region(0, 0, 7, 0), 0.5, 0.24, CAMERA).region.size == pytest.approx(476 * 0.24 / 0.5)


def test_up_in_a_turned_region_is_up_in_its_cube() -> None:
    """A region turned clockwise by a right angle has its upper side at the right of the image."""
    cube = Cube.around(Region(160, 120, 50, math.pi / 2), 0.5, 0.24, CAMERA)
    right_of_it = CAMERA.unproject(np.float32([[200, 120]]), np.float32([0.5]))
    x, y, z = cube.from_metres(right_of_it)[0]
    assert y < -0.3
    assert (x, z) == pytest.approx((0, 0), abs=1e-5)


def test_what_is_drawn_lies_where_points_of_the_cube_say() -> None:
    view = disc_view(0.5, radius_px=6, centre=(190, 100))
    cube = Cube.around(Region(160, 120, 100, 0.4), 0.52, 0.24, CAMERA)
    depth = crop_depth(view.metres, cube, 128)
    rows, columns = np.nonzero(depth > BACKGROUND)
    drawn = np.array([columns.mean() + 0.5, rows.mean() + 0.5]) / 64 - 1
    point = cube.from_metres(CAMERA.unproject(np.float32([[190, 100]]), np.float32([0.5])))[0]
    assert drawn == pytest.approx(point[:2], abs=0.02)
    assert depth[rows, columns] == pytest.approx(point[2], abs=1e-4)


def test_what_is_behind_the_cube_or_unknown_is_background_and_what_is_before_it_its_front() -> None:
    metres = np.full((240, 320), 2.0, np.float32)
    metres[:, :150], metres[:, 150:160] = 0.0, 0.1
    depth = crop_depth(metres, Cube.around(Region(160, 120, 50, 0), 0.5, 0.24, CAMERA), 128)
    assert set(np.unique(depth)) == {BACKGROUND, 1.0}
    assert (depth[:, 100:] == BACKGROUND).all()


@pytest.mark.parametrize("behind_m", [0.0, 0.9, 3.0])
def test_a_hand_is_a_little_behind_what_is_seen_of_it(behind_m: float) -> None:
    view = disc_view(0.5, radius_px=30, behind_m=behind_m)
    assert hand_depth_m(view, Region(160, 120, 100, 0.3)) == pytest.approx(0.52)


@pytest.mark.parametrize("region", [Region(160, 120, 60, 0), Region(-500, 0, 60, 0), Region(310, 230, 60, 1)])
def test_where_no_depth_is_there_is_no_hand(region: Region) -> None:
    assert math.isnan(hand_depth_m(DepthView(np.zeros((240, 320), np.float32), CAMERA), region))


def test_a_region_half_outside_the_image_is_looked_at_where_it_is_inside() -> None:
    view = disc_view(0.4, radius_px=400)
    assert hand_depth_m(view, Region(0, 0, 80, 0)) == pytest.approx(0.42)
