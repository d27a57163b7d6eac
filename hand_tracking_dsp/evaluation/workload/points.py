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

"""Operating points measured over clips: what each costs, how well it agrees, and which are worth having."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from statistics import fmean

import numpy as np

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.measures.drift import accuracy_of_drift
from hand_tracking_dsp.evaluation.workload.clips import Clip, ClipFrame
from hand_tracking_dsp.evaluation.workload.run import blocks
from hand_tracking_dsp.evaluation.workload.tally import NEAR_PERCENT
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.operating_point import EVERYTHING, OperatingPoint, PointInfo
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Floats, FrameResult

LEAST_SAVING = 0.04
"""Share of the cost that a point of a list is cheaper than the one before, at least."""

_Hands = list[list[Floats]]


@dataclass(slots=True)
class _PointTally:
    """Work of a tracker at one point, and its agreement with the reference.

    Attributes:
        point: The point.
        cpu_s: Processor time of all frames, seconds.
        reference: Hands of the reference.
        distances_percent: Distances of the hands that both found, % of palm size.
        hands: Hands that it found itself.
        predicted: Those of them that were held.
        with_hands: Frames on which it found any.
        searches: Those of them for which the palm detector ran.
    """

    point: OperatingPoint
    cpu_s: float = 0.0
    reference: int = 0
    distances_percent: list[float] = field(default_factory=list)
    hands: int = 0
    predicted: int = 0
    with_hands: int = 0
    searches: int = 0

    def add(self, result: FrameResult, cpu_s: float, reference: Sequence[Floats]) -> None:
        """Count a frame on which the reference found hands with these landmarks."""
        mine = [hand.landmarks for hand in result.hands]
        self.cpu_s += cpu_s
        self.reference += len(reference)
        self.distances_percent += [
            mean_distance_palm_percent(mine[i], reference[j]) for i, j in match_hands(mine, reference)
        ]
        self.hands += len(mine)
        self.predicted += result.stats.predicted
        if mine:
            self.with_hands += 1
            self.searches += result.stats.detector_ran

    def info(self, reference_s: float, data: str) -> PointInfo:
        """Return the figures; the cost relative to a processor time in seconds."""
        distances = np.array(self.distances_percent)
        hands = max(self.reference, 1)
        return PointInfo(
            level=self.point.level,
            gate=self.point.gate,
            search_interval_s=self.point.search_interval_s,
            cost=round(self.cpu_s / reference_s, 4),
            error=round(1 - float(accuracy_of_drift(distances).sum()) / hands, 4),
            drift_percent=round(fmean(self.distances_percent), 3) if len(distances) else 0.0,
            near=round(float((distances <= NEAR_PERCENT).sum()) / hands, 4),
            found=round(len(distances) / hands, 4),
            measured=round(1 - self.predicted / max(self.hands, 1), 4),
            searched=round(self.searches / max(self.with_hands, 1), 4),
            samples=self.reference,
            data=data,
        )


def measure_points(
    bank: LevelBank,
    detector: PalmDetector,
    clips: Sequence[Clip],
    points: Sequence[OperatingPoint],
    options: TrackerOptions | None = None,
    on_clip: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[PointInfo]:
    """Measure operating points on the same frames in turn, block by block, in changing order.

    Palms are searched for after the frame, not in a thread, so that what is found does not depend on the
    machine's speed; the time of the search counts.

    Args:
        bank: Networks of all levels.
        detector: Palm detector.
        clips: Clips, at least one.
        points: Points to measure besides EVERYTHING, which is the reference and comes first.
        options: Settings of the tracker.
        on_clip: Function called with the number of clips done and of all.

    Raises:
        SourceError: A clip cannot be read.
    """
    chosen = list(dict.fromkeys((EVERYTHING, *points)))
    tallies = [_PointTally(point) for point in chosen]
    trackers = [HandTracker(bank, detector, options) for _ in chosen]
    order = list(range(1, len(chosen)))
    frames = 0
    for block in islice(blocks(clips[0]), 1):  # warms up
        _follow(trackers[0], EVERYTHING, block)
    for done, clip in enumerate(clips, start=1):
        for tracker in trackers:
            tracker.reset()
        for block in blocks(clip):
            frames += len(block)
            reference: _Hands = []
            for index in (0, *order):
                results = _follow(trackers[index], chosen[index], block)
                if index == 0:
                    reference = [[hand.landmarks for hand in result.hands] for result, _ in results]
                for (result, cpu_s), hands in zip(results, reference, strict=True):
                    tallies[index].add(result, cpu_s, hands)
            order = order[1:] + order[:1]
        on_clip(done, len(clips))
    names = ", ".join(clip.name for clip in clips)
    data = f"{len(clips)} clips, {frames} frames: {names}"
    data = data if len(data) <= 200 else f"{data[:200]}…"
    return _with_held([tally.info(tallies[0].cpu_s, data) for tally in tallies])


def _with_held(found: Sequence[PointInfo]) -> list[PointInfo]:
    """Return the points with the part of the drift that is due to the gate, where the same has none, too."""
    without = {_but_gate(one): one.drift_percent for one in found if one.gate == 0}
    return [
        replace(
            one, held_percent=round(max(one.drift_percent - without.get(_but_gate(one), math.inf), 0.0), 3)
        )
        for one in found
    ]


def _but_gate(point: PointInfo) -> tuple[int, float]:
    return point.level, point.search_interval_s


def worth_having(found: Sequence[PointInfo], most: int) -> list[PointInfo]:
    """Choose operating points: none costs and errs more than another, each is cheaper than the one before.

    None of them found no hand: it would be cheap for that.

    The cheapest one measured, which is mostly the fastest network as well, is always the last. Of more than
    are wanted, those go without which the curve of error over cost changes least.

    Args:
        found: Points measured, the reference first; it is always the first one chosen.
        most: Most points to keep, at least 2.
    """
    reference = found[0]
    chosen: list[PointInfo] = []
    for point in sorted((one for one in found[1:] if one.found), key=lambda one: (one.cost, one.error)):
        if not chosen or point.error < chosen[-1].error:
            chosen.append(point)
    kept = [reference]
    for point in reversed(chosen):
        if point.cost <= (1 - LEAST_SAVING) * kept[-1].cost:
            kept.append(point)
    if chosen and chosen[0] is not kept[-1] and chosen[0].cost < reference.cost:
        kept[max(len(kept) - 1, 1) :] = chosen[:1]
    while len(kept) > most:
        areas = [_area(*kept[index - 1 : index + 2]) for index in range(1, len(kept) - 1)]
        del kept[1 + int(np.argmin(areas))]
    return kept


def _area(before: PointInfo, point: PointInfo, after: PointInfo) -> float:
    """Return twice the area of the triangle of three points in the plane of cost and error."""
    (a, b), (c, d) = ((other.cost - point.cost, other.error - point.error) for other in (before, after))
    return abs(a * d - b * c)


def _follow(
    tracker: HandTracker, point: OperatingPoint, block: Sequence[ClipFrame]
) -> list[tuple[FrameResult, float]]:
    """Track the frames of a block; return the results and the processor time of each, seconds."""
    found = []
    for frame in block:
        start_s = time.process_time()
        result = tracker.track(frame.image, frame.stamp_s, point)
        found.append((result, time.process_time() - start_s))
    return found


def point_grid(levels: int, gates: Sequence[float], intervals_s: Sequence[float]) -> list[OperatingPoint]:
    """List all operating points of so many levels with the given gates and search intervals."""
    return [
        OperatingPoint(level, gate, interval_s)
        for level in range(levels)
        for gate in gates
        for interval_s in intervals_s
    ]
