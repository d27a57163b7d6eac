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

"""Regions, and the way of points between region and image."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.geometry import (
    crop,
    mean_distance_palm_percent,
    mean_distance_px,
    misses,
    overlap,
    palm_size,
    region_from_landmarks,
    region_from_palm,
    to_image,
    turned,
)
from hand_tracking_dsp.tracking.types import Floats, Image, PalmDetection, Region

regions = st.builds(
    Region,
    x=st.floats(-500, 1500),
    y=st.floats(-500, 1500),
    size=st.floats(10, 2000),
    rotation=st.floats(-math.pi, math.pi),
)

shifts = st.floats(-500, 500)


def upright_hand() -> Floats:
    """A flat hand, fingers up, wrist at the origin, palm size 100."""
    hand = np.zeros((21, 3), dtype=np.float32)
    for column, finger in enumerate((5, 9, 13, 17)):
        for row in range(4):
            hand[finger + row, :2] = (-30 + 20 * column, -100 - 30 * row)
    hand[Joint.MIDDLE_MCP, :2] = (0, -100)
    for row in range(4):
        hand[1 + row, :2] = (-40 - 10 * row, -20 - 20 * row)
    return hand


def rotated(points: Floats, angle: float) -> Floats:
    return turned(points, angle)


def test_palm_size_is_the_distance_from_wrist_to_middle_mcp() -> None:
    assert palm_size(upright_hand()) == pytest.approx(100)


@given(dx=shifts, dy=shifts)
def test_distance_of_a_shifted_hand_is_the_length_of_the_shift(dx: float, dy: float) -> None:
    shifted = upright_hand() + np.array([dx, dy, 0], dtype=np.float32)
    assert mean_distance_px(shifted, upright_hand()) == pytest.approx(math.hypot(dx, dy), abs=1e-3)


@given(dx=shifts, scale=st.floats(0.1, 10))
def test_palm_percent_does_not_depend_on_the_scale_of_the_picture(dx: float, scale: float) -> None:
    shifted = upright_hand() + np.array([dx, 0, 0], dtype=np.float32)
    expected = mean_distance_palm_percent(shifted, upright_hand())
    assert mean_distance_palm_percent(
        shifted * np.float32(scale), upright_hand() * np.float32(scale)
    ) == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_depth_does_not_count_as_distance() -> None:
    deeper = upright_hand() + np.array([0, 0, 50], dtype=np.float32)
    assert mean_distance_px(deeper, upright_hand()) == 0


def test_palm_percent_of_a_hand_without_extent_is_nan() -> None:
    assert math.isnan(mean_distance_palm_percent(upright_hand(), np.zeros((21, 3), np.float32)))


def test_a_hand_with_fingers_up_has_no_rotation() -> None:
    hand = upright_hand()
    # The mean of index, ring and twice the middle MCP stands over the wrist.
    hand[[Joint.INDEX_MCP, Joint.RING_MCP], 0] = (-20, 20)
    assert region_from_landmarks(hand).rotation == pytest.approx(0, abs=1e-6)


@given(angle=st.floats(-3.1, 3.1), shift=st.floats(-300, 300), scale=st.floats(0.2, 5))
def test_the_region_turns_moves_and_grows_with_the_hand(angle: float, shift: float, scale: float) -> None:
    base = region_from_landmarks(upright_hand())
    hand = rotated(upright_hand(), angle) * np.float32(scale)
    hand[:, 0] += shift
    region = region_from_landmarks(hand)
    centre = rotated(np.array([[base.x, base.y, 0]], dtype=np.float32), angle)[0] * scale
    assert region.size == pytest.approx(base.size * scale, rel=1e-3)
    assert region.x == pytest.approx(centre[0] + shift, abs=0.1 * scale)
    assert region.y == pytest.approx(centre[1], abs=0.1 * scale)
    assert math.cos(region.rotation - base.rotation - angle) == pytest.approx(1, abs=1e-4)


def test_a_palm_box_grows_towards_the_fingers() -> None:
    keypoints = np.zeros((7, 2), dtype=np.float32)
    keypoints[0], keypoints[2] = (100, 200), (200, 200)  # fingers point to the right
    palm = PalmDetection(0.9, np.array([100, 150, 200, 250], dtype=np.float32), keypoints)
    region = region_from_palm(palm)
    assert region.rotation == pytest.approx(math.pi / 2)
    assert region.size == pytest.approx(260)
    assert (region.x, region.y) == (pytest.approx(200), pytest.approx(200))


@given(region=regions)
def test_the_corners_of_a_region_lie_half_a_diagonal_from_its_centre(region: Region) -> None:
    corners = np.array([[0, 0, 0], [1, 1, 0], [0.5, 0.5, 0.25]], dtype=np.float32)
    points = to_image(corners, region)
    assert np.hypot(*(points[0, :2] - (region.x, region.y))) == pytest.approx(
        region.size / math.sqrt(2), rel=1e-3
    )
    np.testing.assert_allclose(points[2], [region.x, region.y, region.size / 4], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("rotation", [0.0, 0.7, -2.0, math.pi])
def test_what_a_crop_shows_is_where_to_image_says(rotation: float) -> None:
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    image[118:123, 208:213] = 255  # a spot around (210, 120)
    region = Region(200, 130, 100, rotation)
    patch = crop(image, region, 224)
    row, column = np.argwhere(patch[:, :, 0] > 128).mean(axis=0)
    point = to_image(np.array([[column / 224, row / 224, 0]], dtype=np.float32), region)[0]
    np.testing.assert_allclose(point[:2], [210, 120], atol=0.6)


def test_a_crop_repeats_the_border_outside_the_image() -> None:
    image = np.full((50, 50, 3), 77, dtype=np.uint8)
    assert (crop(image, Region(-200, -200, 100, 1.0), 224)[..., :3] == 77).all()


@pytest.fixture
def opencv_of_ubuntu_22_04(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let warpAffine refuse an image of one pixel, as OpenCV 4.5.4 does."""
    warp_affine = cv2.warpAffine

    def refuse(image: Image, *args: object, **options: object) -> Image:
        if image.shape[:2] == (1, 1):
            message = "(-215:Assertion failed) _step >= minstep in function 'Mat'"
            raise cv2.error(message)
        return warp_affine(image, *args, **options)

    monkeypatch.setattr(cv2, "warpAffine", refuse)


