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

"""Angles and lengths of a hand that determine its gesture, whatever its turn, size and side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import FINGERS, Joint
from hand_tracking_dsp.tracking.types import Floats

VECTOR_LENGTH = 15
"""Numbers in a HandFeatures.vector."""

_LEAST_LENGTH = 1e-6
_CHAINS = np.array([(Joint.WRIST, *finger) for finger in FINGERS])
_TIPS = _CHAINS[1:, -1]
_PIPS = np.array([Joint.INDEX_PIP, Joint.MIDDLE_PIP, Joint.RING_PIP])
# Degrees that weigh as much as a palm size, and half a degree of a finger's whole bend as one: with these an
# example of one person lies nearer to the same gesture of another than to other gestures.
_GAP_DEG = 60.0
_THUMB_GAP_DEG = 90.0
_BEND_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class HandFeatures:
    """Angles and lengths of one hand; a palm size is the length from the wrist to the middle finger's MCP.

    Attributes:
        bends: float64 [5, 3], degrees, 0 to 180: by how much each finger's way from the wrist to its tip
            turns at its inner joints: CMC, MCP, IP of the thumb; MCP, PIP, DIP of the others.
        spreads: float64 [4], degrees: between the directions of neighbouring fingers' first bones.
        tip_gaps: float64 [4]: from the thumb's tip to the other tips, palm sizes.
        thumb_reach: How far the thumb's tip is from the little finger's MCP joint, in distances of the
            thumb's own MCP joint from there: below 1 it lies across the palm.
        thumb_gap: From the thumb's tip to the nearest joint of another finger, palm sizes.
        tip_lead: How much nearer the thumb's tip is to the index finger's tip than to the nearest PIP joint
            of index, middle and ring finger, palm sizes; in a fist it is not.
    """

    bends: NDArray[np.float64]
    spreads: NDArray[np.float64]
    tip_gaps: NDArray[np.float64]
    thumb_reach: float
    thumb_gap: float
    tip_lead: float

    def vector(self) -> NDArray[np.float64]:
        """Give all that matters as numbers of like weight.

        Returns:
            float64 [15], degrees or scaled to be like them: bends of the five fingers, spreads, tip gaps,
            reach and gap of the thumb.
        """
        thumb = (_GAP_DEG * self.thumb_reach, _THUMB_GAP_DEG * self.thumb_gap)
        bends = _BEND_SHARE * self.bends.sum(axis=1)
        return np.concatenate([bends, self.spreads, _GAP_DEG * self.tip_gaps, thumb])


def measure(landmarks: Floats) -> HandFeatures:
    """Measure a hand.

    Args:
        landmarks: float [21, 3], finite, x, y and z in one unit.
    """
    joints = np.asarray(landmarks, dtype=np.float64)
    bones = np.diff(joints[_CHAINS], axis=1)
    bones /= np.maximum(np.linalg.norm(bones, axis=2, keepdims=True), _LEAST_LENGTH)
    thumb_tip = joints[Joint.THUMB_TIP]
    palm = _distance(joints[Joint.WRIST], joints[Joint.MIDDLE_MCP])
    from_thumb = np.linalg.norm(joints - thumb_tip, axis=1) / palm
    little = joints[Joint.PINKY_MCP]
    return HandFeatures(
        bends=_angles(bones[:, :-1], bones[:, 1:]),
        spreads=_angles(bones[:-1, 1], bones[1:, 1]),
        tip_gaps=from_thumb[_TIPS],
        thumb_reach=_distance(thumb_tip, little) / _distance(joints[Joint.THUMB_MCP], little),
        thumb_gap=float(from_thumb[Joint.INDEX_MCP :].min()),
        tip_lead=float(from_thumb[_PIPS].min() - from_thumb[Joint.INDEX_TIP]),
    )


def ramp(value: float, zero: float, one: float) -> float:
    """Rise linearly from 0 where value is zero to 1 where it is one; zero may be the larger of them."""
    return min(max((value - zero) / (one - zero), 0.0), 1.0)


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return max(float(np.linalg.norm(a - b)), _LEAST_LENGTH)


def _angles(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.degrees(np.arccos(np.clip((a * b).sum(axis=-1), -1.0, 1.0)))
    return result
