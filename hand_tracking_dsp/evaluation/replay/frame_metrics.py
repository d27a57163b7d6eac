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

"""Metrics of frames: a row of everything that is known of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.measures.accuracy import accuracy, matched
from hand_tracking_dsp.evaluation.measures.frame_row import DROPPED, HANDLED, REJECTED, FrameRow
from hand_tracking_dsp.evaluation.measures.frames import FrameRows, Frames
from hand_tracking_dsp.evaluation.measures.identity import IdChanges
from hand_tracking_dsp.evaluation.measures.motion import Reacquisition, RestJitter
from hand_tracking_dsp.evaluation.measures.space import SpaceFrame, SpaceMeasures, from_recorded
from hand_tracking_dsp.evaluation.replay.placing import STATUE_ORDER, PlacedHands
from hand_tracking_dsp.evaluation.replay.worst import WorstFrame, WorstFrames
from hand_tracking_dsp.evaluation.statistics import mean_or_nan
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.recording import RecordedFrame
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import Drift, Floats, FrameResult, TrackedHand

# Columns that are fields of the frame's costs.
_COSTS = (
    "level",
    "sparsity",
    "hands",
    "predicted",
    "presence",
    "conversion_ms",
    "detection_ms",
    "landmarks_ms",
    "total_ms",
)


class FrameMetrics:
    """Collects the rows of one recording under one setting.

    Args:
        run: Name of the setting.
        bag: Name of the recording.
        still: Whether its images are photos, each for itself.
        budget_ms: Latency budget, milliseconds.
        level_macs: Multiply-accumulates of one run of each level.
        detector_macs: Multiply-accumulates of the palm detector.
        picojoules_per_mac: Energy of one multiply-accumulate, for the estimate, picojoules.
        worst: Number of the worst frames to keep.
    """

    def __init__(
        self,
        *,
        run: str,
        bag: str,
        still: bool,
        budget_ms: float,
        level_macs: tuple[int, ...],
        detector_macs: int,
        picojoules_per_mac: float,
        worst: int,
    ) -> None:
        self._run = run
        self._bag = bag
        self._still = still
        self._budget_ms = budget_ms
        self._level_macs = level_macs
        self._detector_macs = detector_macs
        self._millijoules_per_mac = picojoules_per_mac * 1e-9
        self._worst = WorstFrames(worst)
        self._rows = FrameRows()
        self._first_ns: int | None = None
        self._last: FrameRow | None = None
        self._jitter = RestJitter()
        self._reacquisition = Reacquisition()
        self._ids = IdChanges()
        self._space = SpaceMeasures()

    def reject(self, frame: RecordedFrame) -> None:
        """Add a message that is not an image."""
        self._rows.add(self._row(frame, REJECTED))

    def drop(self, frame: RecordedFrame) -> None:
        """Add an image that was dropped."""
        self._rows.add(self._row(frame, DROPPED))

    def add(
        self,
        frame: RecordedFrame,
        result: FrameResult,
        cost: FrameCost,
        drift: Drift,
        *,
        restarted: bool = False,
        placed: PlacedHands | None = None,
    ) -> None:
        """Add an image that was tracked.

        Args:
            frame: The image.
            result: Its hands.
            cost: Their costs; end_to_end_ms is the age of the hands when they were ready.
            drift: Agreement with the dense level.
            restarted: Whether the tracker had started again, so that the frame has no neighbour before it.
            placed: Its hands in space; None: they were not asked for.
        """
        if frame.image is None:
            return
        if restarted:
            self._space = SpaceMeasures()
            self._jitter, self._reacquisition, self._last = RestJitter(), Reacquisition(), None
            self._ids = IdChanges()
        stamp_s = self._seconds(frame)
        measures = self._of_costs(result, cost, drift)
        if placed is not None:
            measures |= self._in_space(frame, result, placed)
        if frame.recorded is not None and not frame.recorded.predicted:
            measures |= _from_recorded(result.hands, frame.recorded.hands)
        if frame.recorded_3d is not None:
            measures |= from_recorded(placed.hands if placed else None, frame.recorded_3d, frame.truth_3d)
        pairs = None
        if frame.truth is not None:
            pairs = matched(result.hands, frame.truth)
            measures |= accuracy(result.hands, frame.truth, pairs)
        if not self._still:
            measures |= self._jitter.update(stamp_s, result.hands, pairs)
            measures["id_changes"] = self._ids.update(stamp_s, result.hands, _true_places(frame.truth))
            measures["reacquired_s"] = self._reacquisition.update(
                stamp_s, measures.get("true_hands", math.nan), measures.get("found", math.nan)
            )
        if self._last is not None:
            measures["interval_s"] = stamp_s - self._last.stamp_s
            measures["switched"] = float(cost.level != self._last.level)
            measures["latency_step_ms"] = abs(cost.end_to_end_ms - self._last.latency_ms)
        row = self._row(frame, HANDLED, **measures)
        self._rows.add(row)
        self._last = None if self._still else row
        image, order = frame.image, frame.order
        if placed is not None and placed.statue is not None:
            image, order = placed.statue, STATUE_ORDER
        self._worst.add(row, image, order, result.hands, frame.truth)

    def _of_costs(self, result: FrameResult, cost: FrameCost, drift: Drift) -> dict[str, Any]:
        latency_ms = cost.end_to_end_ms
        expected = [hand.error_percent for hand in result.hands]
        return {name: getattr(cost, name) for name in _COSTS} | {
            "latency_ms": latency_ms,
            "late": float(latency_ms > self._budget_ms),
            "energy_mj": self._energy_mj(cost),
            "drift": drift.drift,
            "measurement_age_ms": 1e3 * mean_or_nan([hand.measurement_age_s for hand in result.hands]),
            "searched": float(cost.detector_ran),
            "expected_error": mean_or_nan(list(filter(math.isfinite, expected))),
        }

    def _in_space(self, frame: RecordedFrame, result: FrameResult, placed: PlacedHands) -> dict[str, float]:
        in_depth = float(placed.statue is not None)
        if placed.camera is None:
            return {"with_depth": 0.0, "in_depth": in_depth}
        landmarks = [hand.landmarks for hand in result.hands]
        space = SpaceFrame.projected(placed.hands, landmarks, frame.truth_3d, placed.camera)
        times = {"with_depth": 1.0, "in_depth": in_depth, "depth_ms": placed.ms}
        return times | self._space.update(space)

    def frames(self) -> Frames:
        """Return the rows."""
        return self._rows.frames()

    def worst(self) -> list[WorstFrame]:
        """Return the worst frames, the worst first."""
        return self._worst.worst()

    def _row(self, frame: RecordedFrame, outcome: str, **measures: float) -> FrameRow:
        return FrameRow(
            run=self._run,
            bag=self._bag,
            outcome=outcome,
            frame=frame.index,
            stamp_s=self._seconds(frame),
            **measures,
        )

    def _seconds(self, frame: RecordedFrame) -> float:
        if self._first_ns is None:
            self._first_ns = frame.stamp_ns
        return (frame.stamp_ns - self._first_ns) * 1e-9

    def _energy_mj(self, cost: FrameCost) -> float:
        macs = (cost.hands - cost.predicted) * self._level_macs[cost.level]
        macs += self._detector_macs if cost.detector_ran else 0
        return macs * self._millijoules_per_mac


def _true_places(truth: Sequence[TrueHand] | None) -> list[Floats] | None:
    """Return the joints of the true hands; None where those of one are not known."""
    if truth is None:
        return None
    joints = [hand.joints_px for hand in truth if hand.joints_px is not None]
    return joints if len(joints) == len(truth) else None


def _from_recorded(hands: Sequence[TrackedHand], recorded: Sequence[TrackedHand]) -> dict[str, float]:
    """Compare hands with those that were published when the bag was recorded."""
    pairs = match_hands([hand.landmarks for hand in hands], [hand.landmarks for hand in recorded])
    if not len(pairs) == len(hands) == len(recorded):
        return {"recorded_same": 0.0}
    distances = [_farthest_px(hands[i].landmarks, recorded[j].landmarks) for i, j in pairs]
    return {"recorded_same": 1.0, "recorded_px": max(distances, default=0.0)}


def _farthest_px(joints: Floats, others: Floats) -> float:
    difference = joints[:, :2] - others[:, :2]
    return float(np.hypot(difference[:, 0], difference[:, 1]).max())
