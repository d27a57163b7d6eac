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

"""Names of the nodes, and what their processes and whoever starts them agree on."""

from __future__ import annotations

from collections.abc import Mapping

NODES = ("camera_node", "hand_tracker_node", "pruning_controller_node", "power_node")
"""Executables, modules and names of the four nodes that always start, in starting order."""

ALL_NODES = (*NODES, "gesture_node", "gesture_teleop_node", "gesture_trigger_node")
"""The same of all nodes; those of gestures start where they are asked for."""

FOR_DRIVING: Mapping[str, Mapping[str, float]] = {"hand_tracker_node": {"gate.max_hold_ms": 100.0}}
"""Parameters that gesture_teleop_node needs of others: a hand that is held for longer than its watchdog
allows would stop the base."""

SHORT_NAMES: Mapping[str, str] = {
    "camera": "camera_node",
    "tracker": "hand_tracker_node",
    "controller": "pruning_controller_node",
    "power": "power_node",
    "gesture": "gesture_node",
    "teleop": "gesture_teleop_node",
    "trigger": "gesture_trigger_node",
}
"""Names of the nodes on the command line and in the launch file."""

SUPERVISED_VARIABLE = "HAND_TRACKING_DSP_SUPERVISED"
"""Set to 1 for children: they stop when their standard input ends, so none outlives its parent."""

RESTART = "RESTART"
"""First word of a line of the program flow_watch; the second names the process, as division.divide does."""
