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

"""Topics that are shown: what each is called, and what type it has."""

from __future__ import annotations

from collections.abc import Mapping

from hand_tracking_dsp.messages.hands import HANDS_TYPE
from hand_tracking_dsp.messages.hands_3d import HANDS_3D_TYPE
from hand_tracking_dsp.messages.samples import BATTERY_TYPE, POWER_TOPIC, POWER_TYPE, STATS_TYPE

FIGURES: Mapping[str, str] = {
    "stats": STATS_TYPE,
    "controller_state": "hand_tracking_dsp/msg/ControllerState",
    "battery_state": BATTERY_TYPE,
    POWER_TOPIC: POWER_TYPE,
    "gestures": "hand_tracking_dsp/msg/GestureArray",
    "gesture_events": "hand_tracking_dsp/msg/GestureEvent",
}
"""Types of the topics that figures come from; they are small."""

IMAGE, INFO = "image_raw", "camera_info"
DEPTH, DEPTH_INFO = "depth/image_raw", "depth/camera_info"
HANDS, HANDS_3D = "hands", "hands_3d"

SCENE: Mapping[str, str] = {
    IMAGE: "sensor_msgs/msg/Image",
    INFO: "sensor_msgs/msg/CameraInfo",
    DEPTH: "sensor_msgs/msg/Image",
    DEPTH_INFO: "sensor_msgs/msg/CameraInfo",
    HANDS: HANDS_TYPE,
    HANDS_3D: HANDS_3D_TYPE,
}
"""Types of the topics that pictures, hands and depth come from."""
