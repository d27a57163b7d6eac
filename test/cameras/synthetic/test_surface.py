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

"""Ray casting, against a slow and plain computation of the same surface."""

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.body import Body, dress
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation
from hand_tracking_dsp.cameras.synthetic.surface import Box, cast
from hand_tracking_dsp.tracking.depth_view import Intrinsics

CAMERA = Intrinsics(300.0, 300.0, 79.5, 79.5)
BLEND_M = 0.0018


def _capsule(start, end, start_radius, end_radius):
    return Body(
        np.array([start]),
        np.array([end]),
        np.array([start_radius]),
        np.array([end_radius]),
        np.array([[0.0, 0.0, -1.0]]),
        np.array([-1]),
        np.array([False]),
    )


def _distance(body, point):
    axes = body.ends - body.starts
    along = np.clip(((point - body.starts) * axes).sum(1) / (axes * axes).sum(1), 0.0, 1.0)
    radii = body.start_radii + along * (body.end_radii - body.start_radii)
    distances = np.linalg.norm(point - body.starts - along[:, None] * axes, axis=1) - radii
    return -BLEND_M * np.log(np.exp(-distances / BLEND_M).sum())


def _march(body, x, y):
    """Walk along a pixel's ray in double precision from before the hand; infinite where it misses."""
    ray = np.array([(x - CAMERA.cx) / CAMERA.fx, (y - CAMERA.cy) / CAMERA.fy, 1.0])
    depth = 0.15
    for _ in range(400):
        step = _distance(body, depth * ray)
        depth += 0.8 * step / np.linalg.norm(ray)
        if abs(step) < 1e-7:
            return depth
        if depth > 1.0:
            return np.inf
    return depth


def test_a_bar_across_the_view_is_seen_where_it_is():
    body = _capsule((-0.05, 0.0, 0.5), (0.05, 0.0, 0.5), 0.01, 0.01)
    surface = cast(body, Intrinsics(300.0, 300.0, 80.0, 80.0), Box(0, 0, 160, 160), 1)
    depth = surface.spread(surface.depth, np.inf)
    assert depth[80, 80] == pytest.approx(0.49, abs=1e-6)
    gap = surface.spread(surface.gap, np.inf)[:, 80]
    inside = np.flatnonzero(gap < 0.0)
    # A ray at angle a misses the bar's axis by 0.5·sin(a): the silhouette ends where that is the radius.
    edge = 300.0 * np.tan(np.arcsin(0.01 / 0.5))
    assert (inside[0], inside[-1]) == (80 - int(edge), 80 + int(edge))
    assert gap[80] == pytest.approx(-0.01, abs=1e-6)


@pytest.mark.parametrize("gesture", ["open palm", "fist", "ok"])
def test_a_hand_is_seen_where_a_plain_computation_sees_it(gesture):
    turn = rotation(0.3, 0.2, 0.4)
    body = dress(pose_hand(GESTURES[gesture])).moved(turn, np.array([0.0, 0.05, 0.45]))
    surface = cast(body, CAMERA, Box(0, 0, 160, 160), 1)
    depth, gap = surface.spread(surface.depth, np.inf), surface.spread(surface.gap, np.inf)
    random = np.random.default_rng(0)
    errors_m = []
    for x, y in random.integers(10, 150, (400, 2)):
        plain = _march(body, x, y)
        if gap[y, x] < -0.002:
            errors_m.append(abs(depth[y, x] - plain))
        elif gap[y, x] > 0.002:
            assert not np.isfinite(plain)
    assert len(errors_m) > 40
    assert np.median(errors_m) < 1e-4
    # Through a gap between fingers too narrow for the blend, the walk sees what is behind.
    assert np.mean(np.array(errors_m) < 1e-3) > 0.8


def test_weights_of_a_pixel_sum_to_one_and_normals_face_the_camera():
    body = dress(pose_hand(GESTURES["relaxed"])).moved(rotation(0.0, 0.0, 0.0), np.array([0.0, 0.05, 0.45]))
    surface = cast(body, CAMERA, Box(0, 0, 160, 160), 2)
    np.testing.assert_allclose(surface.blend(np.ones(surface.slot.size, np.float32)), 1.0, atol=1e-5)
    normal = np.stack([surface.blend(axis) for axis in surface.outward])
    towards = -(normal * surface.points).sum(0)
    assert (towards[surface.gap < -0.003] > 0.0).mean() > 0.995


def test_nothing_is_seen_beside_the_view():
    body = _capsule((5.0, 0.0, 0.5), (5.1, 0.0, 0.5), 0.01, 0.01)
    assert cast(body, CAMERA, Box(0, 0, 160, 160), 2) is None
