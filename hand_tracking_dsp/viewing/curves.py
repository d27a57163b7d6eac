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

"""Curves that are shown over time, by the entity that holds their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of a plot.

    Attributes:
        name: Name in the plot's legend.
        as_points: Whether single values are shown, not a line: few frames have one.
        as_steps: Whether a value holds until the next.
    """

    name: str
    as_points: bool = False
    as_steps: bool = False


PLOTS: Mapping[str, str] = {
    "latency": "Latency, ms",
    "budget": "Latency, share of the budget",
    "level": "Level (0 = dense)",
    "point": "Operating point (0 = everything)",
    "hands": "Hands",
    "drift": "Drift from the dense level, % of palm size",
    "battery": "Battery, %",
    "power": "Power, W",
    "goals": "Weights of the controller's goals",
    "forecast": "Forecast at the point commanded",
}
"""Titles of the plots with their units, by the first word of their curves' names."""

CURVES: Mapping[str, Curve] = {
    "latency/tracker": Curve("in the tracker"),
    "latency/end_to_end": Curve("end to end"),
    "latency/budget": Curve("budget"),
    "budget/p50": Curve("median"),
    "budget/p95": Curve("95th percentile"),
    "budget/missed": Curve("share of late frames"),
    "level/applied": Curve("applied", as_steps=True),
    "level/commanded": Curve("commanded", as_steps=True),
    "level/wanted": Curve("wanted by the policy", as_steps=True),
    "point/applied": Curve("in force", as_steps=True),
    "point/commanded": Curve("commanded", as_steps=True),
    "point/wanted": Curve("wanted by the policy", as_steps=True),
    "hands/measured": Curve("measured", as_steps=True),
    "hands/predicted": Curve("predicted", as_steps=True),
    "drift/measured": Curve("of this level, measured", as_points=True),
    "drift/estimated": Curve("of this level, as it says itself"),
    "drift/sparser": Curve("of the next level, at the dense one", as_points=True),
    "battery/charge": Curve("state of charge"),
    "power/power": Curve("power"),
    "goals/accuracy": Curve("accuracy"),
    "goals/time": Curve("time"),
    "goals/energy": Curve("energy"),
    "forecast/late": Curve("share of late frames"),
    "forecast/error": Curve("error"),
    "forecast/energy": Curve("power, relative"),
}
"""The curves; the first word of a name is that of its plot."""
