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

"""Observation of a policy: named numbers with units and ranges, the same in training and in the node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.frame_history import DECAYS_S, QUANTILES_S
from hand_tracking_dsp.control.goals import EVEN, GoalWeights
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS


@dataclass(frozen=True, slots=True)
class ObservationField:
    """One number of the observation; values are clipped to low..high, NaN = not measured."""

    name: str
    unit: str
    low: float
    high: float
    description: str


OBSERVATION: tuple[ObservationField, ...] = (
    ObservationField("operating_point", "1", 0, MAX_LEVELS, "In use; 0 = densest, higher = cheaper."),
    ObservationField("sparsity", "1", 0, 1, "Share of the dense network's parameters removed at its level."),
    ObservationField("latency_p50_budgets", "budget", 0, 10, "Median latency over the window at this point."),
    ObservationField("latency_p95_budgets", "budget", 0, 10, "95th percentile of latency over that window."),
    ObservationField("deadline_miss_share", "1", 0, 1, "Share of that window's frames over the budget."),
    ObservationField("battery_charge", "1", 0, 1, "State of charge; NaN: mains power, or not reported."),
    ObservationField("power_w", "W", 0, 1000, "Electric power drawn."),
    ObservationField("power_trend_w_per_s", "W/s", -100, 100, "Slope of the power drawn over its window."),
    ObservationField("presence", "1", 0, 1, "Mean over the window of the frame's lowest presence."),
    ObservationField("drift_percent", "percent", 0, 100, "Mean distance from the dense level (of palm)."),
    ObservationField("drift_sparser_percent", "percent", 0, 100, "At level 0: level 1's, likewise."),
    ObservationField("smoothing_residual_percent", "percent", 0, 100, "How far smoothing moves joints."),
    ObservationField("input_mean", "1", 0, 1, "Mean of the landmark network's input over the window."),
    ObservationField("input_std", "1", 0, 1, "Mean standard deviation of that input over the window."),
    ObservationField("hands", "1", 0, 255, "Hands in view in the latest frame."),
    ObservationField("accelerator_utilization", "1", 0, 1, "Busy share of the GPU or other accelerator."),
    ObservationField("time_since_switch_s", "s", 0, 3600, "Time since the last switch, or the start."),
    ObservationField("landmarks_budgets", "budget", 0, 10, "Mean time of the landmark network, over 5 s."),
    ObservationField("detection_budgets", "budget", 0, 10, "Mean time of the palm detector, over 5 s."),
    ObservationField("held_share", "1", 0, 1, "Share of hands held at rest instead of measured, over 5 s."),
    ObservationField("hand_share", "1", 0, 1, "Share of frames with a hand in view, over 5 s."),
    ObservationField("hands_lost_per_s", "1/s", 0, 30, "Hands that went out of view or were lost, over 5 s."),
    ObservationField(
        "battery_lasts", "1", 0, 10, "How long it lasts at this rate, relative to how long it is to last."
    ),
)
"""The observation's entries in their order."""

OBSERVATION_NAMES: tuple[str, ...] = tuple(field.name for field in OBSERVATION)


def _by_age(name: str, unit: str, high: float, description: str) -> tuple[ObservationField, ...]:
    """Declare a figure of the recent frames for each of DECAYS_S."""
    return tuple(
        ObservationField(f"{name}_{decay_s:g}s", unit, 0, high, f"{description} {decay_s:g} s.")
        for decay_s in DECAYS_S
    )


POINT_OBSERVATION: tuple[ObservationField, ...] = (
    *_by_age("late", "1", 1, "Share of recent frames that would be late at the point, over some"),
    *_by_age("tight", "1", 1, "Share of them over 0.7 of the budget, over some"),
    *_by_age("latency", "budget", 2, "Mean latency of them, each 2 budgets at most, over some"),
    ObservationField("latency_p90", "budget", 0, 2, f"90th percentile of it over {QUANTILES_S:g} s."),
    ObservationField("latency_p99", "budget", 0, 2, f"99th percentile of it over {QUANTILES_S:g} s."),
    ObservationField("level_time", "1", 0, 10, "Time of its network, relative to the dense level's."),
    ObservationField("cost", "1", 0, 10, "Processor time of a frame, relative to point 0's."),
    ObservationField("drift_percent", "percent", 0, 100, "Expected distance from the dense level (of palm)."),
    ObservationField("near", "1", 0, 1, "Share of hands within 10 % of palm on the bank's clips."),
    ObservationField("found", "1", 0, 1, "Share of hands found on the bank's clips."),
    ObservationField("measured", "1", 0, 1, "Share of hands that its network sees there."),
)
"""The observation's entries for each operating point, in their order."""

