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

"""Hands that were lost a moment ago: one that is found again stays the same hand."""

from __future__ import annotations

import math
from collections.abc import Collection

from hand_tracking_dsp.tracking.geometry import mean_distance_px, palm_size
from hand_tracking_dsp.tracking.track import Track, scale_of
from hand_tracking_dsp.tracking.types import HandLandmarks

# Longest time for which a lost hand is remembered, seconds.
_REMEMBERED_S = 1.0
# How far a hand may be from where it was lost, in palm sizes: at once, and more with each second. Signing
# hands cross 35 palm sizes in a second; only the same side of the body is expected to have come so far.
_REACH = 2.0
_REACH_PER_S = 6.0
_REACH_PER_S_SAME_SIDE = 35.0
_SAME_SIDE = 0.3
# Ratio of the sizes of a hand lost and found.
_MOST_GROWTH = 2.0
# Added to the distance, in palm sizes, of a hand of the other side.
_OTHER_SIDE = 1.5


class LostHands:
    """Tracks that were lost, until they are found again or forgotten."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def clear(self) -> None:
        """Forget all."""
        self._tracks = []

    def add(self, tracks: Collection[Track]) -> None:
        """Remember tracks that were lost; one that was never shown is nobody."""
        self._tracks += [track for track in tracks if track.track_id and track.last is not None]

    def forget(self, stamp_s: float) -> None:
        """Forget those that were lost too long before a time, seconds."""
        self._tracks = [track for track in self._tracks if 0 <= _age_s(track, stamp_s) <= _REMEMBERED_S]

    def recent(self, stamp_s: float) -> list[Track]:
        """Return those that are remembered at a time, seconds, the one seen last first."""
        self.forget(stamp_s)
        return sorted(self._tracks, key=lambda track: _age_s(track, stamp_s))

    def take(self, found: HandLandmarks, stamp_s: float) -> Track | None:
        """Return the track that a hand found at a time, seconds, continues, and forget it; None: none.

        Of those within reach the nearest, in palm sizes, is taken; the other side of the body counts as
        further away.
        """
        self.forget(stamp_s)
        distances = [(_distance(track, found, stamp_s), index) for index, track in enumerate(self._tracks)]
        distance, index = min(distances, default=(math.inf, 0))
        return self._tracks.pop(index) if math.isfinite(distance) else None


def _age_s(track: Track, stamp_s: float) -> float:
    return math.inf if track.last is None else stamp_s - track.last.stamp_s


def _distance(track: Track, found: HandLandmarks, stamp_s: float) -> float:
    """Return how far a hand is from where a track was, in palm sizes; infinite: it is another hand."""
    if track.last is None:
        return math.inf
    before, now = track.last.found.landmarks, found.landmarks
    growth = scale_of(now) / scale_of(before)
    if not 1 / _MOST_GROWTH <= growth <= _MOST_GROWTH:
        return math.inf
    way = mean_distance_px(now, before) / max(palm_size(before), palm_size(now), 1e-6)
    difference = abs(found.right - track.right)
    if difference > 0.5:
        way += _OTHER_SIDE
    speed = _REACH_PER_S_SAME_SIDE if difference < _SAME_SIDE else _REACH_PER_S
    return way if way <= _REACH + speed * _age_s(track, stamp_s) else math.inf
