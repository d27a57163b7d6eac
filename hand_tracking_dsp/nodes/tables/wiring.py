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

"""Expectations of the nodes about their topics: who is at the other end, and what cures another type.

Knows no ROS; nodes/base/wiring.py compares it with the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Cure = Callable[[str, str], str]
"""Function of the topic found and the node's own topic that says what to set."""


SILENT = "silent_s "
"""Beginning of the names of values in /diagnostics that say for how long nothing has come on a topic."""

_IMAGE = "sensor_msgs/msg/Image"
_COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
_SUFFIX = "/compressed"
_DEPTH_SUFFIX = "/compressedDepth"


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expectation about a topic that a node subscribes or publishes to.

    Attributes:
        noun: Name of one message, for sentences; "": none.
        peer: Usual node at the other end, for advice; "": none is needed.
        silence_s: Silence that is worth a warning, seconds; inf: messages may be rare.
        single: Whether two publishers on the topic contradict each other.
        lost: Name of the value in /diagnostics that counts messages lost on the way; "": not shown.
        cures: Functions by another type that the topic may have.
        named: Regular expression found in the names of topics that are suggested.
    """

    noun: str = ""
    peer: str = ""
    silence_s: float = math.inf
    single: bool = False
    lost: str = ""
    cures: Mapping[str, Cure] = field(default_factory=dict)
    named: str = ""


def _take_compressed(found: str, own: str) -> str:
    base = found[: -len(_SUFFIX)] if found.endswith(_SUFFIX) else ""
    remap = f"image_raw to {base}" if base else f"image_raw/compressed to {found}"
    return "set image_transport to compressed" + ("" if base == own else f" and remap {remap}")


def _take_raw(found: str, own: str) -> str:
    remapped = "" if found + _SUFFIX == own else f" and remap image_raw to {found}"
    return f"set image_transport to raw{remapped}"


def _take_compressed_depth(found: str, own: str) -> str:
    transport = "compressed" if found.endswith(_SUFFIX) else "compressedDepth"
    base = found.removesuffix(f"/{transport}")
    remap = "" if base == own else f" and remap depth/image_raw to {base}"
    return f"set depth.transport to {transport}{remap}"


def _take_raw_depth(found: str, own: str) -> str:
    remap = (
        "" if own in (found + _SUFFIX, found + _DEPTH_SUFFIX) else f" and remap depth/image_raw to {found}"
    )
    return f"set depth.transport to raw{remap}"


def _set(sentence: str) -> Cure:
    return lambda _found, _own: sentence


_TAKEN_IMAGE = Expectation(
    "image",
    "camera_node or the driver of a camera",
    silence_s=2.0,
    single=True,
    lost="frames_lost",
    cures={_COMPRESSED_IMAGE: _take_compressed, _IMAGE: _take_raw},
)
_TAKEN_DEPTH = Expectation(
    "depth image",
    "the driver of a depth camera, or camera_node with depth",
    silence_s=2.0,
    single=True,
    lost="depth_lost",
    cures={_COMPRESSED_IMAGE: _take_compressed_depth, _IMAGE: _take_raw_depth},
    named="depth|stereo",
)
_SINGLE = Expectation(single=True)
# As ShieldOptions.stale_battery_s: some bases publish their battery once in ten seconds.
_BATTERY = Expectation("battery state", silence_s=30.0)
_STATS = Expectation(peer="hand_tracker_node", silence_s=2.0, single=True, lost="stats_lost")

EXPECTATIONS: Mapping[str, Mapping[str, Expectation]] = {
    "camera_node": dict.fromkeys(
        ("image_raw", "image_raw/compressed", "camera_info", "depth/image_raw", "depth/camera_info"), _SINGLE
    ),
    "hand_tracker_node": {
        "image_raw": _TAKEN_IMAGE,
        "image_raw/compressed": _TAKEN_IMAGE,
        "camera_info": _SINGLE,
        "depth/image_raw": _TAKEN_DEPTH,
        "depth/image_raw/compressedDepth": _TAKEN_DEPTH,
        "depth/image_raw/compressed": _TAKEN_DEPTH,
        "depth/camera_info": _SINGLE,
        "sparsity_command": Expectation("command", single=True),
        "battery_state": Expectation("battery state"),
        "hands": _SINGLE,
        "hands_3d": _SINGLE,
        "stats": _SINGLE,
    },
    "pruning_controller_node": {
        "stats": _STATS,
        "battery_state": _BATTERY,
        "power_w": Expectation("power", silence_s=30.0),
        "sparsity_command": _SINGLE,
    },
    "power_node": {"stats": _STATS},
    "gesture_node": {
        "hands": Expectation(peer="hand_tracker_node", silence_s=2.0, single=True, lost="hands_lost"),
        "hands_3d": Expectation(
            "message of hands in space",
            peer="hand_tracker_node with depth.mode set",
            silence_s=2.0,
            single=True,
            lost="hands_3d_lost",
        ),
        "gestures": _SINGLE,
        "gesture_events": _SINGLE,
    },
    "gesture_teleop_node": {
        "gestures": Expectation(peer="gesture_node", silence_s=2.0, single=True, lost="gestures_lost"),
        "cmd_vel": Expectation(
            peer="the driver of the mobile base",
            cures={
                "geometry_msgs/msg/TwistStamped": _set("set stamped to true"),
                "geometry_msgs/msg/Twist": _set("set stamped to false"),
            },
        ),
    },
    "gesture_trigger_node": {
        "gesture_events": Expectation(peer="gesture_node", single=True, lost="events_lost"),
    },
}
"""Expectations by node and by the topic's name in its code."""
