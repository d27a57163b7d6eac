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

"""Flesh between the joints of a hand and the skin that a camera sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

PALMAR_M: Floats = np.float32(1e-3) * np.array(
    [
        *(30.0, 28.0, 16.0, 13.0, 6.3),
        *(17.0, 12.0, 9.5, 7.0),
        *(22.0, 12.0, 9.5, 7.5),
        *(19.5, 10.0, 7.5, 7.0),
        *(15.0, 8.5, 7.0, 6.0),
    ],
    np.float32,
)
"""Flesh of the mean adult between each joint and the skin of the palm's side, metres."""

_DORSAL_M: Floats = np.float32(1e-3) * np.array(
    [
        *(19.0, 17.5, 14.5, 8.5, 6.0),
        *(8.5, 6.5, 6.0, 4.5),
        *(8.5, 6.5, 6.0, 4.0),
        *(8.0, 6.0, 5.5, 4.5),
        *(6.5, 6.0, 5.5, 4.0),
    ],
    np.float32,
)
"""The same to the skin of the back of the hand."""

_BEFORE = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])
"""Start of the bone that ends at each joint."""

_AFTER = np.array([9, 9, 9, 9, 9, 6, 7, 8, 8, 10, 11, 12, 12, 14, 15, 16, 16, 18, 19, 20, 20])
"""End of the bone that begins at each joint; those of wrist and thumb face the camera as the palm does."""


def flesh_before(hands: Sequence[TrackedHand]) -> Floats:
    """Estimate the flesh between joints and the skin that faces the camera, of mean adults' hands.

    There is more of it on the palm's side. The network's world landmarks tell how far each bone shows that
    side, as far as it knows a left hand from a right one.

    Returns:
        float32 [hands, 21], metres.
    """
    shape = np.stack([hand.world_landmarks for hand in hands])
    across = shape[:, Joint.INDEX_MCP] - shape[:, Joint.PINKY_MCP]
    palmar = np.cross(across[:, None], shape - shape[:, _BEFORE])
    lengths = np.linalg.norm(palmar, axis=2)
    sides = np.array([_side(hand) for hand in hands], np.float32)
    facing = -sides[:, None] * palmar[..., 2] / np.maximum(lengths, 1e-9)
    facing[:, :5] = facing[:, Joint.MIDDLE_MCP, None]
    facing = (facing + facing[:, _AFTER]) / 2
    flesh: Floats = (PALMAR_M + _DORSAL_M) / 2 + facing * (PALMAR_M - _DORSAL_M) / 2
    return flesh


def _side(hand: TrackedHand) -> float:
    """Return 1 for a right hand, -1 for a left one, nearer 0 the less certain that is."""
    if hand.handedness is Handedness.UNKNOWN:
        return 0.0
    certainty = 2 * hand.handedness_score - 1
    return certainty if hand.handedness is Handedness.RIGHT else -certainty
