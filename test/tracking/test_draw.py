"""Drawing hands."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.draw import FINGER_COLOURS_BGR, bone_colour, draw_hands
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


def test_bones_have_their_fingers_colour_and_the_palm_is_white() -> None:
    assert bone_colour(Joint.INDEX_PIP, Joint.INDEX_DIP) == FINGER_COLOURS_BGR[1]
    assert bone_colour(Joint.INDEX_MCP, Joint.MIDDLE_MCP) == (240, 240, 240)
    assert bone_colour(Joint.WRIST, Joint.THUMB_CMC) == (240, 240, 240)
