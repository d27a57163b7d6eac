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

"""Settings of the tracker that bench workload compares: parameters of hand_tracker_node in one word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hand_tracking_dsp.evaluation.replay.points import require_level, require_point
from hand_tracking_dsp.nodes.graph.parameter_files import parse_value
from hand_tracking_dsp.nodes.point_command import PointCommand
from hand_tracking_dsp.options import make_options
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import read_manifest

NODE = "hand_tracker_node"
"""Node whose parameters they are."""

DEFAULT = "default"
"""Setting without a parameter."""


def read_setting(text: str) -> dict[str, Any]:
    """Read a setting, for example "operating_point=3,gate.enabled=false"; return its parameters.

    Raises:
        ConfigurationError: It has another form, or the node has no such parameter or value.
    """
    if text == DEFAULT:
        return {}
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): parse_value(NODE, name.strip(), value) for name, _, value in pairs}


def require_setting(setting: Mapping[str, Any]) -> None:
    """Check that the bank of a setting has the level and the operating point that it names.

    Raises:
        ConfigurationError: It has not.
        ModelError: The bank cannot be read.
    """
    bank = read_manifest(setting.get("bank") or default_bank())
    require_level(bank, setting.get("level", 0))
    if (number := setting.get("operating_point", -1)) >= 0:
        require_point(bank, number)


def threads_of(setting: Mapping[str, Any]) -> str:
    """Return the number of inference threads of a setting, for people."""
    threads = make_options(RuntimeOptions, setting).threads
    return {0: "as many inference threads as the backend chooses", 1: "1 inference thread"}.get(
        threads, f"{threads} inference threads"
    )


def point_of(setting: Mapping[str, Any]) -> PointCommand:
    """Return the operating point at which the node would start.

    Raises:
        ModelError: The bank cannot be read.
    """
    bank = read_manifest(setting.get("bank") or default_bank())
    return PointCommand.at_start(bank, setting.get("level", 0), setting.get("operating_point", -1))
