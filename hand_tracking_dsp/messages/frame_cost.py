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

"""Costs of a frame: the one record that the tracker, observers of a graph, traces and replay share."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from hand_tracking_dsp.tracking.operating_point import NO_POINT
from hand_tracking_dsp.tracking.types import Drift, FrameResult, FrameStats

_STATS = tuple(field.name for field in fields(FrameStats))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCost(FrameStats):
    """Costs of one frame and what it showed, as in msg/TrackerStats.msg; NaN = not measured or not known.

    Attributes:
        stamp_ns: Stamp of the image, nanoseconds; in a trace since its first frame.
        hands: Hands in view.
        end_to_end_ms: From the image's stamp to the publishing of the measured hands, milliseconds; also
            where predicted ones were published before, and they were not.
        conversion_ms: From the message to pixels, milliseconds.
        drift: Distance of the landmarks from the dense level's, % of palm size.
        drift_sparser: At the dense level, that of the next sparser one, % of palm size.
        drift_ms: Time that measuring the drift took, milliseconds.
        drift_estimated: Whether drift is what the level says of itself, not measured.
        accelerator_utilization: Busy share of the accelerator, 0 to 1.
        frame: Number of the frame since activation, from 1; 0: not known.
        frames_dropped: Images replaced by a newer one before they were handled, since activation.
        frames_rejected: Images that could not be read, since activation.
        charge: State of charge last received before the frame's message, 0 to 1.
        power_w: Electric power last received, watts.
        at_deadline: Whether the hands were predicted and published at the deadline, before it was done.
        published_ms: Then, from the image's stamp or arrival to that, milliseconds.
        prediction_error: Then, mean distance of these hands from the measured ones, % of palm size.
        requested_point: Operating point last commanded; NO_POINT: a level alone.
        operating_point: Operating point in force; NO_POINT: not known, or none of the bank's list.
        depth_ms: Time that depth took in the thread that tracks, milliseconds; 0: none, or another thread's.
    """

    stamp_ns: int
    hands: int
    end_to_end_ms: float = math.nan
    conversion_ms: float = math.nan
    drift: float = math.nan
    drift_sparser: float = math.nan
    drift_ms: float = math.nan
    drift_estimated: bool = False
    accelerator_utilization: float = math.nan
    frame: int = 0
    frames_dropped: int = 0
    frames_rejected: int = 0
    charge: float = math.nan
    power_w: float = math.nan
    at_deadline: bool = False
    published_ms: float = math.nan
    prediction_error: float = math.nan
    requested_point: int = NO_POINT
    operating_point: int = NO_POINT
    depth_ms: float = 0.0

    @classmethod
    def of(cls, result: FrameResult, drift: Drift, **others: Any) -> FrameCost:  # noqa: ANN401
        """Build the costs of a frame that was tracked here.

        The others are fields that the tracker does not know: stamp_ns, total_ms and further ones.
        """
        spared_ms = result.stats.commanded_ms - result.stats.total_ms
        measured = {
            "hands": len(result.hands),
            "drift": drift.drift,
            "drift_sparser": drift.drift_sparser,
            "drift_ms": drift.ms,
            "drift_estimated": drift.estimated,
            "commanded_ms": others.get("total_ms", result.stats.total_ms) + spared_ms,
        }
        stats = {name: getattr(result.stats, name) for name in _STATS}  # dataclasses.asdict copies deeply
        return cls(**stats | measured | others)

    @property
    def stamp_s(self) -> float:
        """The stamp, seconds."""
        return self.stamp_ns / 1e9

    @property
    def commanded_level(self) -> int:
        """Level commanded, also where a sparser one ran for want of time; the bank's where it lacks it."""
        return self.requested_level if self.reflex else self.level

    @property
    def latency_ms(self) -> float:
        """Time from the image's stamp to the publishing of its hands, predicted or measured, milliseconds."""
        return self.published_ms if self.at_deadline else self.end_to_end_ms

    @property
    def inference_ms(self) -> float:
        """Time of palm detection and landmark network, milliseconds."""
        return self.detection_ms + self.landmarks_ms
