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

"""Messages of ROS 2's classes and of rosbags', built by the same code."""

from __future__ import annotations

import array
import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation
from hand_tracking_dsp.depth.types import Hand3d, Hands3d, HandSource, JointState
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.messages.build import MessageBuilder
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.hands import tracked_hand
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import frame_cost
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Drift, FrameResult, FrameStats, Region, TrackedHand

STAMP_NS = 1_704_067_200_123_456_789


@pytest.fixture(params=[ROS_MESSAGES, BAG_MESSAGES], ids=["ROS 2", "rosbags"])
def build(request) -> MessageBuilder:
    return request.param


@pytest.fixture
def header(build):
    return build.header(STAMP_NS, "camera")


def some_hand() -> TrackedHand:
    landmarks, world = np.random.default_rng(0).uniform(0, 300, (2, 21, 3)).astype(np.float32)
    region = Region(1.0, 2.0, 3.0, 0.5)
    return TrackedHand(5, Handedness.RIGHT, 0.9, 0.8, landmarks, world / 1000, region, error_percent=6.5)


def result(*hands) -> FrameResult:
    stats = FrameStats(
        requested_level=3,
        level=1,
        sparsity=0.25,
        detection_ms=1.0,
        landmarks_ms=2.0,
        total_ms=3.5,
        reflex=True,
        commanded_ms=5.5,
        detector_ran=True,
        presence=0.875,
        input_mean=0.5,
        input_std=0.125,
        smoothing_residual=0.75,
        provider="test/cpu",
    )
    return FrameResult(hands, stats, ())


def test_a_header_keeps_every_nanosecond(header):
    assert (header.stamp.sec, header.stamp.nanosec, header.frame_id) == (1_704_067_200, 123_456_789, "camera")


def test_pixels_survive_the_way_through_a_message(build, header):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    message = build.image(pixels, header)
    assert stamp_ns(message) == STAMP_NS
    np.testing.assert_array_equal(image_to_pixels(message)[0], pixels)
    turned = build.image(pixels[::-1], header)
    np.testing.assert_array_equal(image_to_pixels(turned)[0], pixels[::-1])


def test_rclpy_gets_the_one_type_of_data_that_it_does_not_check_byte_by_byte():
    flat = np.full((16, 16, 3), 90, np.uint8)
    header = ROS_MESSAGES.header(0, "camera")
    assert isinstance(ROS_MESSAGES.image(flat, header).data, array.array)
    assert isinstance(ROS_MESSAGES.compressed_image(flat, 95, header).data, array.array)


def test_a_flat_picture_survives_compression(build, header):
    flat = np.full((16, 16, 3), 90, np.uint8)
    pixels, order = compressed_to_pixels(build.compressed_image(flat, 95, header))
    assert order == "bgr"
    assert np.abs(pixels.astype(int) - 90).max() <= 2


def test_camera_info_says_uncalibrated_where_nothing_is_known(build, header):
    assert not build.camera_info(640, 480, None, header).k.any()
    known = build.camera_info(640, 480, Intrinsics(500.0, 501.0, 320.0, 240.0), header)
    assert list(known.k) == [500, 0, 320, 0, 501, 240, 0, 0, 1]
    assert list(known.p) == [500, 0, 320, 0, 0, 501, 240, 0, 0, 0, 1, 0]
    assert list(known.d) == [0] * 5
    assert known.distortion_model == "plumb_bob"


def test_a_hand_becomes_a_message_field_by_field(build, header):
    hand = some_hand()
    message = build.hands(result(hand), header, 640, 480)
    assert message.header == header
    assert (message.image_width, message.image_height, message.level, message.sparsity) == (640, 480, 1, 0.25)
    sent = message.hands[0]
    assert (sent.track_id, sent.handedness) == (5, sent.RIGHT)
    assert (sent.handedness_score, sent.presence) == (pytest.approx(0.9), pytest.approx(0.8))
    assert (sent.region_x, sent.region_y, sent.region_size, sent.region_rotation) == (1, 2, 3, 0.5)
    assert sent.error_percent == 6.5
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in sent.landmarks], hand.landmarks)
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in sent.world_landmarks], hand.world_landmarks)


