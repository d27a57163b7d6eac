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

"""Pictures of one hand, and their truth."""

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic import GESTURES, HandPlace, Look, render_hand
from hand_tracking_dsp.cameras.synthetic.body import FINGER_RADII_M
from hand_tracking_dsp.cameras.synthetic.skeleton import PHALANGES_M, rotation
from hand_tracking_dsp.hand import FINGERS, Handedness
from hand_tracking_dsp.tracking.depth_view import Intrinsics

WIDTH, HEIGHT = 320, 240
CAMERA = Intrinsics(290.0, 290.0, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)
LOOK = Look(tone=0.3, cloth_bgr=(160.0, 90.0, 60.0), light=(0.36, -0.48, -0.8), ambient=0.45)


def _draw(
    gesture,
    handedness=Handedness.RIGHT,
    *,
    at=(0.0, 0.0, 0.42),
    turn=(0.0, 0.0, 0.0),
    look=LOOK,
    step=1,
    size=1.0,
):
    image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    depth_mm = np.zeros((HEIGHT, WIDTH), np.uint16)
    place = HandPlace(handedness, GESTURES[gesture], rotation(*turn), np.array(at), size, look.tone)
    truth = render_hand(place, look, CAMERA, image, depth_mm, step)
    return image, depth_mm, truth


@pytest.mark.parametrize("size", [0.9, 1.0, 1.1])
def test_the_joints_in_pixels_are_the_projection_of_those_in_metres(size):
    _, _, truth = _draw("victory", at=(0.03, -0.02, 0.5), turn=(0.2, 0.1, -0.3), size=size)
    x, y, z = (truth.joints_m.astype(np.float64) + truth.centre_m).T
    np.testing.assert_allclose(truth.joints_px[:, 0], CAMERA.fx * x / z + CAMERA.cx, atol=1e-3)
    np.testing.assert_allclose(truth.joints_px[:, 1], CAMERA.fy * y / z + CAMERA.cy, atol=1e-3)
    np.testing.assert_allclose(truth.joints_px[:, 2], CAMERA.fx * (z - z[0]) / z[0], atol=1e-3)
    np.testing.assert_allclose(truth.joints_m.mean(0), 0.0, atol=1e-6)
    for row, finger in enumerate(FINGERS):
        lengths = np.linalg.norm(np.diff(truth.joints_m[list(finger)], axis=0), axis=1)
        np.testing.assert_allclose(lengths, size * PHALANGES_M[row], rtol=1e-4)
    assert truth.joints_px.dtype == truth.joints_m.dtype == np.float32


@pytest.mark.parametrize("step", [1, 2])
def test_the_depth_at_a_joint_is_that_of_the_skin_before_it(step):
    _, depth_mm, truth = _draw("spread", step=step)
    for row, finger in enumerate(FINGERS[1:], start=1):
        for place, joint in enumerate(finger[1:], start=1):
            x, y, _ = truth.joints_px[joint]
            joint_mm = 1000.0 * (truth.joints_m[joint, 2] + truth.centre_m[2])
            before_mm = joint_mm - float(depth_mm[round(float(y)), round(float(x))])
            assert before_mm == pytest.approx(1000.0 * FINGER_RADII_M[row, place], abs=2.5)


def test_there_is_no_depth_where_there_is_no_hand():
    image, depth_mm, _ = _draw("fist")
    untouched = (image == 128).all(axis=2)
    assert untouched.mean() > 0.5
    assert not depth_mm[untouched].any()
    assert (depth_mm[depth_mm > 0] > 250).all()


def test_a_left_hand_is_the_mirror_image_of_a_right_one():
    mirrored = Look(LOOK.tone, LOOK.cloth_bgr, (-LOOK.light[0], *LOOK.light[1:]), LOOK.ambient)
    right, right_mm, right_truth = _draw("call", at=(0.02, 0.01, 0.42), turn=(0.3, 0.1, 0.4))
    left, left_mm, left_truth = _draw(
        "call", Handedness.LEFT, at=(-0.02, 0.01, 0.42), turn=(-0.3, 0.1, -0.4), look=mirrored
    )
    assert np.abs(right.astype(int) - left[:, ::-1]).max() <= 12
    assert np.abs(right.astype(int) - left[:, ::-1]).mean() < 0.05
    assert (np.abs(right_mm.astype(int) - left_mm[:, ::-1]) <= 1).mean() > 0.999
    np.testing.assert_allclose(left_truth.joints_px[:, 0], WIDTH - 1 - right_truth.joints_px[:, 0], atol=1e-3)
    assert (right_truth.handedness, left_truth.handedness) == (Handedness.RIGHT, Handedness.LEFT)


def test_a_right_palm_before_the_camera_has_its_thumb_on_the_images_right():
    _, _, truth = _draw("open palm")
    assert truth.joints_px[4, 0] > truth.joints_px[20, 0]
    assert truth.joints_px[12, 1] < truth.joints_px[0, 1]


def test_coarse_rays_draw_nearly_the_same_picture():
    fine, _, _ = _draw("four", step=1)
    coarse, _, _ = _draw("four", step=2)
    assert np.abs(fine.astype(int) - coarse).mean() < 1.5
    hand = (fine != 128).any(axis=2)
    overlap = (hand & (coarse != 128).any(axis=2)).sum() / hand.sum()
    assert overlap > 0.97


def test_skin_looks_like_skin():
    image, depth_mm, _ = _draw("open palm")
    hand = depth_mm > 0
    blue, green, red = image[hand].astype(float).mean(0)
    assert red > green > blue
    hue = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)[hand, 0]
    sleeve = np.median(image[depth_mm > 0][:, 0]) > 255
    assert not sleeve
    assert np.percentile(np.minimum(hue, 180 - hue), 75) < 20


@pytest.mark.parametrize("at", [(0.6, 0.0, 0.42), (0.0, 0.9, 0.42), (-0.2, 0.0, 0.42), (0.0, -0.25, 0.42)])
def test_a_hand_outside_or_at_the_border_changes_no_other_pixel_and_keeps_its_truth(at):
    image, depth_mm, truth = _draw("open palm", at=at, step=2)
    assert ((image == 128).all(axis=2) | (depth_mm > 0)).mean() > 0.98
    assert truth.joints_px.shape == (21, 3)
    assert np.isfinite(truth.joints_px).all()
