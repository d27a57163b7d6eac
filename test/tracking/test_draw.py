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

"""Drawing hands."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.draw import (
    FINGER_COLOURS_BGR,
    SIDE_COLOURS_BGR,
    bone_colour,
    draw_hands,
    hand_label,
    joint_colour,
    write_caption,
)
from hand_tracking_dsp.tracking.types import Region, TrackedHand


def hand(offset: float) -> TrackedHand:
    points = np.random.default_rng(0).uniform(60, 180, (21, 3)).astype(np.float32) + np.float32(offset)
    return TrackedHand(1, Handedness.LEFT, 0.9, 0.9, points, points / 1000, Region(100, 100, 200, 0))


def test_draws_where_the_hand_is_and_nowhere_else() -> None:
    image = np.zeros((400, 400, 3), dtype=np.uint8)
    draw_hands(image, [hand(0)])
    assert image[20:200, 40:240].any()
    assert not image[250:].any()


def test_a_hand_far_outside_does_no_harm() -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    draw_hands(image, [hand(1e7), hand(-1e7)])
    assert not image.any()


def test_writes_the_caption_into_the_corner() -> None:
    image = np.zeros((100, 200, 3), dtype=np.uint8)
    draw_hands(image, [], "one\ntwo")
    assert image[5:45, :60].any()
    assert not image[60:].any()


@pytest.mark.parametrize("grey", [0, 127, 255])
def test_writing_stands_out_from_any_background(grey: int) -> None:
    image = np.full((480, 640, 3), grey, dtype=np.uint8)
    draw_hands(image, [], "level 2   sparsity 25 %")
    field = image[:20, :150].astype(int)
    assert field.max() - field.min() > 100


@pytest.mark.parametrize(("height", "width"), [(480, 640), (960, 1280), (2160, 3840), (640, 480), (120, 160)])
def test_writing_grows_with_the_picture(height: int, width: int) -> None:
    image = np.full((height, width, 3), 200, dtype=np.uint8)
    draw_hands(image, [], "level 2")
    rows, columns = np.nonzero((image != 200).any(axis=2))
    scale = max(min(height / 480, width / 640), 0.8)
    assert rows.max() + 1 == pytest.approx(28 * scale, abs=2)
    assert columns.max() < 100 * scale


def test_a_caption_at_the_bottom_ends_at_the_border() -> None:
    image = np.full((480, 640, 3), 200, dtype=np.uint8)
    write_caption(image, "one\ntwo", at_bottom=True)
    assert (image[-1, :40] != 200).all()
    assert (image[:400] == 200).all()


def test_no_caption_leaves_the_picture_alone() -> None:
    image = np.full((100, 200, 3), 200, dtype=np.uint8)
    write_caption(image, "")
    assert (image == 200).all()


def test_the_name_of_a_hand_at_the_border_stays_inside() -> None:
    image = np.zeros((400, 400, 3), dtype=np.uint8)
    draw_hands(image, [hand(-100)])
    draw_hands(image, [hand(250)])
    colour = np.array(SIDE_COLOURS_BGR[Handedness.LEFT])
    written = np.abs(image.astype(int) - colour).max(axis=2) <= 2  # OpenCV 4.5 blends strokes throughout
    assert written[:30, :120].any()
    assert written[280:, 280:].any()


def test_a_hand_is_named_by_side_id_and_score() -> None:
    assert hand_label(hand(0)) == "left #1 0.90"
    unknown = replace(hand(0), handedness=Handedness.UNKNOWN, handedness_score=math.nan, track_id=7)
    assert hand_label(unknown) == "hand #7"


def test_a_hand_that_was_predicted_says_so() -> None:
    assert hand_label(replace(hand(0), measured=False)) == "left #1 0.90 predicted"


def test_a_hand_says_how_far_off_it_may_be_where_that_is_known() -> None:
    unsure = replace(hand(0), error_percent=6.4)
    assert hand_label(unsure) == "left #1 0.90 +-6 %"
    assert hand_label(replace(unsure, measured=False)) == "left #1 0.90 +-6 % predicted"
    assert hand_label(replace(unsure, error_percent=math.inf)) == "left #1 0.90"


def test_bones_have_their_fingers_colour_and_the_palm_its_sides() -> None:
    assert bone_colour(Joint.INDEX_PIP, Joint.INDEX_DIP, Handedness.LEFT) == FINGER_COLOURS_BGR[1]
    for side in Handedness:
        assert bone_colour(Joint.INDEX_MCP, Joint.MIDDLE_MCP, side) == SIDE_COLOURS_BGR[side]
        assert bone_colour(Joint.WRIST, Joint.THUMB_CMC, side) == SIDE_COLOURS_BGR[side]
        assert joint_colour(Joint.WRIST, side) == SIDE_COLOURS_BGR[side]
        assert joint_colour(Joint.PINKY_TIP, side) == FINGER_COLOURS_BGR[4]
    assert len(set(SIDE_COLOURS_BGR.values())) == 3
