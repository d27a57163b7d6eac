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

"""Random poses of a hand within the limits of its joints: tracked ones, gestures, and what lies between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.catalogue import split_poses, tracked_poses
from hand_tracking_dsp.cameras.mesh.rig import bone_turns
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import PALM_M, PHALANGES_M

Floats = NDArray[np.float64]

LOWEST_DEG: Floats = np.array(
    [
        [4.0, -6.0, -10.0, -12.0],
        [-14, -20, -5, -5],
        [-12, -20, -5, -5],
        [-16, -20, -5, -5],
        [-32, -20, -5, -5],
    ]
)
HIGHEST_DEG: Floats = np.array(
    [[74.0, 48.0, 60.0, 85.0], [24, 92, 108, 70], [12, 94, 110, 70], [8, 94, 110, 70], [6, 98, 108, 70]]
)
"""Anatomical limits of the angles [5, 4]; see V. Mallon et al., "Digital ranges of motion in normal young
adults", Journal of Hand Surgery 16(5), 1991."""

_SPREAD_LEFT_AT_FIST = 0.25
"""Share of abduction that a finger bent by 90 degrees at its MCP joint keeps."""

_RADII_M = 1e-3 * np.array([[11.0, 10.0, 8.5], [9, 8, 7], [9, 8, 7], [8.5, 7.5, 6.5], [7.5, 6.5, 6]])
_DEEPEST_M = 0.005
"""Deepest overlap of two fingers' capsules that is taken for soft flesh."""

_STEP_DEG = 7.0
_TRIES = 6


@dataclass(frozen=True, slots=True)
class RandomPose:
    """One drawn pose.

    Attributes:
        angles_deg: float64 [5, 4], as pose_hand takes them.
        name: Name of a gesture, or "tracked " and the number of the nearest tracked pose.
    """

    angles_deg: Floats
    name: str


def random_pose(random: np.random.Generator, split: str, gesture_share: float) -> RandomPose:
    """Draw a pose: a tracked one on its way to another, or a gesture, each a little changed.

    A pose whose fingers go through each other is drawn again; the last resort is a tracked pose as it is.

    Args:
        random: Source of the numbers drawn.
        split: "train", "val" or "test": which tracked poses to draw from.
        gesture_share: Share of gestures, 0 to 1.
    """
    numbers, poses = split_poses(split), tracked_poses()
    for _ in range(_TRIES):
        if random.uniform() < gesture_share:
            name = str(random.choice(list(GESTURES)))
            base = GESTURES[name]
        else:
            first, second = random.choice(numbers, 2)
            share = 0.5 * random.uniform() ** 2
            base = poses[first] + share * (poses[second] - poses[first])
            name = f"tracked {first}"
        angles = within_limits(base + random.normal(0.0, _STEP_DEG, (5, 4)))
        if overlap_m(angles) <= _DEEPEST_M:
            return RandomPose(angles, name)
    first = int(random.choice(numbers))
    return RandomPose(within_limits(poses[first]), f"tracked {first}")


def within_limits(angles_deg: Floats) -> Floats:
    """Clip angles to what joints can do; bent fingers cannot be spread, and DIP follows PIP.

    Args:
        angles_deg: float64 [5, 4].
    """
    angles: Floats = np.clip(angles_deg, LOWEST_DEG, HIGHEST_DEG)
    bent = np.clip(angles[1:, 1] / 90.0, 0.0, 1.0)
    angles[1:, 0] *= 1.0 - (1.0 - _SPREAD_LEFT_AT_FIST) * bent
    angles[1:, 3] = np.clip(angles[1:, 3], 0.3 * angles[1:, 2] - 10.0, 0.85 * angles[1:, 2] + 15.0)
    return angles


def overlap_m(angles_deg: Floats) -> float:
    """Measure how deep two fingers go into each other, as capsules of a mean adult's hand.

    Args:
        angles_deg: float64 [5, 4].

    Returns:
        Metres; 0 or less where they keep apart.
    """
    bones = bone_turns(angles_deg)[1:, :, 1].reshape(5, 3, 3) * PHALANGES_M[:, :, None]
    chains = PALM_M[:, None] + np.concatenate([np.zeros((5, 1, 3)), np.cumsum(bones, axis=1)], axis=1)
    starts, ends = chains[:, :-1].reshape(15, 3), chains[:, 1:].reshape(15, 3)
    distances = _segment_distances(starts[_ONE], ends[_ONE], starts[_OTHER], ends[_OTHER])
    return float((_REACH_M - distances).max())


_ONE, _OTHER = (
    np.array(side)
    for side in zip(
        *(
            (one, other)
            for one in range(15)
            for other in range(one + 1, 15)
            # Neighbours share flesh at the palm, and the thumb's metacarpal lies in it.
            if one // 3 != other // 3 and one != 0 and not (one % 3 == 0 and other % 3 == 0)
        ),
        strict=True,
    )
)
_REACH_M = _RADII_M.reshape(15)[_ONE] + _RADII_M.reshape(15)[_OTHER]


def _segment_distances(p0: Floats, p1: Floats, q0: Floats, q1: Floats) -> Floats:
    """Measure the distances of pairs of segments, float64 [n]; each end is [n, 3]."""
    u, v, w = p1 - p0, q1 - q0, p0 - q0
    a, b, c = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    d, e = (u * w).sum(1), (v * w).sum(1)
    s = np.clip((b * e - c * d) / np.maximum(a * c - b * b, 1e-12), 0.0, 1.0)
    t = np.clip((b * s + e) / c, 0.0, 1.0)
    s = np.clip((b * t - d) / a, 0.0, 1.0)
    distances: Floats = np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1)
    return distances
