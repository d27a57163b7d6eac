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

"""Figures of a tracker over clips: its time, what it finds, and how well that agrees with others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.measures.drift import accuracy_of_drift
from hand_tracking_dsp.evaluation.measures.identity import IdChanges
from hand_tracking_dsp.evaluation.statistics import mean_or_nan, percentiles
from hand_tracking_dsp.evaluation.workers import FoundHand, Reply
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.types import Floats

NEAR_PERCENT = 10.0
"""Distance up to which a hand agrees with the dense level's, % of palm size."""

MOVING_PERCENT = 5.0
"""Motion a frame from which on a hand counts as moving, % of palm size: a hand held for two frames is off by
as much as NEAR_PERCENT then."""


_LONGEST = ("longest_hold", "longest_moving_hold")


@dataclass(slots=True)
class TrackerTally:
    """Counts, times and distances of one tracker over frames; tallies of clips add up.

    Attributes:
        frames: Frames.
        searches: Frames on which the palm detector ran.
        hands: Hands on frames.
        ids: Track ids given.
        id_changes: Hands on frames that bear another id than before, see measures.identity.
        others: Hands that MediaPipe finds on the frames; 0 without it.
        shared: Those of them that this tracker finds, too.
        dense: Hands that the dense network finds where it sees every hand on every frame.
        distances_percent: Distances from those, one a hand found by both, % of palm size.
        held: Hands on frames that were not measured.
        longest_hold: Most frames in a row on which a hand was held.
        moving_held: Hands on frames that were held for the second frame in a row or longer, while by the
            dense network they had moved by more than MOVING_PERCENT a frame since they were measured.
        longest_moving_hold: Most frames in a row on which such a hand was held.
        frame_ms: Time of each frame, milliseconds.
        one_hand_ms: The same of the frames on which it follows one hand.
        network_ms: Time of both networks on each frame, with their input and output, milliseconds.
        cpu_ms: Processor time of each frame, milliseconds.
    """

    frames: int = 0
    searches: int = 0
    hands: int = 0
    ids: int = 0
    id_changes: int = 0
    others: int = 0
    shared: int = 0
    dense: int = 0
    distances_percent: list[float] = field(default_factory=list)
    held: int = 0
    longest_hold: int = 0
    moving_held: int = 0
    longest_moving_hold: int = 0
    frame_ms: list[float] = field(default_factory=list)
    one_hand_ms: list[float] = field(default_factory=list)
    network_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def __add__(self, other: TrackerTally) -> TrackerTally:
        """Return the tally of both."""
        names = [one.name for one in fields(self)]
        both = {name: (getattr(self, name), getattr(other, name)) for name in names}
        return TrackerTally(
            **{name: max(pair) if name in _LONGEST else pair[0] + pair[1] for name, pair in both.items()}
        )

    def figures(self) -> dict[str, Any]:
        """Return the figures; NaN where there is nothing to take them of."""
        distances = np.array(self.distances_percent)
        frame = percentiles(self.frame_ms)
        one_hand = percentiles(self.one_hand_ms)
        return {
            "frames": self.frames,
            "hand_frames": self.hands,
            "search_share": _share(self.searches, self.frames),
            "of_mediapipes_hand_frames": _share(self.hands, self.others),
            "found_of_mediapipes": _share(self.shared, self.others),
            "ids": self.ids,
            "id_changes": self.id_changes,
            "id_changes_per_1000_hand_frames": 1000 * _share(self.id_changes, self.hands),
            "id_changes_per_675_frames": 675 * _share(self.id_changes, self.frames),
            "near_dense_share": _share(int((distances <= NEAR_PERCENT).sum()), self.dense),
            "missed_of_dense_share": _share(self.dense - len(distances), self.dense),
            "held_share": _share(self.held, self.hands),
            "longest_hold_frames": self.longest_hold,
            "moving_held_hand_frames": self.moving_held,
            "longest_moving_hold_frames": self.longest_moving_hold,
            "error": 1 - _share(float(accuracy_of_drift(distances).sum()), self.dense),
            "drift_palm_percent": mean_or_nan(self.distances_percent),
            "frame_ms": frame,
            "p95_of_p50": frame["p95"] / frame["p50"],
            "p99_of_p50": frame["p99"] / frame["p50"],
            "one_hand_ms": one_hand,
            "one_hand_p95_of_p50": one_hand["p95"] / one_hand["p50"],
            "one_hand_p99_of_p50": one_hand["p99"] / one_hand["p50"],
            "network_ms": mean_or_nan(self.network_ms),
            "cpu_ms": mean_or_nan(self.cpu_ms),
        }


