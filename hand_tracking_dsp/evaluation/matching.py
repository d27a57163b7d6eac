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

from collections.abc import Iterable, Sequence

import numpy as np

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, mean_distance_px, palm_size
from hand_tracking_dsp.tracking.types import Floats

# Mean distance, in % of the reference's palm size, from which on two hands of one image are not the same.
_LIMIT_PALM_PERCENT = 100.0

# A camera whose pixels are the slopes of rays.
_RAYS = Intrinsics(1.0, 1.0, 0.0, 0.0)


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
    distances = (
        (mean_distance_palm_percent(hand, reference), i, j)
        for i, hand in enumerate(hands)
        for j, reference in enumerate(references)
        if palm_size(reference) > 0
    )
    return _nearest(distances, limit_percent)


def match_in_space(hands: Sequence[Hand3d], references: Sequence[Hand3d]) -> list[tuple[int, int]]:
    """Pair hands in space as match_hands does in an image, by the rays of the joints that both know.

    Rays alone count, so that a hand whose depth is wrong is compared with the one that it is.

    Args:
        hands: Hands in the camera's optical frame.
        references: Hands of the reference, in the same frame.

    Returns:
        Pairs (index in hands, index in references), ordered by the latter.
    """
    seen, expected = ([_rays(one.joints_m) for one in some] for some in (hands, references))
    distances = []
    for i, hand in enumerate(seen):
        for j, reference in enumerate(expected):
            known = np.isfinite(hand).all(axis=1) & np.isfinite(reference).all(axis=1)
            if known.any() and (size := palm_size(reference)) > 0:
                percent = 100 * mean_distance_px(hand[known], reference[known]) / size
                distances.append((percent, i, j))
    return _nearest(distances, _LIMIT_PALM_PERCENT)


def _rays(joints_m: Floats) -> Floats:
    """Return the slopes of the rays to joints, float [21, 2]; NaN for those not before the camera."""
    rays: Floats = _RAYS.project(np.where(joints_m[:, 2:] > 0, joints_m, np.float32(np.nan)))
    return rays


def _nearest(distances: Iterable[tuple[float, int, int]], limit_percent: float) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for distance, i, j in sorted(distances):
        if distance <= limit_percent and all(i != used and j != taken for used, taken in pairs):
            pairs.append((i, j))
    return sorted(pairs, key=lambda pair: pair[1])
