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

"""Parameters that several nodes have alike."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.options import Parameter, parameters_of
from hand_tracking_dsp.resources import DEFAULT_BANK
from hand_tracking_dsp.scheduling.options import SchedulingOptions

# Parameters that rclpy itself declares.
_OF_RCLPY = ("use_sim_time", "start_type_description_service", "qos_overrides.")


def qos(
    topic: str, label: str, reliability: str = "reliable", durability: str = "volatile", depth: int = 10
) -> tuple[Parameter, ...]:
    """Declare the quality of service of a topic, or of several."""
    return (
        Parameter(
            f"qos.{topic}.reliability",
            reliability,
            f"Reliability of {label}.",
            choices=("reliable", "best_effort"),
        ),
        Parameter(
            f"qos.{topic}.durability",
            durability,
            f"Durability of {label}; transient_local: whoever comes late gets the last message.",
            choices=("volatile", "transient_local"),
        ),
        Parameter(
            f"qos.{topic}.depth", depth, f"Messages kept for {label}.", unit="messages", low=1, high=1000
        ),
    )


AUTOSTART = Parameter(
    "autostart", True, "Configure and activate the node by itself; false: a lifecycle manager does."
)
BANK = Parameter(
    "bank",
    "",
    f"Folder of the level bank, or depth or hourglass for one of the package's; empty: {DEFAULT_BANK}.",
    locked=True,
)
ALLOW_LOCKED_CHANGES = Parameter(
    "allow_locked_changes",
    False,
    "Let locked parameters, which say what the node opens or calls, be set after its first configure, too.",
    fixed=True,
)
# Of the nodes between the camera and what the hands move.
SCHEDULING = parameters_of(SchedulingOptions)


def is_of_rclpy(name: str) -> bool:
    """Say whether a parameter is one that every node has from rclpy itself."""
    return name.startswith(_OF_RCLPY)


def unknown_parameter(node: str, name: str, table: Iterable[Parameter]) -> str:
    """Say in a sentence that a node has no parameter of a name, with the names near it."""
    near = get_close_matches(name, [parameter.name for parameter in table])
    hint = f"do you mean {' or '.join(near)}?" if near else "see 'hand-tracking-dsp parameters'."
    return f"{node} has no parameter {excerpt(name)}: {hint}"
