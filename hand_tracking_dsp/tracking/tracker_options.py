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

"""Settings of the tracker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hand_tracking_dsp.options import check_options, make_options, option
from hand_tracking_dsp.tracking.gate import GateOptions
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.palm import SCORE_THRESHOLD
from hand_tracking_dsp.tracking.search import IdleOptions, SearchOptions

PRESENCE_THRESHOLD = 0.5
"""Lowest presence of a hand at levels that do not say another."""


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """Settings of the tracker."""

    max_hands: int = option(2, "Most hands to follow.", "hands", 1, 16)
    score_threshold: float = option(
        SCORE_THRESHOLD, "Threshold of the palm detector: lowest score of a palm.", "", 0.01, 0.99
    )
    presence_threshold: float = option(
        -1.0,
        f"Lowest presence of a hand; -1: as the level says, {PRESENCE_THRESHOLD:g} where it does not.",
        "",
        -1,
        0.99,
    )
    search_interval_s: float = option(
        -1.0,
        "Time between two searches for further hands while one is in view; 0: every frame; -1: as the "
        "operating point says.",
        "s",
        -1,
        60,
    )
    smoothing: bool = option(True, "Smooth the landmarks with a One-Euro filter.")
    min_cutoff_hz: float = option(1.0, "Its cutoff at rest; lower is calmer.", "Hz", 0.01, 100)
    beta: float = option(8.0, "Its rise with speed; higher lags less.", "Hz per palm size per s", 0, 1000)
    mirrored: bool = option(False, "The images are mirrored (a selfie view): left and right change.")
    gate: GateOptions = field(default_factory=GateOptions)
    idle: IdleOptions = field(default_factory=IdleOptions)
    search: SearchOptions = field(default_factory=SearchOptions)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> TrackerOptions:
        """Make the settings of values by the parameters' names, for example gate.max_hold_ms.

        Names of others are passed over; what is missing keeps its default.

        Raises:
            ConfigurationError: A value lies outside its range.
        """
        groups = {name: make_options(kind, values, prefix) for name, (prefix, kind) in GROUPS.items()}
        return make_options(cls, values, **groups)

    def presence_thresholds(self, levels: Sequence[LevelInfo]) -> tuple[float, ...]:
        """Return the lowest presence of a new hand at each level."""
        if self.presence_threshold >= 0:
            return (self.presence_threshold,) * len(levels)
        given = [level.presence_threshold for level in levels]
        return tuple(PRESENCE_THRESHOLD if one is None else one for one in given)

    def values(self) -> dict[str, Any]:
        """Return the values by the parameters' names."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in GROUPS}
        for name, (prefix, _) in GROUPS.items():
            own |= {prefix + field: value for field, value in asdict(getattr(self, name)).items()}
        return own


GROUPS: Mapping[str, tuple[str, type[Any]]] = {
    "gate": ("gate.", GateOptions),
    "idle": ("idle.", IdleOptions),
    "search": ("detector.", SearchOptions),
}
"""Prefix of the parameters and type of each group of TrackerOptions."""

ALL_MEASURED: Mapping[str, Any] = {
    "gate.enabled": False,
    "idle.rate_hz": 0.0,
    "detector.schedule": "frame",
    "search_interval_s": 0.5,
}
"""Parameters by which nothing is left out in time, as before there was a gate: a network sees every hand on
every frame, palms are searched for at the same pace with and without a hand in view, and looked at on the
frame that shows them; further hands are searched for twice a second, as before."""