@pytest.mark.usefixtures("opencv_of_ubuntu_22_04")
@pytest.mark.parametrize("place", [(-300, -300), (900, 900), (-300, 900), (1e9, -1e9)])
def test_a_crop_beyond_a_corner_repeats_that_corner(place: tuple[float, float]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    corner = image[-1 if place[1] > 0 else 0, -1 if place[0] > 0 else 0]
    patch = crop(image, Region(*place, 100, 0.5), 224)
    assert patch.shape == (224, 224, 4)
    assert (patch[..., :3] == corner).all()


@given(region=regions)
def test_a_region_misses_an_image_where_none_of_its_points_lies_in_it(region: Region) -> None:
    side = np.linspace(0, 1, 60, dtype=np.float32)
    grid = np.stack([*np.meshgrid(side, side), np.zeros((60, 60), np.float32)], axis=-1).reshape(-1, 3)
    points = to_image(grid, region)
    image = np.zeros((500, 700, 3), dtype=np.uint8)
    inside = ((points[:, :2] > 0) & (points[:, :2] < (700, 500))).all(axis=1)
    assert not (inside.any() and misses(region, image))
    # One that is a tenth larger shows a point of the grid where this one touches the image.
    points = to_image(grid, Region(region.x, region.y, region.size * 1.1, region.rotation))
    inside = ((points[:, :2] > 0) & (points[:, :2] < (700, 500))).all(axis=1)
    assert inside.any() or misses(region, image)


@pytest.mark.parametrize(
    "region",
    [
        Region(-100, 250, 150, 0),
        Region(-100, -100, 141, math.pi / 4),  # its corner points at the image's side, not at the image
        Region(350, 1000, 700, math.pi),
        Region(350, 250, 0, 0),
        Region(math.nan, 250, 100, 0),
        Region(1e30, -1e30, 100, 1),
    ],
)
def test_regions_beside_the_image_miss_it(region: Region) -> None:
    assert misses(region, np.zeros((500, 700, 3), dtype=np.uint8))


@given(a=regions, b=regions)
def test_overlap_is_symmetric_and_within_0_and_1(a: Region, b: Region) -> None:
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    assert 0 <= overlap(a, b) <= 1 + 1e-9
    assert overlap(a, a) == pytest.approx(1)


@given(region=regions)
def test_a_crop_is_the_same_from_the_whole_image_warped_at_once(region: Region) -> None:
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    scale = region.size / 32
    cos, sin = math.cos(region.rotation) * scale, math.sin(region.rotation) * scale
    matrix = np.array([[cos, -sin, region.x - 16 * (cos - sin)], [sin, cos, region.y - 16 * (sin + cos)]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    whole = cv2.warpAffine(image, matrix, (32, 32), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    difference = np.abs(crop(image, region, 32)[..., :3].astype(int) - whole)
    # A shifted origin rounds a few sampling positions to the neighbouring thirty-second of a pixel.
    assert difference.mean() < 2
    assert np.percentile(difference, 99) <= 16
