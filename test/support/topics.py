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

"""Publishers on topics, and warnings about them in /diagnostics."""

from __future__ import annotations

import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=10)


class Camera:
    """Publishes small images on every call."""

    def __init__(self, graph, name, topic, kind=Image, profile=BEST_EFFORT):
        self.node = rclpy.create_node(name, context=graph.context)
        graph.ending.callback(self.node.destroy_node)
        self.publisher = self.node.create_publisher(kind, topic, profile)
        self.kind = kind

    def send(self):
        self.publisher.publish(self.kind())


def says(*parts):
    return lambda status: status.level == status.WARN and all(part in status.message for part in parts)
