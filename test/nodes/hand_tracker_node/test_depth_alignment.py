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

"""Depth of another camera than the image's, and cameras that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from hand_tracking_dsp.msg import Hand3DArray, HandArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.depth.registration import DepthRegistration
from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.tracking.depth_view import Intrinsics

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data
SCENE = SyntheticScene(SourceOptions(absence_s=0.0))
FRAMES = [SCENE.frame(index) for index in range(5)]
# A depth camera 6 cm to the right of the image's, that sees a wider picture.
BESIDE = Pose.of((0.06, 0.0, 0.0), (0, 0, 0, 1))
WIDER = Intrinsics(420.0, 420.0, 319.5, 239.5)


class TwoCameras:
    """Sends images with camera_info and depth images with theirs."""

    def __init__(self, graph):
        self.graph = graph
        self.hands_3d: list[Hand3DArray] = graph.hear(Hand3DArray, "hands_3d", 100)
        create = graph.observer.create_publisher
        self.image, self.depth = (create(Image, name, SENSOR) for name in ("image_raw", "depth/image_raw"))
        self.info, self.depth_info = (
            create(CameraInfo, name, SENSOR) for name in ("camera_info", "depth/camera_info")
        )
        self.sent = 0

    def send(self, depth_mm, depth_camera=SCENE.intrinsics, camera=SCENE.intrinsics, frame_id="colour"):
        """Send an image and a depth image of one stamp; return the truth."""
        for publisher in (self.image, self.depth, self.info, self.depth_info):
            self.graph.until(publisher.get_subscription_count, "the tracker listens")
        frame = FRAMES[self.sent % len(FRAMES)]
        stamp = self.graph.observer.get_clock().now().to_msg()
        header, depth_header = Header(stamp=stamp, frame_id="colour"), Header(stamp=stamp, frame_id=frame_id)
        height, width = depth_mm(frame).shape
        self.info.publish(ROS_MESSAGES.camera_info(640, 480, camera, header))
        self.depth_info.publish(ROS_MESSAGES.camera_info(width, height, depth_camera, depth_header))
        self.depth.publish(ROS_MESSAGES.depth_image(depth_mm(frame), depth_header))
        self.image.publish(pixels_to_image(frame.image, header))
        self.sent += 1
        return frame.truth

    def until_placed(self, *given, **named):
        """Send frames until hands in space are heard; return the mean distance of their joints, mm."""
        for _ in range(60):
            heard, truth = len(self.hands_3d), self.send(*given, **named)
            self.graph.until(lambda heard=heard: len(self.hands_3d) > heard, "hands in space were heard")
            if self.hands_3d[-1].hands:
                joints = hands_in_space(self.hands_3d[-1]).hands[0].joints_m
                exact = truth[0].joints_m + truth[0].centre_m
                return float(np.nanmean(np.linalg.norm(joints - exact, axis=1))) * 1e3
        pytest.fail("no hand was placed")


@pytest.fixture
def cameras(graph):
    return TwoCameras(graph)


def seen_from_beside(frame):
    """Draw a frame's depth as the camera beside sees it."""
    back = Pose.of((-0.06, 0.0, 0.0), (0, 0, 0, 1))
    metres = frame.depth_mm.astype(np.float32) * np.float32(1e-3)
    seen = DepthRegistration(SCENE.intrinsics, (640, 480), WIDER, (640, 480), back).register(metres)
    return np.rint(seen * 1e3).astype(np.uint16)