def test_a_message_is_filled_again_with_another_number_of_hands(build, header):
    message, one = None, some_hand()
    others = [replace(one, track_id=number, landmarks=one.landmarks + number) for number in range(3)]
    for hands in ([one], others, [], others[:2], [one]):
        fresh = build.hands(result(*hands), header, 640, 480)
        message = build.hands(result(*hands), header, 640, 480, message)
        assert [tracked_hand(hand).track_id for hand in message.hands] == [hand.track_id for hand in hands]
        assert repr(message) == repr(fresh)


def test_truth_says_that_no_network_saw_it(build, header):
    joints = np.arange(63, dtype=np.float32).reshape(21, 3)
    truth = HandTruth(Handedness.LEFT, joints, joints / 100, np.zeros(3, np.float32))
    message = build.truth([truth], header, 640, 480)
    hand = message.hands[0]
    assert (hand.track_id, hand.handedness, hand.handedness_score) == (0, hand.LEFT, 1.0)
    assert math.isnan(message.sparsity)
    assert all(math.isnan(v) for v in (hand.presence, hand.region_x, hand.region_y, hand.region_size))
    assert math.isnan(hand.error_percent)
    assert (hand.landmarks[20].x, hand.landmarks[20].y, hand.landmarks[20].z) == (60, 61, 62)


def test_a_message_becomes_the_same_hand_again(build, header):
    hand = some_hand()
    again = tracked_hand(build.hands(result(hand), header, 640, 480).hands[0])
    assert (again.track_id, again.handedness) == (hand.track_id, hand.handedness)
    assert (again.region, again.error_percent) == (hand.region, hand.error_percent)
    np.testing.assert_allclose(again.landmarks, hand.landmarks)
    np.testing.assert_allclose(again.world_landmarks, hand.world_landmarks)


def test_costs_become_a_message_field_by_field_and_the_same_costs_again(build, header):
    cost = FrameCost.of(
        result(),
        Drift(4.5, 1.5, 6.5, estimated=True),
        stamp_ns=STAMP_NS,
        frame=7,
        frames_dropped=8,
        frames_rejected=9,
        conversion_ms=0.5,
        total_ms=4.0,
        end_to_end_ms=5.0,
        accelerator_utilization=0.625,
        at_deadline=True,
        published_ms=3.5,
        prediction_error=2.5,
        depth_ms=1.25,
    )
    message = build.stats(cost, header)
    assert message.header == header
    assert (message.frame, message.frames_dropped, message.frames_rejected) == (7, 8, 9)
    assert (message.conversion_ms, message.detection_ms, message.landmarks_ms) == (0.5, 1, 2)
    assert (message.total_ms, message.end_to_end_ms) == (4, 5)
    assert (message.requested_level, message.applied_level, message.sparsity) == (3, 1, 0.25)
    assert (message.detector_ran, message.hands, message.presence) == (True, 0, 0.875)
    assert (message.input_mean, message.input_std) == (0.5, 0.125)
    assert (message.drift, message.drift_sparser, message.drift_ms) == (4.5, 1.5, 6.5)
    assert message.drift_estimated
    assert message.smoothing_residual == 0.75
    assert message.accelerator_utilization == 0.625
    assert (message.reflex, message.commanded_ms) == (True, 6.0), "2 ms more, as for the tracker alone"
    assert (message.at_deadline, message.published_ms, message.prediction_error) == (True, 3.5, 2.5)
    assert message.depth_ms == 1.25
    assert message.provider == "test/cpu"
    unknown = {"charge", "power_w"}
    again = frame_cost(message)
    for name in FrameCost.__slots__:
        assert name in unknown or getattr(again, name) == getattr(cost, name), name


def a_hand_in_space(track_id: int = 3) -> Hand3d:
    joints = pose_hand(GESTURES["open palm"]).joints @ rotation(0.3, 0.2, 0.1).T + [0.1, 0.0, 0.6]
    states = np.full(21, JointState.MEASURED, np.uint8)
    states[Joint.PINKY_TIP] = JointState.INFERRED
    states[Joint.THUMB_TIP] = JointState.UNKNOWN
    std_m = np.full(21, 0.004, np.float32)
    joints[Joint.THUMB_TIP] = std_m[Joint.THUMB_TIP] = np.nan
    return Hand3d(track_id, Handedness.RIGHT, 0.9, 0.8, joints.astype(np.float32), states, std_m)


