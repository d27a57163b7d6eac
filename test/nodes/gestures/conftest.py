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

"""Hands and gestures in the graph, published by the test as a tracker or gesture_node would."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("rclpy") and find_spec("hand_tracking_dsp.msg"):
    from builtin_interfaces.msg import Time
    from geometry_msgs.msg import Point
    from hand_tracking_dsp.msg import Gesture, GestureArray, Hand, HandArray
    from rclpy.qos import QoSProfile

    from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
    from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand, rotation

RATE_HZ = 30.0
_CENTRE_PX = np.array([320.0, 330.0])
_PX_A_METRE = 1500.0


def posed(gesture: str, right_px: float = 0.0, track_id: int = 1) -> Hand:
    """Pose a synthetic right hand that faces the camera."""
    joints_m = pose_hand(GESTURES[gesture]).joints @ rotation(0.0, 0.0, 0.0).T
    joints_px = joints_m * _PX_A_METRE
    joints_px[:, :2] += _CENTRE_PX + np.array([right_px, 0.0])
    hand = Hand(track_id=track_id, handedness=Hand.RIGHT, handedness_score=0.9, presence=0.9)
    for points, values in (
        (hand.landmarks, joints_px),
        (hand.world_landmarks, joints_m - joints_m.mean(axis=0)),
    ):
        for point, (x, y, z) in zip(points, values.tolist(), strict=True):
            point.x, point.y, point.z = x, y, z
    return hand


def shown(name: str, up_palms: float = 0.0, track_id: int = 1) -> Gesture:
    """Build the gesture of a hand whose palm measures 80 px."""
    return Gesture(
        track_id=track_id,
        name=name,
        held=name,
        open_fingers_score=1.0,
        palm=Point(x=320.0, y=240.0 - 80.0 * up_palms),
        palm_size=80.0,
    )


class Source:
    """Publishes one array after the other while the observer spins, as long as it is on."""

    def __init__(self, graph: Any, kind: type, topic: str, field_name: str) -> None:
        observer = graph.observer
        self.kind, self.field_name = kind, field_name
        self.members: list[Any] = []
        self.on = True
        self.stamp: Callable[[], Time] = lambda: observer.get_clock().now().to_msg()
        self.publisher = observer.create_publisher(kind, topic, QoSProfile(depth=10))
        observer.create_timer(1 / RATE_HZ, self._tick)

    def show(self, *members) -> None:
        """Show these from the next message on."""
        self.members = list(members)

    def publish(self, *members):
        """Publish one message; return it."""
        message = self.kind(image_width=640, image_height=480)
        message.header.frame_id = "eye"
        message.header.stamp = self.stamp()
        setattr(message, self.field_name, list(members))
        self.publisher.publish(message)
        return message

    def _tick(self) -> None:
        if self.on:
            self.publish(*self.members)


@pytest.fixture
def hands(graph) -> Source:
    """Give a source of hands, none in view yet."""
    return Source(graph, HandArray, "hands", "hands")


@pytest.fixture
def gestures(graph) -> Source:
    """Give a source of gestures, no hand in view yet."""
    return Source(graph, GestureArray, "gestures", "gestures")
