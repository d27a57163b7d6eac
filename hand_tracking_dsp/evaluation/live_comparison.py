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

"""Figures of policies in the running graph: late and usable frames, drift, processor time and energy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array, percentile
from hand_tracking_dsp.evaluation.summary import (
    commanded,
    count_switches,
    frames_by_point,
    frames_lost,
)
from hand_tracking_dsp.evaluation.usable import UsableHands
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import ObservedRun

TRACKER = "hand_tracker_node"
"""Process of the tracker."""

_MINUTE_NS = 60_000_000_000
_GRID_S = 0.25
_WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class LiveRun:
    """One run of the graph under a policy, recorded from the moment when the load began.

    Attributes:
        policy: Name of the policy.
        recording: The run, with at least one frame.
        processor_s: Processor time of camera, tracker and controller by node, seconds; empty: not measured.
        energy_j: Energy by work done, measured or estimated, joules.
        usable: Comparison of its hands with the dense level's on the same images.
        round_number: Number of the round, from 1.
    """

    policy: str
    recording: ObservedRun
    processor_s: Mapping[str, float] = field(default_factory=dict)
    energy_j: float = math.nan
    usable: UsableHands = field(default_factory=UsableHands)
    round_number: int = 1

    @property
    def all_s(self) -> float:
        """Processor time of all of them, seconds; NaN where it was not measured."""
        return sum(self.processor_s.values()) if self.processor_s else math.nan


@dataclass(frozen=True, slots=True)
class LiveScore:
    """Figures of the runs of one policy, all frames taken together.

    Attributes:
        policy: Name of the policy that chose the level.
        runs: Number of runs.
        duration_s: From first to last frame, seconds, summed.
        frames: Handled by the tracker.
        frames_with_hands: Those that had a hand.
        late: Frames with a hand over the budget, from the image's stamp to the publishing of its hands; those
            whose hands were predicted and published in time are not.
        late_share: Share of them among the frames with a hand, 0 to 1.
        late_without_hands: Frames without a hand over the budget, which no level cures.
        frames_dropped: Replaced by a newer image before they were handled.
        frames_lost: Published, and never received by the tracker.
        missed_share: Late, dropped and lost frames among those and the frames with a hand, 0 to 1.
        p50_ms: Median of that latency of the frames with a hand, milliseconds.
        p95_ms: 95th percentile of the same, milliseconds.
        drift_percent: Mean deviation from the dense level over the frames with a hand, % of palm size; each
            frame counts with what was measured at its level. Agreement with the dense level, not accuracy.
        drift_samples: Measurements at other levels than the dense one.
        drift_known_share: Share of the frames with a hand whose level was measured, or is the dense one.
        usable_share: Share of the dense level's hands that were published in time and within 10 % of palm of
            them, 0 to 1; agreement with the dense level, not accuracy. NaN: nothing was compared.
        near_share: Likewise, in time or not.
        deviation_percent: Mean distance of the hands from the dense level's on the same images, which it saw
            afterwards, % of palm size.
        usable_frames: Images compared so.
        processor_s: Processor time of camera, tracker and controller, seconds, summed.
        tracker_s: That of the tracker alone, seconds, summed: a camera that draws its hands takes more.
        energy_j: Energy by work done, measured or estimated, joules, summed.
        charge_end: Mean charge in the end, 0 to 1; NaN: none was received.
        predicted: Frames whose hands were predicted and published at the deadline, before they were done.
        predicted_share: Share of them among the frames with a hand, 0 to 1.
        prediction_error: Mean distance of those hands from the measured ones of the same images, % of palm
            size; NaN: none.
        reflex_share: Share of the frames with a hand for which a sparser level ran than the one commanded, 0
            to 1.
        frames_by_level: Number of frames by the level that ran.
        frames_by_point: Number of frames by the operating point in force.
        switches: Changes of the operating point or level commanded.
        switches_per_min: Most changes of it in any 60 seconds of a run.
    """

    policy: str
    runs: int
    duration_s: float
    frames: int
    frames_with_hands: int
    late: int
    late_share: float
    late_without_hands: int
    frames_dropped: int
    frames_lost: int
    missed_share: float
    p50_ms: float
    p95_ms: float
    drift_percent: float
    drift_samples: int
    drift_known_share: float
    usable_share: float
    near_share: float
    deviation_percent: float
    usable_frames: int
    processor_s: float
    tracker_s: float
    energy_j: float
    charge_end: float
    predicted: int
    predicted_share: float
    prediction_error: float
    reflex_share: float
    frames_by_level: dict[int, int]
    frames_by_point: dict[int, int]
    switches: int
    switches_per_min: int


def score_runs(runs: Sequence[LiveRun], budget_ms: float) -> LiveScore:
    """Compute the figures of one policy's runs, at least one."""
    recordings = [run.recording for run in runs]
    costs = [cost for recording in recordings for cost in recording.costs]
    handed = [cost for cost in costs if cost.hands > 0]
    over = sum(cost.latency_ms > budget_ms for cost in costs)
    late = sum(cost.latency_ms > budget_ms for cost in handed)
    dropped = sum(one.costs[-1].frames_dropped - one.costs[0].frames_dropped for one in recordings)
    lost = sum(map(frames_lost, recordings))
    latencies = [cost.latency_ms for cost in handed]
    drift_percent, known = mean_drift(handed)
    usable = sum((run.usable for run in runs), UsableHands())
    levels = Counter(cost.level for cost in costs)
    predicted = [cost for cost in handed if cost.at_deadline]
    errors = [cost.prediction_error for cost in predicted if not math.isnan(cost.prediction_error)]
    charges = [one.charges[-1].charge for one in recordings if one.charges]
    return LiveScore(
        policy=runs[0].policy,
        runs=len(runs),
        duration_s=sum(one.length_s for one in recordings),
        frames=len(costs),
        frames_with_hands=len(handed),
        late=late,
        late_share=_share(late, len(handed)),
        late_without_hands=over - late,
        frames_dropped=dropped,
        frames_lost=lost,
        missed_share=_share(late + dropped + lost, len(handed) + dropped + lost),
        p50_ms=percentile(latencies, 50),
        p95_ms=percentile(latencies, 95),
        drift_percent=drift_percent,
        drift_samples=sum(cost.level > 0 and not math.isnan(cost.drift) for cost in costs),
        drift_known_share=known,
        usable_share=usable.usable_share,
        near_share=usable.near_share,
        deviation_percent=usable.deviation_percent,
        usable_frames=usable.frames,
        processor_s=sum(run.all_s for run in runs),
        tracker_s=sum(run.processor_s.get(TRACKER, math.nan) for run in runs),
        energy_j=sum(run.energy_j for run in runs),
        charge_end=fmean(charges) if charges else math.nan,
        predicted=len(predicted),
        predicted_share=_share(len(predicted), len(handed)),
        prediction_error=fmean(errors) if errors else math.nan,
        reflex_share=_share(sum(cost.reflex for cost in handed), len(handed)),
        frames_by_level={level: levels[level] for level in sorted(levels)},
        frames_by_point=frames_by_point(costs),
        switches=sum(count_switches(one.costs) for one in recordings),
        switches_per_min=max(most_switches_per_min(one.costs) for one in recordings),
    )


