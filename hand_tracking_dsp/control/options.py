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

"""Options of controller and shield."""

from __future__ import annotations

from dataclasses import dataclass, field

from hand_tracking_dsp.control.goals import GoalOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import check_options, check_order, dynamic_option, option
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS

_LAST = MAX_LEVELS - 1


@dataclass(frozen=True, slots=True)
class ShieldOptions:
    """Limits at which the shield overrides the policy."""

    fallback_level: int = dynamic_option(
        -1, "Operating point while an input is unknown; -1: the sparsest.", "", -1, _LAST
    )
    deadline_miss_limit: float = dynamic_option(
        0.25, "Share of late frames that forces a sparser operating point.", "share", 0, 1
    )
    deadline_hold_s: float = dynamic_option(
        5.0, "How long denser points are barred then; each time soon after twice as long.", "s", 0, 3600
    )
    stale_latency_s: float = dynamic_option(2.0, "Silence of stats that counts as lost.", "s", 0.05, 3600)
    # Some bases publish their battery once in ten seconds.
    stale_battery_s: float = dynamic_option(
        30.0, "Silence of battery_state that counts as lost.", "s", 0.05, 86400
    )
    # Networks are loaded meanwhile.
    startup_grace_s: float = dynamic_option(10.0, "How long the first stats may take.", "s", 0, 3600)
    stale_drift_s: float = dynamic_option(
        5.0,
        "How long drift, once received, may be missing with hands in view before no policy may go sparser.",
        "s",
        0.1,
        86400,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class ConstraintOptions:
    """Limits of the constrained mode; the adaptive mode has the dwell times only.

    In the constrained mode the point stays within bounds, whoever wants it (but for a person), a policy
    moves it one step at a time, and it changes at most max_switches_per_min times in any 60 seconds. For
    that a step to denser is only taken where enough changes are left to go back to the sparsest point
    step by step, so that the limit never stands in the way of the shield: max_switches_per_min must be more
    than the steps from the densest to the sparsest point allowed.
    """

    densest_level: int = dynamic_option(0, "Densest operating point of the constrained mode.", "", 0, _LAST)
    sparsest_level: int = dynamic_option(
        -1, "Sparsest operating point of the constrained mode; -1: the bank's.", "", -1, _LAST
    )
    max_switches_per_min: int = dynamic_option(
        6, "Most changes of the operating point in any 60 seconds in the constrained mode.", "changes", 1, 600
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        if 0 <= self.sparsest_level < self.densest_level:
            message = (
                f"sparsest_level is {self.sparsest_level} and densest_level {self.densest_level}: "
                f"set sparsest_level to at least densest_level, or to -1."
            )
            raise ConfigurationError(message)


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """Options of the controller."""

    # See LatencySample.budgeted_ms for which latency.
    budget_ms: float = dynamic_option(
        33.0, "Latency budget of a frame, from image stamp to hands.", "ms", 0.1, 10000
    )
    initial_level: int = option(0, "Operating point before anything is received.", "", 0, _LAST)
    min_dwell_s: float = dynamic_option(
        3.0, "Least time from a change of the operating point to one to denser.", "s", 0, 3600
    )
    min_dwell_sparser_s: float = dynamic_option(
        0.5, "Least time from a change of the operating point to one to sparser.", "s", 0, 3600
    )
    # While nodes find each other and load, frames are slow for reasons that no point cures.
    settle_s: float = dynamic_option(
        1.0, "How long latencies do not count after the first one, or after a silence.", "s", 0, 600
    )
    window_s: float = dynamic_option(2.0, "Age up to which a latency sample counts.", "s", 0.05, 600)
    # Of 20 samples the 95th percentile is about the second largest: one stray frame changes nothing.
    min_samples: int = dynamic_option(20, "Samples needed to judge an operating point.", "frames", 1, 10000)
    max_samples: int = option(240, "Samples kept at most.", "frames", 1, 10000, parameter=False)
    power_window_s: float = option(
        30.0, "Age up to which a power reading counts for the trend.", "s", 0.1, 3600, parameter=False
    )
    drift_window_s: float = dynamic_option(
        4.0, "Age up to which a measurement of drift counts.", "s", 0.1, 3600
    )
    mode: str = dynamic_option(
        "adaptive",
        "adaptive: only dwell times bound the operating point; constrained: the constraint's bounds and pace "
        "as well.",
        choices=("adaptive", "constrained"),
    )
    constraint: ConstraintOptions = field(default_factory=ConstraintOptions)
    shield: ShieldOptions = field(default_factory=ShieldOptions)
    goals: GoalOptions = field(default_factory=GoalOptions)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "min_dwell_sparser_s", "min_dwell_s", equal=True)
        check_order(self, "min_samples", "max_samples", equal=True)
