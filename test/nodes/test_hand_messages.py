from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from hand_tracking_dsp.hand import BONES, Handedness
from hand_tracking_dsp.nodes.hand_messages import (
    hand_in_camera,
    hand_markers,
    hands_message,
    truth_message,
)
from hand_tracking_dsp.sources.frames import HandTruth
from hand_tracking_dsp.tracking.types import FrameResult, FrameStats, Region, TrackedHand

FOCAL_PX = 500.0
CENTRE_PX = np.array([320, 240], np.float32)


def hand_at(position_m) -> TrackedHand:
    """Project a flat hand, 21 joints on a circle of 8 cm radius, through a pinhole camera."""
    angles = np.linspace(0, 2 * math.pi, 21, endpoint=False)
    world = np.stack([0.08 * np.cos(angles), 0.08 * np.sin(angles), 0 * angles], axis=1).astype(np.float32)
    points = world + np.asarray(position_m, np.float32)
    pixels = points[:, :2] / points[:, 2:] * FOCAL_PX + CENTRE_PX
    landmarks = np.column_stack([pixels, np.zeros(21)]).astype(np.float32)
    return TrackedHand(5, Handedness.RIGHT, 0.9, 0.8, landmarks, world, Region(1.0, 2.0, 3.0, 0.5))


def result(*hands) -> FrameResult:
    stats = FrameStats(1, 1, 0.25, 0.0, 1.0, 2.0, False, 0.8, 0.5, 0.2, 0.1, "test/cpu")
    return FrameResult(hands, stats, ())


def test_a_hand_becomes_a_message_field_by_field():
    hand = hand_at((0, 0, 0.5))
    header = Header(frame_id="camera")
    message = hands_message(result(hand), header, 640, 480)
    assert message.header == header
    assert (message.image_width, message.image_height, message.level, message.sparsity) == (640, 480, 1, 0.25)
    sent = message.hands[0]
    assert (sent.track_id, sent.handedness) == (5, sent.RIGHT)
    assert (sent.handedness_score, sent.presence) == (pytest.approx(0.9), pytest.approx(0.8))
    assert (sent.region_x, sent.region_y, sent.region_size, sent.region_rotation) == (1, 2, 3, 0.5)
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in sent.landmarks], hand.landmarks)
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in sent.world_landmarks], hand.world_landmarks)


def test_truth_says_that_no_network_saw_it():
    joints = np.arange(63, dtype=np.float32).reshape(21, 3)
    truth = HandTruth(Handedness.LEFT, joints, joints / 100, np.zeros(3, np.float32))
    message = truth_message([truth], Header(), 640, 480)
    hand = message.hands[0]
    assert hand.handedness == hand.LEFT
    assert math.isnan(message.sparsity)
    assert all(math.isnan(v) for v in (hand.presence, hand.region_x, hand.region_y, hand.region_size))
    assert (hand.landmarks[20].x, hand.landmarks[20].y, hand.landmarks[20].z) == (60, 61, 62)


@given(x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3), z=st.floats(0.2, 3.0))
def test_a_hand_is_placed_where_it_was_seen(x, y, z):
    placed = hand_in_camera(hand_at((x, y, z)), FOCAL_PX, CENTRE_PX)
    np.testing.assert_allclose(placed.mean(axis=0), (x, y, z), rtol=1e-3, atol=1e-3)


def test_markers_draw_every_bone_and_remove_the_old_ones():
    markers = hand_markers([hand_at((0, 0, 0.5))], Header(frame_id="camera"), FOCAL_PX, CENTRE_PX).markers
    assert markers[0].action == Marker.DELETEALL
    assert len(markers) == 2
    assert len(markers[1].points) == len(markers[1].colors) == 2 * len(BONES)
    assert markers[1].header.frame_id == "camera"


def test_a_hand_without_extent_gets_no_marker():
    flat = hand_at((0, 0, 0.5))
    point = TrackedHand(1, flat.handedness, 0.9, 0.9, 0 * flat.landmarks, flat.world_landmarks, flat.region)
    assert len(hand_markers([point], Header(), FOCAL_PX, CENTRE_PX).markers) == 1
