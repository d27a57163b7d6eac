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

"""A camera of synthetic hands before the tracker's node."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.operating_point import PointInfo

# Without these no test here is collected; see test/conftest.py.
if find_spec("rclpy") and find_spec("hand_tracking_dsp.msg"):
    from hand_tracking_dsp.msg import HandArray, TrackerStats
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header
    from support.depth_camera import DepthCamera

    from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
    from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image


class Camera:
    """Sends the next frame whenever the tracker has answered, so that none need be lost."""

    def __init__(self, graph, frames):
        self.graph = graph
        self.frames = frames
        self.stats: list[TrackerStats] = graph.hear(TrackerStats, "stats", 100)
        self.hands: list[HandArray] = graph.hear(HandArray, "hands", 100)
        self.publisher = graph.observer.create_publisher(Image, "image_raw", qos_profile_sensor_data)
        self.sent = 0

    def header(self):
        return Header(stamp=self.graph.observer.get_clock().now().to_msg(), frame_id="camera")

    def send(self, message=None):
        if message is None:
            message = pixels_to_image(self.frames[self.sent % len(self.frames)].image, self.header())
        self.publisher.publish(message)
        self.sent += 1
        return message

    def exchange(self, count):
        """Send frames one after the other; return the stats of each."""
        self.graph.until(self.publisher.get_subscription_count, "the tracker listens")
        self.graph.until(lambda: self.graph.observer.count_publishers("stats"), "stats are offered")
        begin = len(self.stats)
        while len(self.stats) < begin + count:
            heard = len(self.stats)
            self.send()
            self.graph.until(lambda heard=heard: len(self.stats) > heard, "stats of the frame were heard")
        return self.stats[begin:]


@pytest.fixture(scope="module")
def frames():
    """Give 20 frames of two synthetic hands."""
    with SyntheticHandSource(SourceOptions(hands=2, absence_s=0.0)) as source:
        return [source.read() for _ in range(20)]


@pytest.fixture
def camera(graph, frames):
    return Camera(graph, frames)


@pytest.fixture
def start(graph):
    """Give a function that starts the tracker with parameters and waits until it is active.

    It keeps no deadline unless asked to, so that what it does does not depend on the machine's speed.
    """

    def start_tracker(**parameters):
        graph.start(HandTrackerNode, **{"deadline.predict": False, "deadline.reflex": False, **parameters})
        graph.until_state("hand_tracker_node", "active")

    return start_tracker


@pytest.fixture
def point_bank(tmp_path):
    """Write a bank of two levels and three operating points; return its folder."""
    bank = read_manifest(default_bank())
    values = ((0, 0.0, 0.0), (1, 0.0, 0.15), (1, 0.12, 0.5))
    points = tuple(
        PointInfo(level=level, gate=gate, search_interval_s=interval_s, cost=1 - 0.3 * index)
        for index, (level, gate, interval_s) in enumerate(values)
    )
    write_bank(tmp_path / "bank", replace(bank.with_levels(bank.levels[:2]), operating_points=points), {})
    return tmp_path / "bank"


@pytest.fixture
def depth_camera(graph, camera):
    return DepthCamera(graph, camera)
