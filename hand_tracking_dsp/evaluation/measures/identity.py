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

"""Continuity of track ids: how often a hand that stays in view gets another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.tracking.types import Floats

ABSENCE_S = 0.5
"""Time after which a hand that comes back counts as another one, seconds."""

REACH_PERCENT = 200.0
"""Mean distance by which the joints of a hand may have moved meanwhile, % of palm size.

About as far as a hand moves out of the region in which a tracker looks for it on the next frame.
"""


class Identified(Protocol):
    """A tracked hand: landmarks float32 [21, 2 or more] in pixels, and its track id; 0: it has none."""

    @property
    def landmarks(self) -> Floats:
        """Joints, pixels."""

    @property
    def track_id(self) -> int:
        """The same from frame to frame."""


@dataclass(slots=True)
class _SeenHand:
    """A hand as it was last seen."""

    landmarks: Floats
    seen_s: float
    track_id: int = 0


class IdChanges:
    """Counts the frames on which a hand bears another track id than on the frame that showed it before.

    A hand is the same where it is found within REACH_PERCENT of where it was last seen, at most ABSENCE_S
    ago; the nearest pairs first (matching.match_hands). Its place is that of a reference, such as the true
    hands or those of another tracker, so that a hand that a tracker loses for a while is still the same;
    without a reference it is where the tracker sees it.
    """

    def __init__(self) -> None:
        self._seen: list[_SeenHand] = []

    def update(
        self, stamp_s: float, hands: Sequence[Identified], references: Sequence[Floats] | None = None
    ) -> int:
        """Add a frame.

        Args:
            stamp_s: Stamp of the image, seconds; one that runs back starts again.
            hands: Tracked hands.
            references: Landmarks of the hands that are there, float32 [21, 2 or more] each, pixels; None:
                not known.

        Returns:
            Number of hands whose id differs from the one that they had before.
        """
        places = [hand.landmarks for hand in hands]
        self._seen = [one for one in self._seen if 0 <= stamp_s - one.seen_s <= ABSENCE_S]
        if references is None:
            now = self._recognized([hand.track_id for hand in hands], places, stamp_s)
            pairs = [(i, i) for i in range(len(hands))]
        else:
            now = self._recognized([0] * len(references), references, stamp_s)
            pairs = match_hands(places, references)
        changes = 0
        for i, j in pairs:
            changes += now[j].track_id not in (0, hands[i].track_id)
            now[j].track_id = hands[i].track_id
        return changes

    def _recognized(self, ids: Sequence[int], places: Sequence[Floats], stamp_s: float) -> list[_SeenHand]:
        """Return what is known of the hands at some places: by their ids, where known, else by the places."""
        known = {one.track_id: one for one in self._seen if one.track_id}
        now = [known.get(track_id) for track_id in ids]
        left = [i for i, one in enumerate(now) if one is None]
        gone = [one for one in self._seen if not any(one is other for other in now)]
        for i, j in match_hands([places[i] for i in left], [one.landmarks for one in gone], REACH_PERCENT):
            now[left[i]] = gone[j]
        found = [one or _SeenHand(place, stamp_s) for one, place in zip(now, places, strict=True)]
        for one, place in zip(found, places, strict=True):
            one.landmarks, one.seen_s = place, stamp_s
        self._seen += [one for one, before in zip(found, now, strict=True) if before is None]
        return found
