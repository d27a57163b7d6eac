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

"""Measures of sequences of frames: the jitter of hands at rest, and the time that lost hands stay lost."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.evaluation.measures.accuracy import Pairs
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

REST_WINDOW_S = 0.5
"""Time for which a hand must have kept still to be at rest, seconds."""

REST_LIMIT = 0.05
"""Distance that the middle of a resting hand may have moved in that time, in palm sizes."""

_EVEN = 1.5
"""Three frames are neighbours where the longer of their two intervals is at most so many times the other."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """A hand on one frame: its tracked joints, and the middle of those by which it is at rest or not."""

    stamp_s: float
    joints_px: Floats
    x: float
    y: float


_History = deque[_Moment]


class RestJitter:
    """Second differences of the joints of hands at rest.

    Of three neighbouring frames: mean over joints of |p(t) - 2 p(t-1) + p(t-2)|. A movement at constant
    speed adds nothing to it, and a hand in acceleration is not at rest. Whether it is
    at rest goes by the true joints where they are known, else by the tracked ones.
    """

    def __init__(self) -> None:
        self._tracks: dict[int, _History] = {}

    def update(self, stamp_s: float, hands: Sequence[TrackedHand], pairs: Pairs | None) -> dict[str, float]:
        """Add a frame.

        Args:
            stamp_s: Stamp of the image, seconds; one that runs back starts again.
            hands: Tracked hands.
            pairs: Pairs of these with the true hands; None where those are not known.

        Returns:
            Fields of FrameRow: jitter_px, jitter_palm_percent and resting.
        """
        if pairs is None:
            known = [(hand, hand.landmarks) for hand in hands]
        else:
            known = [(hand, joints_px) for hand, _, joints_px in pairs]
        pixels, percents = [], []
        tracks: dict[int, _History] = {}
        for hand, reference in known:
            history = self._tracks.get(hand.track_id, deque())
            if history and stamp_s <= history[-1].stamp_s:
                history = deque()
            x, y = (reference[:, :2].sum(axis=0) / len(reference)).tolist()
            history.append(_Moment(stamp_s, hand.landmarks[:, :2], x, y))
            while len(history) > 3 and history[1].stamp_s < stamp_s - REST_WINDOW_S:
                history.popleft()
            tracks[hand.track_id] = history
            if (size := palm_size(reference)) > 0 and _at_rest(history, size):
                first, second, third = (history[i].joints_px for i in (-3, -2, -1))
                difference = third - 2 * second + first
                pixels.append(float(np.hypot(difference[:, 0], difference[:, 1]).mean()))
                percents.append(100 * pixels[-1] / size)
        self._tracks = tracks
        if not pixels:
            return {"resting": 0}
        count = len(pixels)
        return {
            "jitter_px": sum(pixels) / count,
            "jitter_palm_percent": sum(percents) / count,
            "resting": count,
        }


class Reacquisition:
    """Measures the times in which fewer hands are tracked than are in view.

    It begins with the first frame that shows a hand that is not tracked, a new one or a lost one, and ends
    with the first on which all hands in view are; a hand that is tracked on the first frame that shows it
    counts as 0. What ends by the last hand leaving the view does not count.
    """

    def __init__(self) -> None:
        self._since_s = math.nan
        self._in_view = 0

    def update(self, stamp_s: float, in_view: float, found: float) -> float:
        """Add a frame and return the time for which hands were not tracked, seconds, where it ends; else NaN.

        Args:
            stamp_s: Stamp of the image, seconds.
            in_view: True hands; NaN where it is not known.
            found: Those of them that are tracked.
        """
        if math.isnan(in_view):
            return math.nan
        entered = in_view > self._in_view
        self._in_view = int(in_view)
        if in_view == 0:
            self._since_s = math.nan
            return math.nan
        if found < in_view:
            if math.isnan(self._since_s):
                self._since_s = stamp_s
            return math.nan
        since_s, self._since_s = self._since_s, math.nan
        if math.isnan(since_s):
            return 0.0 if entered else math.nan
        return max(stamp_s - since_s, 0.0)


def _at_rest(history: _History, size: float) -> bool:
    """Return whether the middle of the joints kept still, and the last three frames are neighbours."""
    if len(history) < 3 or history[-1].stamp_s - history[0].stamp_s < REST_WINDOW_S:
        return False
    steps = (history[-1].stamp_s - history[-2].stamp_s, history[-2].stamp_s - history[-3].stamp_s)
    if max(steps) > _EVEN * min(steps):
        return False
    width, height = (max(values) - min(values) for values in zip(*((m.x, m.y) for m in history), strict=True))
    return math.hypot(width, height) <= REST_LIMIT * size
