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

"""Drawings of hands in space."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic import GESTURES, pose_hand
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.depth import draw
from hand_tracking_dsp.depth.draw import draw_depth_inset, draw_hands_in_space
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.draw import draw_hands, joint_colour
from hand_tracking_dsp.tracking.types import Floats, Region, TrackedHand

CAMERA = Intrinsics(600.0, 600.0, 320.0, 240.0)


def joints_m() -> Floats:
    turned = pose_hand(GESTURES["open palm"]).joints @ rotation(0.0, 0.0, 0.0).T
    return (turned + np.array([0.0, 0.05, 0.5])).astype(np.float32)


def tracked() -> TrackedHand:
    landmarks = np.pad(CAMERA.project(joints_m()), ((0, 0), (0, 1)))
    return TrackedHand(3, Handedness.RIGHT, 0.97, 0.9, landmarks, joints_m(), Region(320, 240, 300, 0))


def in_space(states: int = JointState.MEASURED) -> Hand3d:
    return Hand3d(
        3, Handedness.RIGHT, 0.97, 0.9, joints_m(), np.full(21, states, np.uint8), np.zeros(21, np.float32)
    )


def black() -> np.ndarray:
    return np.zeros((480, 640, 3), np.uint8)


def colour_at(image: np.ndarray, joint: Joint) -> tuple[int, ...]:
    x, y = np.rint(tracked().landmarks[joint, :2]).astype(int)
    return tuple(image[y, x].tolist())


@pytest.fixture
def labels(monkeypatch):
    """Give the labels of hands, beside their being written."""
    written = []
    real = draw.draw_hand

    def listen(image, hand, label, *marks):
        written.append(label)
        real(image, hand, label, *marks)

    monkeypatch.setattr(draw, "draw_hand", listen)
    return written


def test_the_label_tells_the_distance_and_the_pinch(labels) -> None:
    draw_hands_in_space(black(), [tracked()], {3: in_space()})
    hand = in_space()
    assert hand.palm is not None
    palm_m = np.linalg.norm(hand.palm.position_m)
    pinch_mm = 1e3 * np.linalg.norm(hand.joints_m[Joint.THUMB_TIP] - hand.joints_m[Joint.INDEX_TIP])
    assert labels == [f"right #3 0.97 {palm_m:.2f} m pinch {pinch_mm:.0f} mm"]


def test_what_is_not_known_is_not_told(labels) -> None:
    hand = in_space()
    hand.joints_m[[Joint.THUMB_TIP, Joint.WRIST]] = np.nan
    draw_hands_in_space(black(), [tracked()], {3: hand})
    draw_hands_in_space(black(), [tracked()], {4: in_space()})
    assert labels == ["right #3 0.97", "right #3 0.97"]


def test_measured_joints_are_dots_inferred_ones_rings_and_unknown_ones_bones_alone() -> None:
    tip = Joint.MIDDLE_TIP
    drawn = {}
    for state in JointState:
        drawn[state] = black()
        draw_hands_in_space(drawn[state], [tracked()], {3: in_space(state)})
    assert colour_at(drawn[JointState.MEASURED], tip) == joint_colour(tip)
    assert max(colour_at(drawn[JointState.INFERRED], tip)) <= 40
    ink = {state: np.count_nonzero(image.any(axis=2)) for state, image in drawn.items()}
    assert ink[JointState.UNKNOWN] < ink[JointState.MEASURED]


def test_hands_without_depth_are_drawn_as_always() -> None:
    plain, space = black(), black()
    draw_hands(plain, [tracked()], "caption")
    draw_hands_in_space(space, [tracked()], {}, "caption")
    np.testing.assert_array_equal(plain, space)


def test_the_depth_image_is_drawn_small_into_the_corner_with_its_scale() -> None:
    image = black()
    metres = np.full((480, 640), 2.0, np.float32)
    metres[100:300, 200:400] = 0.5
    metres[:50] = 0
    draw_depth_inset(image, metres)
    assert not image[:, :448].any()
    assert not image[144:].any()
    blue, _, red = image[60, 448 + 90].astype(int)
    assert red > blue, "near is red"
    blue, _, red = image[30, 448 + 20].astype(int)
    assert blue > red, "far is blue"
    assert not image[5, 460].any(), "unknown is black"


@pytest.mark.parametrize("size", [(1, 1), (48, 640), (480, 64), (3000, 10)])
def test_depth_of_any_size_fits(size: tuple[int, int]) -> None:
    image = black()
    draw_depth_inset(image, np.zeros(size, np.float32))
    draw_depth_inset(image, np.full(size, 0.7, np.float32))
    small = np.zeros((16, 16, 3), np.uint8)
    draw_depth_inset(small, np.full(size, 0.7, np.float32))
    assert cv2.countNonZero(small[:, :, 2]) > 0
