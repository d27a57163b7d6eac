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

"""The parameters of gesture_node, gesture_teleop_node and gesture_trigger_node."""

from __future__ import annotations

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.teleop import TeleopOptions
from hand_tracking_dsp.gestures.trigger import TriggerOptions
from hand_tracking_dsp.nodes.tables.common import ALLOW_LOCKED_CHANGES, AUTOSTART, SCHEDULING, qos
from hand_tracking_dsp.options import Parameter, parameters_of

GESTURE: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    *SCHEDULING,
    Parameter("gestures_file", "", "YAML file of your own gestures by example; empty: none.", locked=True),
    Parameter(
        "silence_s",
        0.5,
        "Silence of hands, by the machine's own clock, after which all gestures end.",
        "s",
        0.05,
        60,
        dynamic=True,
    ),
    Parameter(
        "depth.hands_3d",
        False,
        "Subscribe to hands_3d, too, and publish distances in metres and the pointing ray.",
    ),
    Parameter(
        "depth.wait_s",
        0.05,
        "Longest time that the gestures of an image wait for its hands in space, as long as any come.",
        "s",
        0,
        1,
    ),
    *parameters_of(GestureOptions),
    Parameter(
        "hri_gestures", False, "Publish hri_gesture (hri_msgs/Gesture of ROS4HRI), too; needs hri_msgs 2.2."
    ),
    *qos("hands", "hands"),
    *qos("hands_3d", "hands_3d"),
    *qos("gestures", "gestures"),
    *qos("events", "gesture_events and hri_gesture", depth=50),
)

TELEOP: tuple[Parameter, ...] = (
    AUTOSTART,
    *SCHEDULING,
    *parameters_of(TeleopOptions, only=("deadman", "watchdog_s", "release_s")),
    Parameter("rate_hz", 50.0, "Commands, and looks of the watchdog, a second.", "Hz", 10, 500),
    *parameters_of(TeleopOptions, without=("deadman", "watchdog_s", "release_s")),
    Parameter("stamped", False, "Publish TwistStamped instead of Twist."),
    Parameter("frame_id", "base_link", "Frame in the header of a TwistStamped."),
    *qos("gestures", "gestures", "best_effort", depth=1),
    *qos("command", "cmd_vel", depth=1),
)

TRIGGER: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    Parameter(
        "bindings",
        (
            "victory held 1.0 -> set pruning_controller_node operator_level 0",
            "thumb_down held 1.0 -> set pruning_controller_node operator_level -1",
        ),
        "What which event sets off: GESTURE started, held SECONDS, ended or moved -> "
        "set NODE PARAMETER VALUE, call SERVICE (Trigger), or call SERVICE true or false (SetBool).",
        locked=True,
    ),
    *parameters_of(TriggerOptions),
    Parameter("timeout_s", 3.0, "How long an answer is waited for.", "s", 0.1, 600, dynamic=True),
    *qos("events", "gesture_events", depth=50),
)
