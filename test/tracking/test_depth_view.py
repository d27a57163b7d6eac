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

"""Pinhole cameras: points go to pixels and back."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.tracking.depth_view import Intrinsics


def test_projected_points_come_back() -> None:
    camera = Intrinsics(500.0, 480.0, 319.5, 239.5)
    points = np.random.default_rng(0).uniform((-0.3, -0.3, 0.4), (0.3, 0.3, 2.0), (21, 3)).astype(np.float32)
    back = camera.unproject(camera.project(points), points[:, 2])
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, points, atol=1e-6)


def test_point_on_the_axis_is_at_the_principal_point() -> None:
    camera = Intrinsics(500.0, 480.0, 310.0, 250.0)
    np.testing.assert_array_equal(camera.project(np.array([0, 0, 0.7], np.float32)), [310.0, 250.0])


def test_a_scaled_camera_sees_points_at_the_scaled_place() -> None:
    camera = Intrinsics(500.0, 510.0, 319.5, 239.5)
    point = np.array([0.1, -0.05, 0.6], np.float32)
    # The corner of the image lies half a pixel beside the middle of its first pixel.
    for factor in (0.5, 2.0, 3.0):
        np.testing.assert_allclose(
            camera.scaled(factor).project(point) + 0.5, factor * (camera.project(point) + 0.5), rtol=1e-5
        )
