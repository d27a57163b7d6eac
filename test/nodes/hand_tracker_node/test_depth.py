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

"""Hands in space of the tracker: a camera with depth before it, and depth that is late, missing or wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hand_tracking_dsp.msg import Hand3DArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.depth.types import HandSource
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data


class DepthCamera:
    """Sends depth images beside a camera's frames."""

    def __init__(self, graph, camera):
        self.camera = camera
        self.hands_3d: list[Hand3DArray] = graph.hear(Hand3DArray, "hands_3d", 100)
        self.depth = graph.observer.create_publisher(Image, "depth/image_raw", SENSOR)
        self.info = graph.observer.create_publisher(CameraInfo, "depth/camera_info", SENSOR)
        self.graph = graph

    def send(self, depth=None):
        """Send the next frame with its depth image."""
        number = self.camera.sent % len(self.camera.frames)
        image = self.camera.send()
        self.send_depth(image.header, self.camera.frames[number].depth_mm if depth is None else depth)

    def send_depth(self, header, depth_mm):
        height, width = depth_mm.shape
        self.info.publish(ROS_MESSAGES.camera_info(width, height, INTRINSICS, header))
        self.depth.publish(ROS_MESSAGES.depth_image(depth_mm, header))


with SyntheticHandSource(SourceOptions()) as _source:
    INTRINSICS = _source.intrinsics


def nearest_mm(hand, truth):
    """Return the mean distance of a hand's known joints from those of the nearest true hand, millimetres."""
    return min(float(np.nanmean(np.linalg.norm(hand.joints_m - one.joints_m, axis=1))) for one in truth) * 1e3


@pytest.fixture
def depth_camera(graph, camera):
    return DepthCamera(graph, camera)


@pytest.mark.parametrize("source", [HandSource.FUSED, HandSource.DEPTH_ONLY])
def test_places_the_hands_of_the_synthetic_camera_where_they_are(graph, source):
    found, truths = graph.hear(Hand3DArray, "hands_3d", 100), graph.hear(Hand3DArray, "truth_3d", 100)
    graph.start(CameraNode, depth=True, hands=2, rate_hz=5.0)
    graph.start(HandTrackerNode, depth__mode=source.name.lower())

    def pairs():
        true = {stamp_ns(one): one for one in truths}
        return [(one, true[stamp_ns(one)]) for one in found if one.hands and stamp_ns(one) in true]

    graph.until(lambda: len(pairs()) >= 5, "hands in space and their truth were heard")
    errors_mm = []
    for message, truth in pairs():
        assert message.header == truth.header
        hands = hands_in_space(message)
        assert hands.source is source
        assert hands.depth_offset_s == 0
        errors_mm += [nearest_mm(hand, hands_in_space(truth).hands) for hand in hands.hands]
    assert np.median(errors_mm) < 30
