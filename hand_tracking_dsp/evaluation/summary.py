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

"""Summary of one run: from a recording to the fields of summary.json."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.measures.space import STATES, SpaceFrame, SpaceMeasures
from hand_tracking_dsp.evaluation.statistics import mean_or_nan, percentiles
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, mean_distance_px
from hand_tracking_dsp.tracking.operating_point import NO_POINT


def truth_error(recording: ObservedRun) -> dict[str, float]:
    """Compare tracked hands with the exact ones, on every frame that has both.

    Returns:
        error_px, mean over joints, hands and frames, pixels, and error_palm_percent, each hand in % of its
        palm size; both NaN where no hand was matched; truth_hands, hands that the truth shows, over all
        frames handled, and truth_hands_found, those of them that the tracker found.
    """
    pixels: list[float] = []
    percents: list[float] = []
    in_view = 0
    for stamp_ns, hands in recording.hands.items():
        truth = [hand.landmarks for hand in recording.truth.get(stamp_ns, ())]
        found = [hand.landmarks for hand in hands]
        in_view += len(truth)
        for i, j in match_hands(found, truth):
            pixels.append(mean_distance_px(found[i], truth[j]))
            percents.append(mean_distance_palm_percent(found[i], truth[j]))
    return {
        "error_px": mean_or_nan(pixels),
        "error_palm_percent": mean_or_nan(percents),
        "truth_hands": in_view,
        "truth_hands_found": len(pixels),
    }


def space_error(recording: ObservedRun) -> dict[str, Any]:
    """Compare hands in space with the exact ones, on every frame that has both.

    Returns:
        error_3d_mm, mean over joints, hands and frames, and visible_error_3d_mm, that of the joints that the
        camera sees; both NaN where no hand was matched; truth_hands_3d and truth_hands_3d_found, hands that
        the truth shows on frames with depth, and those of them that were placed; joints_measured,
        joints_inferred and joints_unknown, shares of the joints of all hands placed; depth_ms as p50, p95 and
        p99.
    """
    measures = SpaceMeasures()
    rows = []
    for stamp_ns, space in recording.hands_3d.items():
        hands = {hand.track_id: hand for hand in recording.hands.get(stamp_ns, ())}
        known = [hand for hand in space.hands if hand.track_id in hands]
        truth, true_places = recording.truth_3d.get(stamp_ns), recording.truth.get(stamp_ns, ())
        both = truth is not None and len(truth.hands) == len(true_places)
        rows.append(
            measures.update(
                SpaceFrame(
                    known,
                    [hands[hand.track_id].landmarks for hand in known],
                    truth.hands if truth is not None and both else None,
                    [hand.landmarks for hand in true_places] if both else [],
                )
            )
        )
    counts = {state: sum(row[f"{state}_joints"] for row in rows) for state in STATES}
    total = sum(counts.values())
    return {
        "error_3d_mm": _weighted(rows, "error_3d_mm", "joints_3d"),
        "visible_error_3d_mm": _weighted(rows, "visible_error_3d_mm", "visible_joints_3d"),
        "truth_hands_3d": sum(row.get("true_hands_3d", 0) for row in rows),
        "truth_hands_3d_found": sum(row.get("found_3d", 0) for row in rows),
        **{f"joints_{state}": count / total if total else math.nan for state, count in counts.items()},
        "depth_ms": percentiles([cost.depth_ms for cost in recording.costs]),
    }


def _weighted(rows: Sequence[dict[str, float]], name: str, weight: str) -> float:
    known = [row for row in rows if row.get(weight, 0) > 0]
    total = sum(row[weight] for row in known)
    return sum(row[name] * row[weight] for row in known) / total if total else math.nan


def frames_lost(recording: ObservedRun) -> int:
    """Count the images that the camera published and that never reached the tracker.

    Counted between the first frame of which both are known and the last one handled: images
    published, less those handled, replaced by a newer one (dropped on purpose) and rejected.
    """
    known = recording.published | recording.truth.keys()
    costs = [cost for cost in recording.costs if cost.stamp_ns >= min(known, default=0)]
    if len(costs) < 2:
        return 0
    first, last = costs[0], costs[-1]
    published = {stamp for stamp in known if first.stamp_ns < stamp <= last.stamp_ns}
    handled = {cost.stamp_ns for cost in costs[1:]}
    dropped = last.frames_dropped - first.frames_dropped
    rejected = last.frames_rejected - first.frames_rejected
    # Where the camera knows no truth, published is what the observer saw, and may lack a dropped one.
    return max(len(published - handled) - dropped - rejected, 0)


def count_switches(costs: Sequence[FrameCost]) -> int:
    """Count the changes of the operating point or level commanded from one frame handled to the next."""
    return sum(commanded(before) != commanded(after) for before, after in pairwise(costs))


def commanded(cost: FrameCost) -> tuple[int, int]:
    """Return the operating point and the level that were commanded on a frame."""
    return cost.requested_point, cost.commanded_level


def frame_rate_hz(costs: Sequence[FrameCost]) -> float:
    """Return the frames handled a second; NaN with fewer than two."""
    if len(costs) < 2 or costs[-1].stamp_ns == costs[0].stamp_ns:
        return math.nan
    return (len(costs) - 1) / ((costs[-1].stamp_ns - costs[0].stamp_ns) * 1e-9)


def frames_by_point(costs: Sequence[FrameCost]) -> dict[int, int]:
    """Count the frames at each operating point of the bank's list, by its number."""
    counts = Counter(cost.operating_point for cost in costs if cost.operating_point != NO_POINT)
    return {point: counts[point] for point in sorted(counts)}


def summarize(recording: ObservedRun) -> dict[str, Any]:
    """Compute the figures of a run.

    Returns:
        frames (handled by the tracker), frames_with_hands, frames_dropped (replaced by a newer image
        before they were handled), frames_lost (published, but never received), switches (of the point
        or level commanded), levels_used, frames_by_level, frames_by_point (those at a point of the bank's
        list), frame_rate_hz, latency_ms (total_ms of msg/TrackerStats.msg) and
        end_to_end_ms as p50, p95 and p99, transport_ms (end to end, less inference) in the same way, backend;
        where the camera knows exact truth, those of truth_error; and, where hands were placed in space, those
        of space_error.
    """
    costs = recording.costs
    by_level = Counter(cost.level for cost in costs)
    return {
        "frames": len(costs),
        "frames_with_hands": sum(cost.hands > 0 for cost in costs),
        "frames_dropped": costs[-1].frames_dropped - costs[0].frames_dropped if costs else 0,
        "frames_lost": frames_lost(recording),
        "frame_rate_hz": frame_rate_hz(costs),
        "switches": count_switches(costs),
        "levels_used": sorted(by_level),
        "frames_by_level": {str(level): by_level[level] for level in sorted(by_level)},
        "frames_by_point": {str(point): count for point, count in frames_by_point(costs).items()},
        "latency_ms": percentiles([cost.total_ms for cost in costs]),
        "end_to_end_ms": percentiles([cost.end_to_end_ms for cost in costs]),
        "transport_ms": percentiles([cost.end_to_end_ms - cost.inference_ms for cost in costs]),
        "backend": costs[-1].provider if costs else "",
        **(truth_error(recording) if recording.truth else {}),
        **(space_error(recording) if recording.hands_3d else {}),
    }
