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

"""Policies: from an observation to the operating point wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.options import check_options, check_order, option
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS


class Policy(Protocol):
    """Anything that wants a point.

    Shield and dwell time stand between its answer and the command, so a policy need not guard itself.
    """

    @property
    def name(self) -> str:
        """Return the name for people and for msg/ControllerState.msg."""

    def decide(self, observation: Observation) -> int:
        """Return the point wanted, 0 to observation.points - 1."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A network that is to run in the place of an operating point's level.

    Attributes:
        point: The operating point.
        denser: The point of the next denser level.
        keep: Share of hidden channels that stays in each block, %.
        scene: Kind of scene that it was composed for, a place in SCENES.
        deviation_percent: Estimate of its deviation from the dense network there, % of palm size.
        time: Time of a run, relative to the dense network's.
    """

    point: int
    denser: int
    keep: tuple[int, ...]
    scene: int
    deviation_percent: float
    time: float


@runtime_checkable
class Composing(Protocol):
    """A policy that has networks composed."""

    @property
    def composition(self) -> Composition | None:
        """Return what is to run since the last decision; None: the point's own level."""


@dataclass(frozen=True, slots=True)
class FixedPolicy:
    """Always the same point."""

    name: ClassVar[str] = "fixed"
    level: int = option(0, "Operating point of the fixed policy; -1: the sparsest.", "", -1, MAX_LEVELS - 1)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where no bank has such a point."""
        check_options(self)

    def decide(self, observation: Observation) -> int:
        """Return the point."""
        return self.level if self.level >= 0 else observation.points - 1


@dataclass(frozen=True, slots=True)
class ThresholdOptions:
    """Thresholds of latency, in shares of the budget, and of the battery's charge."""

    # Leaves a tenth of the budget for the one frame in twenty beyond the percentile.
    upper: float = option(0.9, "Sparser where the 95th percentile is above.", "budgets", 0.05, 10)
    # The gap up to upper is wider than the noise of a percentile over a few dozen frames.
    lower: float = option(0.7, "Denser where it is expected to be below.", "budgets", 0, 10)
    # Matters where upper is set to 1 or more.
    miss_limit: float = option(0.05, "Sparser where more frames are late.", "share", 0, 1)
    # A pause between two bursts of load should not be mistaken for their end.
    hold_s: float = option(3.0, "How long denser must look possible.", "s", 0, 3600)
    # A try that fails costs about a second of late frames: every 300 s that is a third of a percent of them.
    retry_s: float = option(300.0, "How long an operating point's slowness is believed.", "s", 0, 1e6)
    battery_saving_charge: float = option(
        0.5, "Charge below which the operating point is at least the saving one.", "share of full", 0, 1
    )
    battery_saving_level: int = option(2, "The saving operating point.", "", 0, MAX_LEVELS - 1)
    battery_low_charge: float = option(
        0.25, "Charge below which the operating point is at least the low one.", "share of full", 0, 1
    )
    battery_low_level: int = option(4, "The low operating point.", "", 0, MAX_LEVELS - 1)
    # More than a gauge that goes by voltage rises when the load ends.
    battery_hysteresis: float = option(
        0.05, "Rise above a charge that ends its bound.", "share of full", 0, 0.5
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "lower", "upper")


class ThresholdPolicy:
    """One step sparser or denser by thresholds with hysteresis, bounded by the battery's charge.

    Thresholds alone swing for ever between a point that is too slow and one with time to spare. So the
    policy measures, at every step to sparser, how many times slower the denser point was (medians, which
    short bursts do not move), and goes back only where the present latency times that factor fits. Under
    a constant load it settles, but for one try every retry_s.
    """

    name: ClassVar[str] = "threshold"

    def __init__(self, options: ThresholdOptions | None = None) -> None:
        self._options = options or ThresholdOptions()
        self._roomy_since_s: float | None = None
        self._saving = self._low = False
        self._last_point: int | None = None
        self._last_p50 = math.nan
        self._slowdowns: dict[int, tuple[float, float]] = {}

    def decide(self, observation: Observation) -> int:
        """Return the point wanted; the point in use while latency is not measured."""
        self._measure_slowdown(observation)
        point = observation.point
        late = (
            observation["latency_p95_budgets"] > self._options.upper
            or observation["deadline_miss_share"] > self._options.miss_limit
        )
        if late:
            point += 1
        if late or not self._denser_fits(observation):
            self._roomy_since_s = None
        elif self._roomy_since_s is None:
            self._roomy_since_s = observation.stamp_s
        elif observation.stamp_s - self._roomy_since_s >= self._options.hold_s:
            point -= 1
        floor = max(self._battery_floor(observation["battery_charge"]), observation.densest)
        return min(max(point, floor), observation.points - 1)

    def _denser_fits(self, observation: Observation) -> bool:
        point = observation.point
        slowdown, measured_s = self._slowdowns.get(point - 1, (1.0, observation.stamp_s))
        if observation.stamp_s - measured_s > self._options.retry_s:
            slowdown = 1.0
        return (
            point > observation.densest
            and observation["latency_p95_budgets"] * slowdown <= self._options.lower
        )

    def _measure_slowdown(self, observation: Observation) -> None:
        point, p50 = observation.point, observation["latency_p50_budgets"]
        if not p50 > 0.0:
            return
        if self._last_point == point - 1:
            self._slowdowns[point - 1] = (max(self._last_p50 / p50, 1.0), observation.stamp_s)
        self._last_point, self._last_p50 = point, p50

    def _battery_floor(self, charge: float) -> int:
        options, rise = self._options, self._options.battery_hysteresis
        self._saving = charge < options.battery_saving_charge + rise * self._saving
        self._low = charge < options.battery_low_charge + rise * self._low
        saving_level = options.battery_saving_level if self._saving else 0
        return max(saving_level, options.battery_low_level if self._low else 0)