def mean_drift(costs: Sequence[FrameCost]) -> tuple[float, float]:
    """Return the mean drift over frames, % of palm size, and the share (0 to 1) of them that it is known of.

    Drift is measured where there is time for it, so less often on a busy machine. Each frame counts with the
    mean of what was measured at its level, and the dense level with 0: else the busy minutes would count
    less. NaN and 0 where nothing is known.
    """
    measured: dict[int, list[float]] = {0: [0.0]}
    for cost in costs:
        if cost.level > 0 and not math.isnan(cost.drift):
            measured.setdefault(cost.level, []).append(cost.drift)
    means = {level: fmean(values) for level, values in measured.items()}
    drifts = [means[cost.level] for cost in costs if cost.level in means]
    return (fmean(drifts), len(drifts) / len(costs)) if drifts else (math.nan, 0.0)


def most_switches_per_min(costs: Sequence[FrameCost]) -> int:
    """Count the changes of point or level in those 60 seconds of a run that have the most of them."""
    stamps_ns = [after.stamp_ns for before, after in pairwise(costs) if commanded(before) != commanded(after)]
    most = first = 0
    for index, stamp_ns in enumerate(stamps_ns):
        while stamp_ns - stamps_ns[first] >= _MINUTE_NS:
            first += 1
        most = max(most, index + 1 - first)
    return most


def rolling_p95_ms(recording: ObservedRun) -> tuple[Array, Array]:
    """Compute the 95th percentile of the latest two seconds' frames with a hand, every quarter of a second.

    Returns:
        Times since the first frame of the run, seconds, and end-to-end latencies, milliseconds, float64 [n]
        each; NaN where no frame counts.
    """
    handed = [cost for cost in recording.costs if cost.hands > 0]
    times = np.array(recording.times_s(handed))
    latencies = np.array([cost.latency_ms for cost in handed])
    grid = np.arange(0.0, recording.length_s + _GRID_S, _GRID_S)
    values = [percentile(latencies[(times > at - _WINDOW_S) & (times <= at)], 95) for at in grid]
    return grid, np.array(values)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
