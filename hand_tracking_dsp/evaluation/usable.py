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

"""Usable hands of a run: in time and near the dense level's, which sees the same pictures afterwards.

It is agreement with the dense level, never accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hand_tracking_dsp.cameras.camera import FrameSource
from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.workload.tally import NEAR_PERCENT
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import Floats, Image

# The camera may run for so long before the observer sees it, and so much beyond the time of its stamps.
_EARLY_S, _SLACK_S = 60.0, 1.0

DenseHands = Mapping[int, Sequence[Floats]]
"""Landmarks of the dense level's hands, float [21, 3] in pixels each, by the stamp of the image."""


@dataclass(frozen=True, slots=True)
class UsableHands:
    """Comparison of the hands of some runs with the dense level's.

    Attributes:
        frames: Images compared.
        hands: Hands that the dense level finds on them.
        near: Those that were published within NEAR_PERCENT, in time or not.
        usable: Those that were published in time and within NEAR_PERCENT.
        matched: Those that were published anywhere near enough to be the same hand.
        distances_percent: Sum of the mean distances of these, % of palm size.
    """

    frames: int = 0
    hands: int = 0
    near: int = 0
    usable: int = 0
    matched: int = 0
    distances_percent: float = 0.0

    @property
    def usable_share(self) -> float:
        """Share of the dense level's hands that are usable, 0 to 1; NaN: there are none."""
        return self.usable / self.hands if self.hands else math.nan

    @property
    def near_share(self) -> float:
        """Share of the dense level's hands that are near, 0 to 1; NaN: there are none."""
        return self.near / self.hands if self.hands else math.nan

    @property
    def deviation_percent(self) -> float:
        """Mean distance of the hands that both have, % of palm size; NaN: there are none."""
        return self.distances_percent / self.matched if self.matched else math.nan

    def __add__(self, other: UsableHands) -> UsableHands:
        """Return the sum of both."""
        return UsableHands(
            self.frames + other.frames,
            self.hands + other.hands,
            self.near + other.near,
            self.usable + other.usable,
            self.matched + other.matched,
            self.distances_percent + other.distances_percent,
        )


def compare_with_dense(recording: ObservedRun, dense: DenseHands, budget_ms: float) -> UsableHands:
    """Compare what a run published with what the dense level finds.

    Images that were dropped or lost count: their hands were not published.

    Args:
        recording: The run, with at least one frame handled.
        dense: Hands by image; those before the first and after the last frame handled are left out.
        budget_ms: Time within which hands are in time, milliseconds.
    """
    latency_ms = {cost.stamp_ns: cost.latency_ms for cost in recording.costs}
    first_ns, last_ns = recording.costs[0].stamp_ns, recording.costs[-1].stamp_ns
    total = UsableHands()
    for stamp_ns, references in dense.items():
        if not first_ns <= stamp_ns <= last_ns:
            continue
        published = [hand.landmarks for hand in recording.hands.get(stamp_ns, ())]
        distances = [
            mean_distance_palm_percent(published[i], references[j])
            for i, j in match_hands(published, references)
        ]
        near = sum(distance <= NEAR_PERCENT for distance in distances)
        in_time = latency_ms.get(stamp_ns, math.inf) <= budget_ms
        usable = near if in_time else 0
        total += UsableHands(1, len(references), near, usable, len(distances), sum(distances))
    return total


def hands_in_pictures(tracker: HandTracker, pictures: Iterable[tuple[int, Image]]) -> DenseHands:
    """Show consecutive pictures to the dense level.

    Args:
        tracker: Tracker, which forgets what it followed.
        pictures: Stamp in nanoseconds and BGR pixels of each.
    """
    tracker.reset()
    found: dict[int, Sequence[Floats]] = {}
    for stamp_ns, image in pictures:
        first_ns = next(iter(found), stamp_ns)
        found[stamp_ns] = _landmarks(tracker, image, (stamp_ns - first_ns) * 1e-9)
    return found


class DrawnFrames:
    """Draws the pictures of a source anew, which depend on their number alone, for the dense level.

    Which picture a stamp belongs to is told by the exact joints that the camera published with it, so that
    the running graph need not hand its pictures to anyone.

    Args:
        source: Source that gives truth, from its first frame; it is read as far as runs reach.
        tracker: Tracker.
        on_frame: Function called with the number of pictures drawn so far.
    """

    def __init__(
        self, source: FrameSource, tracker: HandTracker, on_frame: Callable[[int], None] = lambda _: None
    ) -> None:
        self._source = source
        self._tracker = tracker
        self._on_frame = on_frame
        self._numbers: dict[bytes, int] = {}
        self._hands: list[list[Floats]] = []

    def hands(self, recording: ObservedRun) -> DenseHands:
        """Return the dense level's hands on those images of a run whose truth shows a hand."""
        found: dict[int, Sequence[Floats]] = {}
        limit = _EARLY_S * self._source.rate_hz
        before: tuple[int, int] | None = None
        for stamp_ns in sorted(recording.truth):
            truth = recording.truth[stamp_ns]
            if not truth:
                continue
            if before is not None:
                since_s = (stamp_ns - before[1]) * 1e-9 + _SLACK_S
                limit = before[0] + since_s * self._source.rate_hz
            key = _key([hand.landmarks for hand in truth])
            while key not in self._numbers and len(self._hands) <= limit:
                if not self._draw():
                    break
            if (number := self._numbers.get(key)) is not None:
                before = number, stamp_ns
                found[stamp_ns] = self._hands[number]
        return found

    def _draw(self) -> bool:
        frame = self._source.read()
        if frame is None:
            return False
        number = len(self._hands)
        if frame.truth:
            self._numbers.setdefault(_key([hand.joints_px for hand in frame.truth]), number)
        self._hands.append(_landmarks(self._tracker, frame.image, number / self._source.rate_hz))
        self._on_frame(number + 1)
        return True


def _landmarks(tracker: HandTracker, image: Image, stamp_s: float) -> list[Floats]:
    return [hand.landmarks for hand in tracker.track(image, stamp_s, 0, "bgr").hands]


def _key(joints: Sequence[Floats]) -> bytes:
    return b"".join(one[:, :2].astype("float32").tobytes() for one in joints)
