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

"""Goals that a user states, and the weights of the reward that follow from them while the robot runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import check_options, dynamic_option

_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) *(s|min|h)")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_LONGEST_S = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class BatteryGoal:
    """Time that the battery is to last, and the charge that is to be left."""

    until: str = dynamic_option(
        "",
        "How long the battery is to last, without its reserve: a duration from now on, as 30s, 90min or 4h, "
        "or a time of day, as 18:30; empty: no matter.",
    )
    reserve: float = dynamic_option(
        0.15, "Charge that forces the sparsest operating point.", "share of full", 0, 1
    )
    reserve_hysteresis: float = dynamic_option(0.05, "Rise above it that ends that.", "share of full", 0, 0.5)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        seconds_until(self.until, datetime.now().astimezone())


@dataclass(frozen=True, slots=True)
class GoalOptions:
    """Goals of the controller besides the latency budget."""

    late_target: float = dynamic_option(
        0.01, "Share of frames over the budget that is accepted.", "share", 0.0001, 0.5
    )
    error_limit_percent: float = dynamic_option(
        0.0,
        "Distance from the dense level, of palm, below which none is better than another; 0: as good as time "
        "allows.",
        "%",
        0,
        100,
    )
    battery: BatteryGoal = field(default_factory=BatteryGoal)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class GoalWeights:
    """Weights of R = alpha Accuracy + beta (1 - InferenceTime) - gamma Energy, all at least 0.

    Attributes:
        alpha: Weight of accuracy; alpha + beta = 1.
        beta: Weight of time.
        gamma: Weight of energy, which is 1 for the densest point.
    """

    alpha: float
    beta: float
    gamma: float = 0.0

    @classmethod
    def without_energy(cls, alpha: float) -> GoalWeights:
        """Return weights of accuracy and time, where energy costs nothing."""
        return cls(alpha, 1.0 - alpha)


EVEN = GoalWeights.without_energy(0.5)
"""Accuracy and time alike, energy for nothing."""


def seconds_until(text: str, now: datetime) -> float:
    """Return the seconds of a duration, or those to the next such time of day; 0 of an empty text.

    Raises:
        ConfigurationError: It is neither.
    """
    text = text.strip()
    if not text:
        return 0.0
    if found := _DURATION.fullmatch(text):
        seconds = float(found[1]) * _UNITS_S[found[2]]
        if seconds > _LONGEST_S:
            message = f"battery.until is {excerpt(text)}: set a duration of a year at most, as 90min or 4h."
            raise ConfigurationError(message)
        return seconds
    found = _TIME.fullmatch(text)
    if found is None or not (int(found[1]) < 24 and int(found[2]) < 60):
        message = (
            f"battery.until is {excerpt(text)}: set a duration, as 30s, 90min or 4h, or a time of day, as "
            f"18:30."
        )
        raise ConfigurationError(message)
    then = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if then <= now:
        then += timedelta(days=1)
    return (then - now).total_seconds()
