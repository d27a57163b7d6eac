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

"""Outlook: hands as they are expected where an image cannot be looked at in time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.track import Measurement
from hand_tracking_dsp.tracking.types import TrackedHand


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Hands of an image that was not looked at.

    Attributes:
        hands: The hands, ordered by track_id.
        age_s: Time since the image that was looked at last, seconds, above 0.
        level: Level that ran there.
        sparsity: Its sparsity, 0 to 1.
        width: Width of that image, pixels.
        height: Its height.
    """

    hands: tuple[TrackedHand, ...]
    age_s: float
    level: int
    sparsity: float
    width: int
    height: int

    def error_percent(self, hands: Iterable[TrackedHand]) -> float:
        """Return how far its hands lie from those found later, mean over hands, % of palm size.

        Args:
            hands: Hands of the same image, as the network saw them.

        Returns:
            NaN where none of them was both predicted and measured.
        """
        expected = {hand.track_id: hand.landmarks for hand in self.hands}
        distances = [
            mean_distance_palm_percent(expected[hand.track_id], hand.landmarks)
            for hand in hands
            if hand.measured and hand.track_id in expected
        ]
        return fmean(distances) if distances else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Snapshot of what was followed after a frame; never changed, so that any thread may use it.

    Attributes:
        stamp_s: Time of the frame's image, seconds.
        measurements: The last measurement of each hand in view, ordered by track_id.
        level: Level that ran.
        sparsity: Its sparsity, 0 to 1.
        width: Width of the image, pixels.
        height: Its height.
        longest_s: Longest time for which a hand is predicted, seconds.
    """

    stamp_s: float
    measurements: Sequence[Measurement]
    level: int
    sparsity: float
    width: int
    height: int
    longest_s: float

    def at(self, stamp_s: float) -> Prediction | None:
        """Predict the hands of an image.

        A hand that was measured too long before is left out.

        Args:
            stamp_s: Time of the image, seconds.

        Returns:
            None where that is not later, or so much later that nothing is known of what it shows.
        """
        age_s = stamp_s - self.stamp_s
        if not 0 < age_s <= self.longest_s:
            return None
        hands = tuple(one.at(stamp_s) for one in self.measurements if stamp_s - one.stamp_s <= self.longest_s)
        return Prediction(hands, age_s, self.level, self.sparsity, self.width, self.height)
