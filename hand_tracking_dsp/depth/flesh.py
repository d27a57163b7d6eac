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

from hand_tracking_dsp.hand import JOINT_COUNT, Handedness, Joint
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

_PALMAR_M: Floats = np.float32(1e-3) * np.array(
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

_MIDDLE_M, _HALF_M = (_PALMAR_M + _DORSAL_M) / 2, (_PALMAR_M - _DORSAL_M) / 2

_BEFORE = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])
"""Start of the bone that ends at each joint."""

_FACING = np.array([9, 9, 9, 9, 9, *range(5, JOINT_COUNT)])
"""End of the bone before each joint that faces the camera as it does; wrist and thumb face it as the palm."""

_FACING_AFTER = np.array([9, 9, 9, 9, 9, 6, 7, 8, 8, 10, 11, 12, 12, 14, 15, 16, 16, 18, 19, 20, 20])
"""The same of the bone behind it."""

_CROSS: Floats = np.array(
    [
        [[0, 0, 0], [0, 0, 1], [0, -1, 0]],
        [[0, 0, -1], [0, 0, 0], [1, 0, 0]],
        [[0, 1, 0], [-1, 0, 0], [0, 0, 0]],
    ],
    np.float32,
).reshape(3, 9)
"""Cross product: of a, (a @ _CROSS) reshaped to [3, 3] is the matrix that turns rows b into a x b."""


BEFORE_LANDMARKS_M: Floats = np.float32(1e-3) * np.array([4.0, 6.0, 0.0, 2.0] + [0.0] * 17, np.float32)
"""Flesh of which there is less before the landmarks of wrist, thumb CMC and thumb IP in colour images than
before the joints, which lie beside them, metres."""

_BESIDE_M: Floats = np.float32(1e-3) * np.array(
    [
        *(-2.5, 1.5, 1.0, 7.5, 4.0),
        *(2.5, -1.0, 0.0, 2.5),
        *(-0.5, 0.5, 3.0, 2.5),
        *(-0.5, 0.0, 2.5, 3.5),
        *(3.5, 2.5, 0.0, 1.0),
    ],
    np.float32,
)
"""Distance of each joint beyond its landmark in colour images, along the bone that ends there (the wrist's:
from the middle finger's MCP), metres of the network's shape: the mean of what MediaPipe's dense network finds
in 1,102 pictures of 17 rendered people, as BEFORE_LANDMARKS_M is."""

_FROM = np.array([Joint.MIDDLE_MCP, *_BEFORE[1:]])


def joints_beyond(hands: Sequence[TrackedHand]) -> Floats:
    """Estimate where joints are seen whose landmarks were found in a colour image, and lie beside them.

    Returns:
        float32 [hands, 21, 2], pixels of the image.
    """
    landmarks = np.array([hand.landmarks[:, :2] for hand in hands])
    shape = np.array([hand.world_landmarks for hand in hands])
    bones = shape - shape[:, _FROM]
    lengths = np.sqrt(np.einsum("hja,hja->hj", bones, bones))
    spread_px, spread_m = (
        np.sqrt(np.square(points - points.mean(axis=1, keepdims=True)).sum(axis=(1, 2)))
        for points in (landmarks, shape[..., :2])
    )
    px_per_m = spread_px / np.maximum(spread_m, np.float32(1e-6))
    shares = px_per_m[:, None] * _BESIDE_M / np.maximum(lengths, np.float32(1e-6))
    seen: Floats = landmarks + shares[..., None] * bones[..., :2]
    return seen


def flesh_before(hands: Sequence[TrackedHand]) -> Floats:
    """Estimate the flesh between joints and the skin that faces the camera, of mean adults' hands.

    There is more of it on the palm's side. The network's world landmarks tell how far each bone shows that
    side, as far as it knows a left hand from a right one.

    Returns:
        float32 [hands, 21], metres.
    """
    shape = np.array([hand.world_landmarks for hand in hands])
    across = shape[:, Joint.INDEX_MCP] - shape[:, Joint.PINKY_MCP]
    palmar = (shape - shape[:, _BEFORE]) @ (across @ _CROSS).reshape(-1, 3, 3)
    lengths = np.sqrt(np.einsum("hja,hja->hj", palmar, palmar))
    sides = np.array([[_side(hand)] for hand in hands], np.float32)
    facing = -sides * palmar[..., 2] / np.maximum(lengths, np.float32(1e-9))
    flesh: Floats = _MIDDLE_M + (facing[:, _FACING] + facing[:, _FACING_AFTER]) / 2 * _HALF_M
    return flesh


def _side(hand: TrackedHand) -> float:
    """Return 1 for a right hand, -1 for a left one, nearer 0 the less certain that is."""
    if hand.handedness is Handedness.UNKNOWN:
        return 0.0
    certainty = 2 * hand.handedness_score - 1
    return certainty if hand.handedness is Handedness.RIGHT else -certainty
