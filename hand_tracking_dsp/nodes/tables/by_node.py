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

"""The parameters of every node, for the commands that print or pass them on."""

from __future__ import annotations

from hand_tracking_dsp.nodes.tables.camera import CAMERA
from hand_tracking_dsp.nodes.tables.controller import CONTROLLER
from hand_tracking_dsp.nodes.tables.gestures import GESTURE, TELEOP, TRIGGER
from hand_tracking_dsp.nodes.tables.power import POWER
from hand_tracking_dsp.nodes.tables.tracker import TRACKER
from hand_tracking_dsp.options import Parameter

TABLES: dict[str, tuple[Parameter, ...]] = {
    "camera_node": CAMERA,
    "hand_tracker_node": TRACKER,
    "pruning_controller_node": CONTROLLER,
    "power_node": POWER,
    "gesture_node": GESTURE,
    "gesture_teleop_node": TELEOP,
    "gesture_trigger_node": TRIGGER,
}
"""The parameters by node."""