def tally_clip(
    stamps_s: Sequence[float],
    replies: Sequence[Reply],
    others: Sequence[Reply] | None = None,
    dense: Sequence[Reply] | None = None,
) -> TrackerTally:
    """Compute the tally of a clip.

    Args:
        stamps_s: Stamps of the frames, seconds.
        replies: The tracker's answers on them.
        others: MediaPipe's answers; None: not known.
        dense: Answers of the dense network that sees every hand on every frame; None: not known.
    """
    tally = TrackerTally(frames=len(replies))
    changes, holds = IdChanges(), _Holds(tally)
    for index, (stamp_s, reply) in enumerate(zip(stamps_s, replies, strict=True)):
        tally.searches += reply.detector_ran
        tally.hands += len(reply.hands)
        tally.frame_ms.append(reply.ms)
        tally.network_ms.append(reply.detection_ms + reply.landmarks_ms)
        tally.cpu_ms.append(reply.cpu_ms)
        if len(reply.hands) == 1:
            tally.one_hand_ms.append(reply.ms)
        there = None if others is None else [hand.landmarks for hand in others[index].hands]
        tally.id_changes += changes.update(stamp_s, reply.hands, there)
        if there is not None:
            tally.others += len(there)
            tally.shared += len(match_hands([hand.landmarks for hand in reply.hands], there))
        if dense is not None:
            tally.dense += len(dense[index].hands)
            pairs = _pairs(reply.hands, dense[index].hands)
            tally.distances_percent += [mean_distance_palm_percent(*pair) for _, *pair in pairs]
            holds.add(reply.hands, {hand.track_id: reference for hand, _, reference in pairs})
    tally.ids = len({hand.track_id for reply in replies for hand in reply.hands})
    return tally


def _pairs(
    hands: Sequence[FoundHand], references: Sequence[FoundHand]
) -> list[tuple[FoundHand, Floats, Floats]]:
    """Return the hands that both found, with the landmarks of each of the two."""
    mine, theirs = ([hand.landmarks for hand in found] for found in (hands, references))
    return [(hands[i], mine[i], theirs[j]) for i, j in match_hands(mine, theirs)]


class _Holds:
    """Counts into a tally how long hands are held, and how they move meanwhile by the dense network."""

    def __init__(self, tally: TrackerTally) -> None:
        self._tally = tally
        self._measured_at: dict[int, Floats] = {}
        self._held: dict[int, int] = {}

    def add(self, hands: Sequence[FoundHand], dense: Mapping[int, Floats]) -> None:
        """Add a frame: its hands, and by their ids where the dense network sees them."""
        tally = self._tally
        self._held = {
            hand.track_id: 0 if hand.measured else self._held.get(hand.track_id, 0) + 1 for hand in hands
        }
        for track_id, frames in self._held.items():
            here = dense.get(track_id)
            if frames == 0:
                self._measured_at.pop(track_id, None)
                if here is not None:
                    self._measured_at[track_id] = here
                continue
            tally.held += 1
            tally.longest_hold = max(tally.longest_hold, frames)
            there = self._measured_at.get(track_id)
            if here is None or there is None:
                continue
            if mean_distance_palm_percent(here, there) > MOVING_PERCENT * frames:
                tally.longest_moving_hold = max(tally.longest_moving_hold, frames)
                tally.moving_held += frames > 1


def ratios(figures: Mapping[str, Any], reference: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of time of one tracker over those of another.

    Returns:
        p50 and p99 of the frames, networks, processor; and p95 and p99 of the frames with one hand over the
        other one's median of those: a tracker that holds hands has a median of next to nothing itself.
    """
    one_hand, median_ms = figures["one_hand_ms"], reference["one_hand_ms"]["p50"]
    pairs = {
        "one_hand_p95_of_p50": (one_hand["p95"], median_ms),
        "one_hand_p99_of_p50": (one_hand["p99"], median_ms),
        "p50": (figures["frame_ms"]["p50"], reference["frame_ms"]["p50"]),
        "p99": (figures["frame_ms"]["p99"], reference["frame_ms"]["p99"]),
        "network": (figures["network_ms"], reference["network_ms"]),
        "cpu": (figures["cpu_ms"], reference["cpu_ms"]),
    }
    return {name: _share(one, other) for name, (one, other) in pairs.items()}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
