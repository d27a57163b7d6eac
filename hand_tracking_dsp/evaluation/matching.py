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

"""Matching of hands that two sources found in one image."""

from __future__ import annotations

from collections.abc import Sequence

from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, palm_size
from hand_tracking_dsp.tracking.types import Floats

# Mean distance, in % of the reference's palm size, from which on two hands of one image are not the same.
_LIMIT_PALM_PERCENT = 100.0


def match_hands(
    hands: Sequence[Floats], references: Sequence[Floats], limit_percent: float = _LIMIT_PALM_PERCENT
) -> list[tuple[int, int]]:
    """Pair hands with reference hands, the nearest pair first, each hand once.

    Args:
        hands: Landmarks, float [21, 2 or more] each, pixels.
        references: Landmarks of the reference, float [21, 2 or more] each, pixels.
        limit_percent: Mean distance above which two are not the same hand, % of the reference's palm size.

    Returns:
        Pairs (index in hands, index in references), ordered by the latter.
    """
    distances = sorted(
        (mean_distance_palm_percent(hand, reference), i, j)
        for i, hand in enumerate(hands)
        for j, reference in enumerate(references)
        if palm_size(reference) > 0
    )
    pairs: list[tuple[int, int]] = []
    for distance, i, j in distances:
        if distance <= limit_percent and all(i != used and j != taken for used, taken in pairs):
            pairs.append((i, j))
    return sorted(pairs, key=lambda pair: pair[1])
