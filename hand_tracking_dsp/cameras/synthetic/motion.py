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

"""Motion of the synthetic hands: gestures, turns, places, and the times of their absence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic.gestures import GestureWalk, smooth_step
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.hand import Handedness

Floats = NDArray[np.float64]

_REACH_M = 0.125
"""From the middle of the palm to the farthest fingertip, about."""

_LEAVE_S = 0.35
"""Time a hand takes to sink out of the view, and to rise into it."""

_PERIODS_S = ((4.0, 7.0), (5.0, 8.0), (5.0, 9.0), (6.0, 9.0), (7.0, 10.0), (8.0, 13.0))
"""Shortest and longest period of roll, pitch, yaw, x, y and distance."""

_ROLL_DEG, _PITCH_DEG, _YAW_DEG = 32.0, 20.0, 32.0
_NEAREST_M, _FARTHEST_M = 0.38, 0.60


@dataclass(frozen=True, slots=True)
class HandPlace:
    """One hand at one time.

    Attributes:
        handedness: LEFT or RIGHT.
        angles_deg: [5, 4], joint angles.
        turn: [3, 3], hand's frame to the optical frame.
        middle_m: [3], where the middle of the palm is, metres in the optical frame.
        size: Scale of the whole hand; 1 = the mean adult.
        tone: 0 to 1, of the skin, pale to dark.
    """

    handedness: Handedness
    angles_deg: Floats
    turn: Floats
    middle_m: Floats
    size: float
    tone: float


class Motion:
    """Moves one or two hands by smooth functions of time, so that any time can be asked for.

    Two hands are a left and a right one; one may change its side at an absence. Each absence comes at the end
    of a period; a hand rises into the view after it, and sinks out of it before the next. The speed is that
    of gestures and turns; the absences keep their times.

    Args:
        options: Seed, hands, absences and speed; two motions of one seed are the same.
        half_view: Tangents of half the horizontal and half the vertical angle of view.
    """

    def __init__(self, options: SourceOptions, half_view: tuple[float, float]) -> None:
        self._options = options
        self._half_view = half_view
        self._walks = [GestureWalk(options.seed * 2 + hand) for hand in range(options.hands)]
        self._waves = [_Waves(options.seed, hand) for hand in range(options.hands)]

    def scene_number(self, time_s: float) -> int:
        """Count the absences that are over: each begins with a new person and place."""
        return int(time_s // self._options.absence_every_s) if self._options.absence_s > 0.0 else 0

    def places(self, time_s: float) -> tuple[HandPlace, ...]:
        """Place the hands; an empty tuple while they are away."""
        sunk = self._sunk(time_s)
        if sunk >= 1.0:
            return ()
        return tuple(self._place(hand, time_s, sunk) for hand in range(self._options.hands))

    def _place(self, hand: int, time_s: float, sunk: float) -> HandPlace:
        options, moved_s = self._options, time_s * self._options.speed
        scene = self.scene_number(time_s)
        looks = np.random.default_rng((options.seed, 2, scene))
        first = Handedness.RIGHT if int(looks.integers(2)) else Handedness.LEFT
        side = first if options.hands == 1 else (Handedness.LEFT, Handedness.RIGHT)[hand]
        size, tone = float(looks.uniform(0.92, 1.08)), float(looks.uniform())
        roll, pitch, yaw, across, up, away = self._waves[hand].at(moved_s)
        distance = _NEAREST_M + (_FARTHEST_M - _NEAREST_M) * (0.5 + 0.5 * away)
        half_width, half_height = (distance * tangent for tangent in self._half_view)
        reach = _REACH_M * size
        free_x, free_y = max(half_width - reach, 0.0), max(half_height - reach, 0.0)
        x, y = across * free_x, up * free_y
        if options.hands == 2:
            # Each keeps to its half: palms to the camera, the right hand is on the image's left.
            third = 0.5 * half_width
            x = (third if side is Handedness.LEFT else -third) + across * max(third - reach, 0.0)
        y += sunk * 2.0 * (half_height + reach)
        turn = rotation(*np.radians((roll * _ROLL_DEG, pitch * _PITCH_DEG, yaw * _YAW_DEG)))
        middle = np.array([x, y, distance])
        return HandPlace(side, self._walks[hand].angles(moved_s), turn, middle, size, tone)

    def _sunk(self, time_s: float) -> float:
        """Say how far the hands have left: 0 = in view, 1 = gone."""
        if self._options.absence_s <= 0.0:
            return 0.0
        since_s = time_s % self._options.absence_every_s
        until_s = self._options.absence_every_s - self._options.absence_s - since_s
        return 1.0 - smooth_step(min(since_s, until_s) / _LEAVE_S)


class _Waves:
    """Six smooth, bounded functions of time: roll, pitch, yaw, x, y and distance, each -1 to 1."""

    def __init__(self, seed: int, hand: int) -> None:
        random = np.random.default_rng((seed, 3, hand))
        periods_s = random.uniform(*zip(*_PERIODS_S, strict=True))
        self._rates = 2.0 * np.pi / periods_s
        self._phases = random.uniform(0.0, 2.0 * np.pi, (2, 6))

    def at(self, time_s: float) -> Floats:
        """Give all six at a time."""
        slow = np.sin(self._rates * time_s + self._phases[0])
        quick = np.sin(2.3 * self._rates * time_s + self._phases[1])
        waves: Floats = 0.75 * slow + 0.25 * quick
        return waves