def test_a_message_becomes_the_same_hand_in_space_again(build, header):
    hand = a_hand_in_space()
    message = build.hands_3d(Hands3d((hand,), HandSource.FUSED, 0.004), header)
    again = hands_in_space(message)
    assert (message.header, again.source, again.depth_offset_s) == (
        header,
        HandSource.FUSED,
        pytest.approx(0.004),
    )
    (same,) = again.hands
    assert (same.track_id, same.handedness, same.presence) == (3, Handedness.RIGHT, pytest.approx(0.8))
    np.testing.assert_array_equal(same.joints_m, hand.joints_m)
    np.testing.assert_array_equal(same.states, hand.states)
    np.testing.assert_array_equal(same.std_m, hand.std_m)
    palm = message.hands[0].palm
    assert hand.palm is not None
    np.testing.assert_allclose([palm.position.x, palm.position.y, palm.position.z], hand.palm.position_m)
    turn = [palm.orientation.x, palm.orientation.y, palm.orientation.z, palm.orientation.w]
    np.testing.assert_allclose(turn, hand.palm.quaternion)


@pytest.mark.parametrize(("before", "after"), [(0, 1), (2, 1), (1, 2)])
def test_an_earlier_message_of_hands_in_space_is_filled_again(build, header, before, after):
    first, then = (
        Hands3d(tuple(a_hand_in_space(number) for number in range(start, start + count)), source, offset_s)
        for start, count, source, offset_s in (
            (1, before, HandSource.FUSED, 0.004),
            (5, after, HandSource.DEPTH_ONLY, 0.0),
        )
    )
    earlier = build.hands_3d(first, header)
    message = build.hands_3d(then, header, earlier)
    assert message is earlier
    assert hands_in_space(message).source == HandSource.DEPTH_ONLY
    for one, hand in zip(hands_in_space(message).hands, then.hands, strict=True):
        assert one.track_id == hand.track_id
        np.testing.assert_array_equal(one.joints_m, hand.joints_m)
        np.testing.assert_array_equal(one.states, hand.states)


def test_a_palm_that_is_not_known_is_nan(build, header):
    hand = a_hand_in_space()
    hand.joints_m[Joint.WRIST] = np.nan
    palm = build.hands_3d(Hands3d((hand,), HandSource.FUSED), header).hands[0].palm
    assert math.isnan(palm.position.x)
    assert math.isnan(palm.orientation.w)


def test_true_joints_in_space_say_which_of_them_the_camera_sees(build, header):
    joints = np.arange(63, dtype=np.float32).reshape(21, 3) / 1000
    seen = np.arange(21) % 2 == 0
    centre = np.array([0, 0, 0.5], np.float32)
    truth = [HandTruth(Handedness.LEFT, joints, joints, centre, visible) for visible in (seen, None)]
    told = hands_in_space(build.truth_3d(truth, header))
    assert told.source == HandSource.TRUTH
    some, all_seen = told.hands
    np.testing.assert_allclose(some.joints_m, joints + centre)
    assert (some.track_id, some.handedness, some.std_m.max()) == (0, Handedness.LEFT, 0.0)
    np.testing.assert_array_equal(some.states == JointState.MEASURED, seen)
    assert (all_seen.states == JointState.MEASURED).all(), "nothing is known of what hides them"


def test_a_joint_that_is_not_finite_or_of_no_known_state_is_unknown(build, header):
    message = build.hands_3d(Hands3d((a_hand_in_space(),), HandSource.DEPTH_ONLY), header)
    message.hands[0].joints[Joint.WRIST].x = math.inf
    message.hands[0].joint_states[Joint.INDEX_MCP] = 77
    (hand,) = hands_in_space(message).hands
    unknown = [Joint.WRIST, Joint.THUMB_TIP, Joint.INDEX_MCP]
    assert np.flatnonzero(hand.states == JointState.UNKNOWN).tolist() == unknown
    assert np.isnan(hand.joints_m[unknown]).all()
    assert np.isnan(hand.std_m[unknown]).all()
    message.source = 0
    with pytest.raises(ValueError, match="0 is not a valid HandSource"):
        hands_in_space(message)
