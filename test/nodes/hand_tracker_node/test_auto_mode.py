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

"""The mode auto: the light goes out and comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hand_tracking_dsp.msg import Hand3DArray, HandArray
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data
SCENE = SyntheticScene(SourceOptions(absence_s=0.0, speed=0.2))
FRAMES = [SCENE.frame(index) for index in range(10)]
STEP_S = 0.1
SOURCES = {Hand3DArray.FUSED: "fused", Hand3DArray.DEPTH_ONLY: "depth_only"}


class Room:
    """Sends images and depth ten times a second by their stamps, as fast as the tracker takes them."""

    def __init__(self, graph):
        self.graph = graph
        self.hands: list[HandArray] = graph.hear(HandArray, "hands", 1000)
        self.hands_3d: list[Hand3DArray] = graph.hear(Hand3DArray, "hands_3d", 1000)
        create = graph.observer.create_publisher
        self.image, self.depth = (create(Image, name, SENSOR) for name in ("image_raw", "depth/image_raw"))
        self.info = create(CameraInfo, "camera_info", SENSOR)
        self.sent = 0
        self.clock_runs = True

    def step(self, *, light, depth=True):
        """Send an image and its depth, and wait until their hands went out."""
        for publisher in (self.image, self.depth, self.info):
            self.graph.until(publisher.get_subscription_count, "the tracker listens")
        heard = len(self.hands)
        self.send(light=light, depth=depth)
        self.graph.until(lambda: len(self.hands) > heard, "hands went out")

    def send(self, *, light, depth=True):
        """Send an image and its depth."""
        frame, header = FRAMES[self.sent % len(FRAMES)], self.header()
        self.info.publish(ROS_MESSAGES.camera_info(640, 480, SCENE.intrinsics, header))
        if depth:
            self.depth.publish(ROS_MESSAGES.depth_image(frame.depth_mm, header))
        image = frame.image if light else np.zeros_like(frame.image)
        self.image.publish(pixels_to_image(image, header))

    def send_depth(self):
        """Send a depth image alone."""
        header = self.header()
        self.depth.publish(ROS_MESSAGES.depth_image(FRAMES[self.sent % len(FRAMES)].depth_mm, header))

    def header(self):
        """Make the header of the next images."""
        self.sent += 1
        time_s = 1000.0 + self.sent * STEP_S if self.clock_runs else 1000.0
        return Header(stamp=Time(seconds=time_s).to_msg(), frame_id="camera")

    def until_from(self, source, *, light):
        """Go on until hands in space come from fused or depth_only."""
        for _ in range(200):
            self.step(light=light)
            if self.hands_3d and self.hands_3d[-1].source == source and self.hands_3d[-1].hands:
                return
        pytest.fail(f"hands never came from {SOURCES[source]}")


@pytest.fixture
def room(graph):
    return Room(graph)


def test_goes_to_depth_alone_when_the_light_goes_out_and_back_when_it_comes(graph, room, diagnostics):
    graph.start(
        HandTrackerNode, **{"depth.mode": "auto", "deadline.predict": False, "deadline.reflex": False}
    )
    room.until_from(Hand3DArray.FUSED, light=True)
    ids = {hand.track_id for hand in room.hands_3d[-1].hands}
    room.until_from(Hand3DArray.DEPTH_ONLY, light=False)
    diagnostics(
        NODE, lambda status: ("depth_mode", "depth_only") in {(v.key, v.value) for v in status.values}
    )
    room.until_from(Hand3DArray.FUSED, light=True)
    assert ids
    stamps = [(one.header.stamp.sec, one.header.stamp.nanosec) for one in room.hands]
    assert stamps == sorted(set(stamps)), "in order, each once"


def test_goes_on_in_colour_where_depth_ends_while_it_is_used(graph, room):
    graph.start(
        HandTrackerNode, **{"depth.mode": "auto", "deadline.predict": False, "deadline.reflex": False}
    )
    room.until_from(Hand3DArray.DEPTH_ONLY, light=False)
    heard = len(room.hands)

    def found():
        room.send(light=True, depth=False)
        return any(one.hands for one in room.hands[heard:])

    graph.until(found, "hands were found in the colour image")


def test_stays_with_colour_in_the_dark_where_depth_shows_no_hand(graph, room):
    graph.start(HandTrackerNode, **{"depth.mode": "auto"})
    for _ in range(30):
        room.step(light=False, depth=False)
    assert not room.hands_3d


def test_goes_on_in_depth_where_no_colour_image_comes_at_all(graph, room):
    graph.start(HandTrackerNode, **{"depth.mode": "auto"})
    graph.until(room.depth.get_subscription_count, "the tracker listens")

    def found():
        room.send_depth()
        return any(one.hands for one in room.hands_3d)

    graph.until(found, "hands were found in the depth image")
    assert {one.source for one in room.hands_3d} == {Hand3DArray.DEPTH_ONLY}
    room.until_from(Hand3DArray.FUSED, light=True)


def test_goes_on_in_depth_alone_where_stamps_stand_still(graph, room):
    graph.start(
        HandTrackerNode, **{"depth.mode": "auto", "deadline.predict": False, "deadline.reflex": False}
    )
    room.clock_runs = False

    def found():
        room.send(light=False)
        in_depth = [one for one in room.hands_3d if one.source == Hand3DArray.DEPTH_ONLY and one.hands]
        return len(in_depth) >= 3

    graph.until(found, "hands were found in the depth image time and again")
