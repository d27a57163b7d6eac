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

"""The flesh of the synthetic hand: tapered capsules around the skeleton's bones.

Breadths and depths of fingers and palm follow T. M. Greiner, "Hand Anthropometry of U.S. Army Personnel",
1991 (joint breadths 17 to 23 mm, hand thickness at the knuckles about 28 mm); where the palm's pads,
the webs and the forearm are, was fitted by eye.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.skeleton import HandShape
from hand_tracking_dsp.hand import FINGERS, Handedness, Joint

Floats = NDArray[np.float64]
_Row = tuple[Floats, Floats, float, float]

FINGER_RADII_M: Floats = 1e-3 * np.array(
    [
        [13.5, 11.5, 10.6, 8.6],
        [10.6, 9.4, 8.2, 6.6],
        [10.8, 9.6, 8.4, 6.8],
        [10.2, 9.0, 7.9, 6.4],
        [9.2, 7.9, 7.0, 5.7],
    ]
)
"""Radius of the flesh at each finger's four joints, thumb to little finger."""
_JOINT_BULGE_M = 1e-3 * np.array([0.0, 1.25, 1.25, 0.0])
"""What the smooth union of two bones' capsules adds at their common joint."""

_CARPUS = 1e-3 * np.array([[15.0, 2.0, 0.0], [5.0, 1.0, -2.0], [-6.0, 1.0, -2.0], [-15.0, 2.0, 0.0]])
_PADS = 1e-3 * np.array(
    [
        [20.0, 9.0, 6.0, 21.0, 42.0, 7.0, 13.0, 12.5],  # below the thumb
        [-20.0, 7.0, 5.0, -28.0, 56.0, 5.0, 13.0, 12.0],  # below the little finger
        [0.0, 30.0, 0.0, -4.0, 66.0, 0.0, 12.0, 11.5],
    ]
)
"""Flesh of the palm. Like _FOREARM and _SLEEVE: from x, y, z to x, y, z, and the radius at either end."""

_THUMB_WEB = ((0.45, 0.50, 0.0095), (0.80, 0.72, 0.0070))
"""From a share of the thumb's metacarpal to a share of the index's; radius, metres."""

_FOREARM = 1e-3 * np.array(
    [
        [10.0, -10.0, -1.0, 18.0, -400.0, -6.0, 17.0, 27.0],
        [-10.0, -10.0, -1.0, -18.0, -400.0, -6.0, 17.0, 27.0],
        [0.0, -6.0, 0.0, 0.0, -400.0, -6.0, 15.5, 27.0],
    ]
)
_SLEEVE = 1e-3 * np.array(
    [
        [12.0, -92.0, -2.5, 26.0, -410.0, -8.0, 29.0, 45.0],
        [-12.0, -92.0, -2.5, -26.0, -410.0, -8.0, 29.0, 45.0],
        [0.0, -92.0, -2.5, 0.0, -410.0, -8.0, 29.0, 46.0],
    ]
)


@dataclass(frozen=True, slots=True)
class Body:
    """Tapered capsules in one frame of axes, metres.

    Attributes:
        starts: [n, 3], centre of the ball at one end.
        ends: [n, 3], centre of the ball at the other end.
        start_radii: [n], metres.
        end_radii: [n], metres.
        palmar: [n, 3], unit vector away from the capsule's back (for a nail, a finger's pad).
        bones: int [n], which bone of its finger, 0 to 2; -1 = none.
        cloth: bool [n], the capsule is a sleeve, not skin.
    """

    starts: Floats
    ends: Floats
    start_radii: Floats
    end_radii: Floats
    palmar: Floats
    bones: NDArray[np.int64]
    cloth: NDArray[np.bool_]

    def scaled(self, size: float) -> Body:
        """Give the body of a hand larger by a factor."""
        names = ("starts", "ends", "start_radii", "end_radii")
        return replace(self, **{name: size * getattr(self, name) for name in names})

    def moved(self, turn: Floats, origin: Floats) -> Body:
        """Give the body turned by a rotation [3, 3] and then shifted to an origin [3]."""
        starts, ends = self.starts @ turn.T + origin, self.ends @ turn.T + origin
        return replace(self, starts=starts, ends=ends, palmar=self.palmar @ turn.T)


def dress(shape: HandShape) -> Body:
    """Put flesh and a sleeve on a skeleton, in the hand's frame."""
    joints, radii = shape.joints, FINGER_RADII_M - _JOINT_BULGE_M
    mirror = np.array([-1.0 if shape.handedness is Handedness.LEFT else 1.0, 1.0, 1.0])
    rows: list[_Row] = []
    palmar: list[Floats] = []
    for f, finger in enumerate(FINGERS):
        for bone in range(3):
            rows.append((joints[finger[bone]], joints[finger[bone + 1]], radii[f, bone], radii[f, bone + 1]))
            palmar.append(shape.palmar[finger[bone + 1]])
    carpus, knuckles = _CARPUS * mirror, joints[[finger[0] for finger in FINGERS]]
    rows += [(carpus[f - 1], knuckles[f], 0.0125, radii[f, 0] + 0.0008) for f in range(1, 5)]
    rows += _fixed((*_PADS, *_FOREARM), mirror)
    webs = [_between(knuckles[f], joints[FINGERS[f][1]], 0.30) for f in range(1, 5)]
    rows += [(webs[f], webs[f + 1], 0.0072, 0.0072) for f in range(3)]
    for on_thumb, on_index, radius in _THUMB_WEB:
        start = _between(knuckles[0], joints[Joint.THUMB_MCP], on_thumb)
        rows.append((start, _between(carpus[0], knuckles[1], on_index), radius, radius))
    rows.append((carpus[0], knuckles[0], 0.0135, radii[0, 0]))
    skin = len(rows)
    rows += _fixed(_SLEEVE, mirror)
    count = len(rows)
    palmar += [np.array([0.0, 0.0, 1.0])] * (count - len(palmar))
    return Body(
        starts=np.array([row[0] for row in rows]),
        ends=np.array([row[1] for row in rows]),
        start_radii=np.array([row[2] for row in rows]),
        end_radii=np.array([row[3] for row in rows]),
        palmar=np.array(palmar),
        bones=np.where(np.arange(count) < 3 * len(FINGERS), np.arange(count) % 3, -1),
        cloth=np.arange(count) >= skin,
    )


def _fixed(parts: Iterable[Floats], mirror: Floats) -> list[_Row]:
    """Take parts that move with the palm."""
    return [(part[:3] * mirror, part[3:6] * mirror, float(part[6]), float(part[7])) for part in parts]


def _between(start: Floats, end: Floats, share: float) -> Floats:
    """Give a point of a straight line."""
    point: Floats = start + share * (end - start)
    return point