POINT_NAMES: tuple[str, ...] = tuple(field.name for field in POINT_OBSERVATION)

_POINT_INDEX = {name: index for index, name in enumerate(POINT_NAMES)}
_POINT_LOW = np.array([field.low for field in POINT_OBSERVATION])
_POINT_HIGH = np.array([field.high for field in POINT_OBSERVATION])

_INDEX = {name: index for index, name in enumerate(OBSERVATION_NAMES)}
_LOW = np.array([field.low for field in OBSERVATION])
_HIGH = np.array([field.high for field in OBSERVATION])


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Observation at one decision.

    Attributes:
        stamp_s: Time of the decision, seconds, monotonic.
        points: Number of operating points; a policy may answer 0 to points - 1.
        vector: float32 [len(OBSERVATION)], read-only, in the order of OBSERVATION, each within its range
            or NaN = not measured.
        by_point: float32 [points, len(POINT_OBSERVATION)], read-only, likewise; without recent frames the
            figures of frames are NaN.
        densest: Number of the densest operating point that a policy should choose.
        weights: What the goals make of accuracy, time and energy at present.
        error_limit_percent: Distance from the dense level, % of palm size, that does no harm.
        late_free: Share of late frames that does no harm, 0 to 1.
        sharpness: Mean sharpness of the landmark network's input over the window; see tracking.types.
        keep: Where a composed network runs, the share of hidden channels that stays in each block, %.
        keep_drift_percent: Mean distance of that network from the dense level, % of palm size.
    """

    stamp_s: float
    points: int
    vector: NDArray[np.float32]
    by_point: NDArray[np.float32]
    densest: int = 0
    weights: GoalWeights = EVEN
    error_limit_percent: float = 0.0
    late_free: float = 0.0
    sharpness: float = math.nan
    keep: tuple[int, ...] = ()
    keep_drift_percent: float = math.nan

    @classmethod
    def build(
        cls,
        stamp_s: float,
        points: int,
        values: Mapping[str, float],
        by_point: Mapping[str, NDArray[np.float64]] | None = None,
        densest: int = 0,
    ) -> Observation:
        """Return the observation of named values; one that is missing or not finite becomes NaN.

        Those by point are float64 [points].

        Raises:
            KeyError: a name is not in OBSERVATION.
        """
        full = np.full(len(OBSERVATION), math.nan)
        for name, value in values.items():
            full[_INDEX[name]] = value if math.isfinite(value) else math.nan
        vector = np.clip(full, _LOW, _HIGH).astype(np.float32)
        vector.flags.writeable = False
        matrix = np.full((points, len(POINT_OBSERVATION)), math.nan)
        for name, column in (by_point or {}).items():
            matrix[:, _POINT_INDEX[name]] = column
        matrix[~np.isfinite(matrix)] = math.nan
        of_points = np.clip(matrix, _POINT_LOW, _POINT_HIGH).astype(np.float32)
        of_points.flags.writeable = False
        return cls(stamp_s, points, vector, of_points, densest)

    def of_points(self, name: str) -> NDArray[np.float32]:
        """Return an entry of POINT_OBSERVATION by its name: float32 [points]; NaN = not measured.

        Raises:
            KeyError: the name is not in POINT_OBSERVATION.
        """
        column: NDArray[np.float32] = self.by_point[:, _POINT_INDEX[name]]
        return column

    def __getitem__(self, name: str) -> float:
        """Return an entry by its name; NaN = not measured.

        Raises:
            KeyError: the name is not in OBSERVATION.
        """
        return float(self.vector[_INDEX[name]])

    @property
    def point(self) -> int:
        """Return the point in use."""
        return int(self["operating_point"])