def test_depth_of_a_camera_beside_is_registered_by_the_extrinsics(graph, cameras):
    graph.start(
        HandTrackerNode,
        **{
            "depth.mode": "fused",
            "depth.registered": False,
            "depth.extrinsics": [0.06, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        },
    )
    assert cameras.until_placed(seen_from_beside, WIDER, frame_id="depth") < 30
    assert cameras.hands_3d[-1].header.frame_id == "colour"


@pytest.mark.parametrize("extrinsics", [[60.0, 0, 0, 0, 0, 0, 1], [0.06, 0, 0, 0, 1, 0, 0]])
def test_a_pose_in_millimetres_or_that_looks_away_is_named_and_hands_go_on(
    graph, cameras, diagnostics, extrinsics
):
    hands = graph.hear(HandArray, "hands", 100)
    extrinsics = [float(number) for number in extrinsics]
    graph.start(
        HandTrackerNode, **{"depth.mode": "fused", "depth.registered": False, "depth.extrinsics": extrinsics}
    )
    shown = []

    def is_named(status):
        cameras.send(seen_from_beside, WIDER, frame_id="depth")
        shown.append(status)
        return "Nothing of the depth images lies in the image where the depth camera" in status.message

    status = diagnostics(NODE, is_named)
    assert status.level == DiagnosticStatus.WARN
    assert f"is {extrinsics[0]:.3g}, 0, 0 m: give its pose in metres" in status.message
    assert "hold no depth" not in status.message
    assert {value.key: value.value for value in status.values}["frames_rejected"] == "0"
    graph.until(lambda: any(one.hands for one in hands), "hands go on")
    assert not cameras.hands_3d


def test_half_the_size_of_the_same_camera_places_the_same_hands(graph, cameras):
    graph.start(HandTrackerNode, depth__mode="fused")
    half = SCENE.intrinsics.scaled(0.5)
    assert cameras.until_placed(lambda frame: frame.depth_mm[::2, ::2], half) < 30


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"frame_id": "depth"}, "The depth images are in the frame 'depth', but the images in 'colour'"),
        ({"depth_camera": WIDER}, "depth/camera_info (fx 420, cx 320 px) does not fit camera_info (fx 576"),
    ],
)
def test_depth_that_is_not_aligned_is_warned_of(graph, cameras, diagnostics, sent, sentence):
    graph.start(HandTrackerNode, depth__mode="fused")
    cameras.until_placed(lambda frame: frame.depth_mm, **sent)
    status = diagnostics(NODE, lambda status: sentence in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert "depth.registered to false" in status.message


def test_without_a_focal_length_hands_are_placed_by_the_field_of_view_and_it_is_said(
    graph, cameras, diagnostics
):
    graph.start(HandTrackerNode, depth__mode="fused")
    cameras.until_placed(lambda frame: frame.depth_mm, depth_camera=None, camera=None)
    diagnostics(NODE, lambda status: "are placed by horizontal_fov_deg, a guess" in status.message)


def test_registration_waits_for_both_cameras_and_says_so(graph, cameras, diagnostics):
    graph.start(
        HandTrackerNode,
        **{"depth.mode": "fused", "depth.registered": False, "depth.extrinsics": [0.0] * 6 + [1.0]},
    )
    for _ in range(2):
        cameras.send(lambda frame: frame.depth_mm, depth_camera=None)
    status = diagnostics(NODE, lambda status: "Depth cannot be registered" in status.message)
    assert "depth/camera_info of both" in status.message
    assert not cameras.hands_3d


@pytest.mark.parametrize(
    ("extrinsics", "sentence"),
    [
        ([0.1] + [0.0] * 6, "depth.extrinsics cannot be used: its last four numbers have the length 0, but"),
        (
            [0.0] * 3 + [0.0, 90.0, 0.0, 0.0],
            "depth.extrinsics cannot be used: its last four numbers have the l",
        ),
        ([float("nan")] + [0.0] * 5 + [1.0], "Parameter depth.extrinsics is [nan, 0.0"),
        ([0.1, 0.0, 0.0], "DepthInputOptions.extrinsics has 3 numbers, but must have 7."),
        ([0.0] * 7, "depth.registered to false, without depth.extrinsics, is set, but tf2_ros is missing"),
    ],
)
def test_extrinsics_that_are_none_are_refused_in_a_sentence(graph, diagnostics, extrinsics, sentence):
    parameters = {"depth.mode": "fused", "depth.registered": False, "depth.extrinsics": extrinsics}
    graph.start(HandTrackerNode, **parameters)
    status = diagnostics(NODE, lambda status: status.level == DiagnosticStatus.ERROR)
    assert status.message.startswith(sentence)
