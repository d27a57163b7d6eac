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

"""The z-buffer against what geometry says."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.solids import Solid, ball, box
from hand_tracking_dsp.tracking.depth_view import Intrinsics

CAMERA = Intrinsics(200.0, 200.0, 63.5, 47.5)


def placed(solid: Solid, x: float, y: float, z: float) -> Solid:
    return solid.moved(np.eye(3), np.array([x, y, z]))


def draw(raster: Raster, solid: Solid) -> None:
    raster.draw(solid.vertices, solid.faces)


def test_a_slanted_triangle_has_the_depth_of_its_plane() -> None:
    raster = Raster(CAMERA, 128, 96)
    corners = np.array([[-0.2, -0.15, 0.5], [0.2, -0.1, 0.7], [0.0, 0.2, 0.9]], np.float32)
    raster.draw(corners, np.array([[0, 1, 2], [0, 2, 1]]))
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    rows, columns = np.nonzero(raster.inverse)
    rays = np.stack([(columns - CAMERA.cx) / CAMERA.fx, (rows - CAMERA.cy) / CAMERA.fy, np.ones(len(rows))])
    assert len(rows) > 1000
    assert np.allclose(raster.metres[rows, columns], (normal @ corners[0]) / (normal @ rays), rtol=1e-4)


def test_a_ball_is_where_it_is_and_of_its_size() -> None:
    raster = Raster(CAMERA, 128, 96)
    draw(raster, placed(ball(0.05), 0.02, -0.01, 0.4))
    column, row = CAMERA.project(np.array([0.02, -0.01, 0.4], np.float32)).round().astype(int)
    assert raster.metres[row, column] == pytest.approx(0.35, abs=0.002)
    radius_px = 200 * 0.05 / 0.4
    assert (raster.inverse > 0).sum() == pytest.approx(np.pi * radius_px**2, rel=0.06)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearest_surface_is_seen_in_any_order(order: tuple[int, int]) -> None:
    raster = Raster(CAMERA, 128, 96)
    solids = [placed(box(np.full(3, 0.1)), 0, 0, 0.5), placed(box(np.full(3, 0.04)), 0, 0, 0.3)]
    for number in order:
        draw(raster, solids[number])
    assert raster.metres[47, 63] == pytest.approx(0.28, abs=1e-4)
    assert raster.metres[47, 45] == pytest.approx(0.45, abs=1e-4)


def test_crossing_bodies_are_cut_where_they_cross() -> None:
    raster, parts = Raster(CAMERA, 128, 96), []
    for solid in (placed(ball(0.05), 0, 0, 0.4), placed(box(np.array([0.3, 0.02, 0.09])), 0, 0, 0.4)):
        draw(raster, solid)
        alone = Raster(CAMERA, 128, 96)
        draw(alone, solid)
        parts.append(alone.inverse)
    assert np.array_equal(raster.inverse, np.maximum(*parts))


def test_a_closed_body_has_no_pinholes() -> None:
    raster = Raster(Intrinsics(900.0, 900.0, 63.5, 47.5), 128, 96)
    draw(raster, placed(ball(0.1), 0.003, 0.002, 0.4))
    assert (raster.inverse > 0).all()


def test_what_is_behind_the_camera_is_left_out() -> None:
    raster = Raster(CAMERA, 128, 96)
    draw(raster, placed(ball(0.05), 0, 0, -0.4))
    # Of a body around the camera, nothing is seen from inside.
    draw(raster, placed(ball(0.05), 0, 0, 0.0))
    assert not raster.inverse.any()


def test_a_wall_is_a_plane_behind_what_is_there() -> None:
    raster = Raster(CAMERA, 128, 96)
    draw(raster, placed(ball(0.05), 0, 0, 0.4))
    raster.wall(np.array([0.0, 0.0, 1.0], np.float32), 0.8)
    assert raster.metres[0, 0] == pytest.approx(0.8)
    assert raster.metres[47, 63] == pytest.approx(0.35, abs=0.002)
