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

"""Topics of hands in space; tf2, which is not installed here, is stood in for."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TransformStamped
from hand_tracking_dsp.msg import Hand3DArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, PointCloud2
from visualization_msgs.msg import MarkerArray

from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data


def start(graph, **parameters):
    """Start a camera with depth and the tracker."""
    graph.start(CameraNode, depth=True, rate_hz=5.0)
    graph.start(HandTrackerNode, depth__mode="fused", **parameters)


def with_stamp_of(messages, others):
    """Return the newest pair of messages of one stamp, or None."""
    stamps = {stamp_ns(one): one for one in others}
    return next(((one, stamps[stamp_ns(one)]) for one in reversed(messages) if stamp_ns(one) in stamps), None)


def test_cloud_palm_and_markers_are_of_the_same_joints(graph):
    heard = graph.hear(Hand3DArray, "hands_3d", 100)
    clouds, markers = graph.hear(PointCloud2, "hands_3d/points", 100), graph.hear(MarkerArray, "markers", 100)
    palms = {side: graph.hear(PoseStamped, f"hands_3d/{side}/palm_pose", 100) for side in ("left", "right")}
    start(graph)
    graph.until(lambda: with_stamp_of(clouds, heard) and any(palms.values()), "hands in space were heard")
    cloud, array = with_stamp_of([one for one in clouds if one.width], heard)
    assert cloud.header == array.header
    assert cloud.width == sum(sum(np.array(hand.joint_states) > 0) for hand in array.hands)
    side = "left" if palms["left"] else "right"
    palm, array = with_stamp_of(palms[side], heard)
    hand = next(hand for hand in array.hands if hand.handedness == {"left": 1, "right": 2}[side])
    assert palm.header == array.header
    assert palm.pose == hand.palm

    def true_markers():
        return [
            (array, message.markers)
            for message in markers
            for array in heard
            if message.markers[1:] and message.markers[1].header == array.header
        ]

    array, shown = graph.until(true_markers, "markers were heard")[-1]
    points = np.array([(p.x, p.y, p.z) for p in shown[2].points])
    joints = hands_in_space(array).hands[0].joints_m
    np.testing.assert_allclose(points, joints[np.isfinite(joints[:, 0])], atol=1e-6)


def test_hands_are_published_in_the_frame_that_is_asked_for(graph, tf2):
    camera = Pose.of((2, 0, 0), (0, 0, 0.5**0.5, 0.5**0.5))
    heard, truths = graph.hear(Hand3DArray, "hands_3d", 100), graph.hear(Hand3DArray, "truth_3d", 100)
    start(graph, depth__target_frame="base_link", depth__publish_tf=True)

    def pair():
        return with_stamp_of([one for one in heard if one.hands], [one for one in truths if one.hands])

    array, truth = graph.until(pair, "hands in space and their truth were heard")
    assert (array.header.frame_id, array.header.stamp) == ("base_link", truth.header.stamp)
    palm, true_palm = hands_in_space(array).hands[0].palm, hands_in_space(truth).hands[0].palm
    np.testing.assert_allclose(palm.position_m, camera.moved(true_palm.position_m), atol=0.04)
    assert [asked[2] > 0 for asked in tf2.asked[:2]] == [True, False], "first at the image's time"
    graph.until(lambda: tf2.sent, "the palm's frame was sent")
    assert tf2.sent[0].child_frame_id in ("hand_left_palm", "hand_right_palm")
    assert tf2.sent[0].header.frame_id == "base_link"
    assert tf2.sent[0].transform.rotation != TransformStamped().transform.rotation
    for transition in ("deactivate", "cleanup"):
        assert graph.change_state(NODE, transition)
    assert tf2.unregistered == 1
    assert graph.observer.count_publishers("/tf") == 0


def test_without_the_transform_hands_go_on_and_it_is_named(graph, tf2, diagnostics):
    tf2.frames = "another", "base_link"
    heard = graph.hear(Hand3DArray, "hands_3d", 100)
    start(graph, depth__target_frame="base_link")
    status = diagnostics(NODE, lambda status: "There is no transform from" in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert "from camera_optical_frame to base_link" in status.message
    assert {value.key: value.value for value in status.values}["frames_rejected"] == "0"
    assert not heard


@pytest.mark.parametrize("parameter", [{"depth__target_frame": "base_link"}, {"depth__publish_tf": True}])
def test_says_that_tf2_is_not_installed(graph, diagnostics, monkeypatch, parameter):
    monkeypatch.setitem(sys.modules, "tf2_ros", None)
    graph.start(HandTrackerNode, depth__mode="fused", **parameter)
    status = diagnostics(NODE, lambda status: "tf2_ros is missing" in status.message)
    assert status.message.startswith(next(iter(parameter)).replace("__", "."))


def test_camera_info_of_the_image_places_the_hands(graph):
    infos = graph.hear(CameraInfo, "camera_info", SENSOR)
    heard = graph.hear(Hand3DArray, "hands_3d", 100)
    graph.start(CameraNode, depth=True, rate_hz=5.0, fx_px=1152.0)
    graph.start(HandTrackerNode, depth__mode="fused")
    graph.until(lambda: infos and any(one.hands for one in heard), "hands in space were heard")
    joints = next(hands_in_space(one).hands[0].joints_m for one in heard if one.hands)
    # With twice the focal length the hand looks half as wide at its distance.
    length = np.linalg.norm(joints[9] - joints[0])
    assert length < 0.08
