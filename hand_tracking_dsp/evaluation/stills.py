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

"""Still pictures of one hand before the tracker."""

from __future__ import annotations

from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, Image, TrackedHand

FOUND_PERCENT = 40.0
"""A hand counts as found where its landmarks lie within this mean distance, % of the palm's size."""

_LOOKS = 2
"""Frames of a still picture that the tracker sees: found by the palm detector, then followed."""


def find_hand(
    tracker: HandTracker,
    image: Image,
    truth_px: Floats | None,
    *,
    level: int = 0,
    order: ChannelOrder = "rgb",
    depth: DepthView | None = None,
) -> TrackedHand | None:
    """Show a still picture to a tracker, on its own.

    Args:
        tracker: The tracker, which forgets what it followed.
        image: uint8 [height, width, 3].
        truth_px: True joints, float [21, 2 or more], pixels; None: they are not known.
        level: Sparsity level.
        order: The order of the image's channels.
        depth: Depth of the image's pixels, for banks that see depth.

    Returns:
        The hand nearest to the true one, or without truth the most present one; None: it is not found.
    """
    tracker.reset()
    for look in range(_LOOKS):
        hands = tracker.track(image, look / 30.0, level, order, depth=depth).hands
    if truth_px is None:
        return max(hands, key=lambda hand: hand.presence, default=None)
    away = {mean_distance_palm_percent(hand.landmarks, truth_px): hand for hand in hands}
    nearest = min(away, default=FOUND_PERCENT)
    return away[nearest] if nearest < FOUND_PERCENT else None
