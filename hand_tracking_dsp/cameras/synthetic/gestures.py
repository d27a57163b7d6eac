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

"""Named hand poses, and a seeded walk through them that can be entered at any time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STRAIGHT = {"index": (6, 4, 5, 3), "middle": (0, 3, 5, 3), "ring": (-6, 4, 6, 4), "pinky": (-14, 5, 7, 5)}
_CURLED = {
    "index": (2, 86, 104, 64),
    "middle": (0, 88, 106, 66),
    "ring": (-2, 88, 104, 66),
    "pinky": (-5, 86, 100, 62),
}
_OPEN_THUMB = (44, 22, 8, 4)


def _pose(thumb: tuple[int, ...], straight: str = "", **fingers: tuple[int, ...]) -> Floats:
    """Build angles [5, 4]: fingers named in `straight` are straight, others curled, unless given."""
    names = ("index", "middle", "ring", "pinky")
    chosen = [fingers.get(n, _STRAIGHT[n] if n in straight.split() else _CURLED[n]) for n in names]
    return np.array([thumb, *chosen], dtype=np.float64)


GESTURES: dict[str, Floats] = {
    "open palm": _pose(_OPEN_THUMB, "index middle ring pinky"),
    "spread": _pose(
        (58, 18, 2, 0), index=(15, 0, 3, 2), middle=(2, 0, 3, 2), ring=(-11, 0, 3, 2), pinky=(-25, 0, 4, 3)
    ),
    "closed palm": _pose(
        (24, 24, 10, 6), index=(0, 5, 6, 4), middle=(-1, 4, 6, 4), ring=(-2, 5, 7, 4), pinky=(-4, 6, 8, 5)
    ),
    "relaxed": _pose(
        (36, 32, 16, 14),
        index=(5, 20, 26, 14),
        middle=(0, 26, 32, 18),
        ring=(-5, 32, 36, 20),
        pinky=(-11, 34, 36, 20),
    ),
    "fist": _pose((31, 32, 49, 55)),
    "point": _pose((21, 28, 50, 52), "index"),
    "victory": _pose((13, 25, 51, 50), index=(13, 2, 4, 3), middle=(-7, 2, 4, 3)),
    "three": _pose((52, 18, 4, 2), index=(12, 2, 4, 3), middle=(-4, 2, 4, 3)),
    "four": _pose((8, 4, 58, 70), "index middle ring pinky"),
    "thumb up": _pose((72, 4, -4, -8)),
    "ok": _pose((31, 37, 24, 26), "middle ring pinky", index=(4, 50, 59, 34)),
    "pinch": _pose(
        (23, 38, 28, 27),
        index=(4, 50, 60, 30),
        middle=(0, 53, 53, 29),
        ring=(-4, 52, 54, 30),
        pinky=(-9, 56, 56, 30),
    ),
    "call": _pose((62, 14, -2, -4), "pinky"),
}
"""Angles in degrees, [5, 4] each, as pose_hand takes them."""

_HOLD_S = 0.9
_CHANGE_S = 0.7


class GestureWalk:
    """Goes through all gestures in an ever new order, holding each and moving smoothly on.

    Two walks of one seed are the same.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._names = tuple(GESTURES)

    def name(self, step: int) -> str:
        """Name the gesture of a step."""
        count = len(self._names)
        cycle, place = divmod(step, count)
        return self._names[int(self._order(cycle)[place])]

    def angles(self, time_s: float) -> Floats:
        """Give the joint angles [5, 4], degrees, at a time from 0."""
        step, passed_s = divmod(time_s, _HOLD_S + _CHANGE_S)
        now, then = (GESTURES[self.name(int(step) + ahead)] for ahead in (0, 1))
        return now + (then - now) * smooth_step((passed_s - _HOLD_S) / _CHANGE_S)

    def _order(self, cycle: int) -> NDArray[np.int64]:
        return np.random.default_rng((self._seed, 1, cycle)).permutation(len(self._names))


def smooth_step(x: float) -> float:
    """Ease from 0 to 1 over x from 0 to 1, with no jump of speed."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)
