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

"""Depth of one camera, carried into another."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.depth.registration import DepthRegistration, resized
from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Floats

CAMERA = Intrinsics(500.0, 500.0, 319.5, 239.5)
SIZE = (640, 480)
STILL = Pose(np.zeros(3, np.float32), np.eye(3, dtype=np.float32))
BESIDE = Pose(np.array([0.025, 0.0, 0.0], np.float32), np.eye(3, dtype=np.float32))


def plane(metres: float, size: tuple[int, int] = SIZE) -> Floats:
    return np.full(size[::-1], metres, np.float32)


def turned(degrees: float) -> Pose:
    half = np.radians(degrees) / 2
    return Pose.of([0.01, -0.02, 0.005], [0.0, np.sin(half), 0.0, np.cos(half)])


def by_the_node(
    depth: Floats, own: Intrinsics, other: Intrinsics, size: tuple[int, int], place: Pose
) -> Floats:
    """Register pixel by pixel, as depth_image_proc does without filling."""
    result = np.zeros(size[::-1], np.float32)
    for v, u in zip(*np.nonzero(depth > 0), strict=True):
        ray = np.array([(u - own.cx) / own.fx, (v - own.cy) / own.fy, 1.0])
        x, y, z = place.rotation @ (ray * depth[v, u]) + place.position_m
        column, row = int(other.fx * x / z + other.cx + 0.5), int(other.fy * y / z + other.cy + 0.5)
        inside = 0 <= column < size[0] and 0 <= row < size[1]
        if inside and (result[row, column] == 0 or result[row, column] > z):
            result[row, column] = z
    return result


def test_the_same_camera_sees_the_same() -> None:
    metres = np.random.default_rng(0).uniform(0.3, 2.0, SIZE[::-1]).astype(np.float32)
    np.testing.assert_array_equal(
        DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, STILL).register(metres), metres
    )


def test_pixels_lie_where_depth_image_proc_puts_them() -> None:
    own, other, size = Intrinsics(80.0, 80.0, 39.5, 29.5), Intrinsics(85.0, 84.0, 45.0, 31.0), (90, 64)
    random = np.random.default_rng(1)
    metres = random.uniform(0.4, 0.9, (60, 80)).astype(np.float32)
    metres[random.random(metres.shape) < 0.2] = 0
    for place in (STILL, BESIDE, turned(5.0)):
        expected = by_the_node(metres, own, other, size, place)
        found = DepthRegistration(own, (80, 60), other, size, place).register(metres)
        there = expected > 0
        assert (np.abs(found[there] - expected[there]) < 1e-4).mean() > 0.985, (
            "but for its first row and column"
        )


def test_a_plane_moves_by_its_parallax() -> None:
    metres = plane(0.5)
    metres[200:280, 300:340] = 0.25
    found = DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, BESIDE).register(metres)
    # 25 mm at 0.25 m are 50 pixels, at 0.5 m 25.
    np.testing.assert_allclose(found[240, 351:389], 0.25)
    np.testing.assert_allclose(found[100, 30:600], 0.5)
    assert (found[240, 327:347] == 0).all(), "hidden from the depth camera by what is near"
    assert (found[:, :24] == 0).all(), "outside the depth camera's view"


def test_the_nearest_surface_stays() -> None:
    metres = plane(1.0)
    metres[:, 300:340] = 0.3
    found = DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, BESIDE).register(metres)
    assert (found[:, 343:380] == np.float32(0.3)).all()


@pytest.mark.parametrize(
    ("width", "focal"), [(640, 560.0), (848, 640.0), (1280, 1000.0), (1920, 1400.0), (320, 240.0)]
)
def test_cameras_of_any_fineness_see_a_plane_without_gaps(width: int, focal: float) -> None:
    size = (width, width * 3 // 4)
    camera = Intrinsics(focal, focal, (size[0] - 1) / 2, (size[1] - 1) / 2)
    found = DepthRegistration(CAMERA, SIZE, camera, size, BESIDE).register(plane(0.6))
    assert found.shape == size[::-1]
    assert (found[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4] > 0).all()
    np.testing.assert_allclose(found[found > 0], 0.6, rtol=1e-6)


def test_edges_lie_right_in_a_finer_camera() -> None:
    metres = plane(0.8)
    metres[:, 400:] = 0.5
    camera = CAMERA.scaled(3.0)
    found = DepthRegistration(CAMERA, SIZE, camera, (1920, 1440), STILL).register(metres)
    assert (found[:, :1199] == np.float32(0.8)).all()
    assert (found[:, 1201:] == np.float32(0.5)).all()


def test_what_lies_behind_the_other_camera_is_not_seen() -> None:
    behind = Pose(np.array([0.0, 0.0, -0.6], np.float32), np.eye(3, dtype=np.float32))
    assert not DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, behind).register(plane(0.5)).any()
    assert not DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, turned(90.0)).register(plane(0.5)).any()


def test_unknown_depth_stays_unknown_but_for_gaps() -> None:
    register = DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, STILL).register
    assert not register(plane(0.0)).any()
    metres = plane(0.5)
    metres[100:200, 100:200] = 0
    metres[300, 300] = 0
    found = register(metres)
    assert (found[101:199, 101:199] == 0).all()
    assert found[300, 300] == 0.5


def test_depth_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="320x240"):
        DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, STILL).register(plane(0.5, (320, 240)))


def test_the_image_given_is_not_changed() -> None:
    metres = plane(0.5)
    metres[300, 300] = 0
    DepthRegistration(CAMERA, SIZE, CAMERA, SIZE, STILL).register(metres)
    assert metres[300, 300] == 0


def test_scaling_mixes_no_depths_and_moves_none() -> None:
    metres = np.zeros((240, 320), np.float32)
    metres[:, 160:] = 0.7
    metres[:, :160] = 0.4
    for size in ((640, 480), (960, 720), (160, 120), (1280, 960)):
        scaled = resized(metres, size)
        assert set(np.unique(scaled)) == {np.float32(0.4), np.float32(0.7)}
        assert (scaled[:, size[0] // 2 :] == np.float32(0.7)).all()
        assert (scaled[:, : size[0] // 2] == np.float32(0.4)).all()
