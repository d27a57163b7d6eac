from __future__ import annotations

import math

import numpy as np
import pytest
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.messages.hands import tracked_hand
from hand_tracking_dsp.nodes.messages.hand_messages import hands_message, truth_message
from hand_tracking_dsp.tracking.types import FrameResult, FrameStats, Region, TrackedHand


def some_hand() -> TrackedHand:
    landmarks, world = np.random.default_rng(0).uniform(0, 300, (2, 21, 3)).astype(np.float32)
    return TrackedHand(5, Handedness.RIGHT, 0.9, 0.8, landmarks, world / 1000, Region(1.0, 2.0, 3.0, 0.5))


def result(*hands) -> FrameResult:
    stats = FrameStats(1, 1, 0.25, 0.0, 1.0, 2.0, False, 0.8, 0.5, 0.2, 0.1, "test/cpu")
    return FrameResult(hands, stats, ())


def test_a_hand_becomes_a_message_field_by_field():
    hand = some_hand()
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


def test_a_message_becomes_the_same_hand_again():
    hand = some_hand()
    again = tracked_hand(hands_message(result(hand), Header(), 640, 480).hands[0])
    assert (again.track_id, again.handedness) == (hand.track_id, hand.handedness)
    assert again.region == hand.region
    np.testing.assert_allclose(again.landmarks, hand.landmarks)
    np.testing.assert_allclose(again.world_landmarks, hand.world_landmarks)
