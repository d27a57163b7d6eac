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

"""A depth camera beside a camera of synthetic hands."""

from __future__ import annotations

import array

import numpy as np
from hand_tracking_dsp.msg import Hand3DArray
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES

SENSOR = qos_profile_sensor_data


class DepthCamera:
    """Sends depth images beside a camera's frames."""

    def __init__(self, graph, camera):
        self.camera = camera
        self.hands_3d: list[Hand3DArray] = graph.hear(Hand3DArray, "hands_3d", 100)
        self.depth = graph.observer.create_publisher(Image, "depth/image_raw", SENSOR)
        self.info = graph.observer.create_publisher(CameraInfo, "depth/camera_info", SENSOR)
        self.graph = graph

    def connect(self):
        """Wait until the tracker listens to images and depth."""
        for publisher in (self.camera.publisher, self.depth, self.info):
            self.graph.until(publisher.get_subscription_count, "the tracker listens")

    def exchange(self, spoil=lambda depth_mm: depth_mm, late_s=0.0, encoding="16UC1"):
        """Send the next frame and its depth image, of a later time, and wait until its hands went out."""
        frame = self.camera.frames[self.camera.sent % len(self.camera.frames)]
        heard = len(self.camera.stats)
        image = self.camera.send()
        stamp = Time(nanoseconds=stamp_ns(image) + int(late_s * 1e9)).to_msg()
        header = Header(stamp=stamp, frame_id=image.header.frame_id)
        self.send_depth(header, spoil(frame.depth_mm), encoding)
        self.graph.until(lambda: len(self.camera.stats) > heard, "the hands went out")

    def send_depth(self, header, depth, encoding="16UC1"):
        height, width = depth.shape
        self.info.publish(ROS_MESSAGES.camera_info(width, height, INTRINSICS, header))
        message = ROS_MESSAGES.depth_image(np.nan_to_num(depth).astype(np.uint16), header)
        if encoding == "32FC1":
            message.encoding, message.step = encoding, 4 * width
            message.data = array.array("B", depth.astype(np.float32).tobytes())
        self.depth.publish(message)


with SyntheticHandSource(SourceOptions()) as _source:
    INTRINSICS = _source.intrinsics


def values(status):
    """Return the values of a diagnostic status by their keys."""
    return {value.key: value.value for value in status.values}
