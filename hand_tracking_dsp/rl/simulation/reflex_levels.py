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

"""Levels that the tracker's reflex runs on simulated frames.

The reflex runs a sparser level than the operating point's on frames for which the time left does not
suffice (tracking.reflex). Its estimate of the moment is of the machine, whichever level runs, so that the
frames of all points are known beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.rl.simulation.frames import Array, Indices
from hand_tracking_dsp.tracking.reflex import Reflex


def expected_slowness(slower: Array, seen: NDArray[np.bool_]) -> Array:
    """Return the factor that the reflex expects at most, of the shape given; NaN until it has seen a frame.

    Args:
        slower: Factor by which each frame's network is slowed, in the order of the frames.
        seen: Whether the network runs on them, of the same shape.
    """
    reflex = Reflex([1.0])
    expected = np.full(slower.size, math.nan)
    factors = slower.ravel().tolist()
    for frame in np.flatnonzero(seen).tolist():
        expected[frame] = reflex.expected_ms(0)
        reflex.took(0, 1, factors[frame])
    return expected.reshape(slower.shape)


def levels_run(own: Sequence[int], costs_ms: Array, measured: Indices, allowed_ms: Array) -> Indices:
    """Return the level that the reflex chooses for each frame at each point, int64 [p, ...].

    Args:
        own: Level of each point.
        costs_ms: Time of each level for a hand, milliseconds.
        measured: Hands that are measured on each frame, [p, ...]; on one with none the point's level stays.
        allowed_ms: Time left for the network by what the reflex expects, [...], milliseconds; NaN: not known.
    """
    levels = np.empty(measured.shape, dtype=np.int64)
    for point, first in enumerate(own):
        choice = range(first, len(costs_ms))
        chosen = np.full(allowed_ms.shape, min(choice, key=lambda level: costs_ms[level]))
        for level in reversed(choice):
            chosen[measured[point] * costs_ms[level] <= allowed_ms] = level
        chosen[(measured[point] == 0) | np.isnan(allowed_ms)] = first
        levels[point] = chosen
    return levels
