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

import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("rclpy") and find_spec("hand_tracking_dsp.msg"):
    from builtin_interfaces.msg import Time
    from hand_tracking_dsp.msg import GestureArray, HandArray
    from rclpy.qos import QoSProfile

RATE_HZ = 30.0


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
