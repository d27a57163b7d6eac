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

"""Lengths of a hand's bones, learned over frames."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import BONES, Joint
from hand_tracking_dsp.tracking.types import Floats

LINKS: tuple[tuple[Joint, Joint], ...] = (
    *BONES,
    (Joint.WRIST, Joint.MIDDLE_MCP),
    (Joint.WRIST, Joint.RING_MCP),
    (Joint.INDEX_MCP, Joint.PINKY_MCP),
    (Joint.THUMB_CMC, Joint.INDEX_MCP),
)
"""Pairs of joints whose distance stays, whatever the hand does: the bones, and more of the palm."""

START = np.array([start for start, _ in LINKS])
END = np.array([end for _, end in LINKS])

ADULT_M: Floats = np.float32(1e-3) * np.array(
    [
        *(33.8, 91.5, 82.2, 21.3, 19.9, 18.8),
        *(46.2, 31.6, 24.8),
        *(39.8, 22.4, 17.9),
        *(44.6, 26.3, 19.6),
        *(41.4, 25.6, 19.5),
        *(32.7, 18.1, 18.0),
        *(91.1, 86.3, 57.3, 66.5),
    ],
    np.float32,
)
"""Lengths of LINKS in the mean adult's hand, metres: A. Buryanov and V. Kotiuk, "Proportions of Hand
Segments", International Journal of Morphology 28(3), 2010; the palm as cameras.synthetic has it."""

_PALM_JOINTS = (Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP)

SMALLEST, LARGEST = 0.45, 1.5
"""Sizes that a hand can have, shares of the mean adult's: from a small child's to beyond any."""

_PALM = np.array([index for index, (start, end) in enumerate(LINKS) if {start, end} <= set(_PALM_JOINTS)])
"""The links of the palm, which does not bend: they tell the hand's size."""

_FEWEST_LINKS = 4
"""Fewest of them from which it is told."""

_PRIOR_FRAMES = 6.0
"""Measurements of a link that weigh as much as the proportions of the mean adult."""

_MEMORY_FRAMES = 300.0
"""Measurements among which a new one counts; so what was learned of a wrong hand fades."""

_SURPRISE = 0.12
"""Largest log of a measured by a learned length that counts in full."""


class BoneLengths:
    """Lengths of one hand's links: first the mean adult's, of the hand's size, then those that are measured.

    The size and each link's share of it are running means of logs, in which no measurement counts for more
    than a limit (P. J. Huber, "Robust Estimation of a Location Parameter", 1964).
    """

    def __init__(self) -> None:
        self._size = 0.0
        self._frames = 0.0
        self._shares = np.zeros(len(LINKS))
        self._counts = np.full(len(LINKS), _PRIOR_FRAMES)

    @property
    def metres(self) -> NDArray[np.float64]:
        """Lengths of LINKS, float64 [links], metres."""
        return ADULT_M.astype(np.float64) * np.exp(self._size + self._shares)

    @property
    def size(self) -> float:
        """Size of the hand, a share of the mean adult's; 1 until something was learned."""
        return math.exp(self._size)

    def suppose(self, size: float) -> None:
        """Set the size of the hand, a share of the mean adult's, as long as nothing was learned."""
        self._size = math.log(size)

    @property
    def known(self) -> bool:
        """True once something was learned."""
        return self._frames > 0

    def learn(self, joints_m: Floats, measured: NDArray[np.bool_]) -> None:
        """Learn from a frame; one in which the hand has no plausible size is passed over.

        Args:
            joints_m: float32 [21, 3], metres.
            measured: bool [21], joints whose place was measured.
        """
        logs, seen = _log_lengths(joints_m, measured)
        size = self._told_size(logs, seen)
        if not math.log(SMALLEST) <= size <= math.log(LARGEST):
            return
        self._frames = min(self._frames + 1, _MEMORY_FRAMES)
        change = size - self._size
        self._size += change if self._frames == 1 else _bounded(change) / self._frames
        self._counts = np.minimum(self._counts + seen, _MEMORY_FRAMES)
        surprise = np.minimum(np.maximum(logs - size - self._shares, -_SURPRISE), _SURPRISE)
        self._shares += np.where(seen, surprise, 0.0) / self._counts

    def size_of(self, joints_m: Floats, measured: NDArray[np.bool_]) -> float:
        """Tell a hand's size in one frame, a share of the mean adult's; NaN where its palm is not measured.

        Args:
            joints_m: float32 [21, 3], metres.
            measured: bool [21], joints whose place was measured.
        """
        return math.exp(self._told_size(*_log_lengths(joints_m, measured)))

    def _told_size(self, logs: Floats, seen: NDArray[np.bool_]) -> float:
        told = np.sort((logs - self._shares)[_PALM[seen[_PALM]]]).tolist()
        if len(told) < _FEWEST_LINKS:
            return math.nan
        return float(told[(len(told) - 1) // 2] + told[len(told) // 2]) / 2


def _log_lengths(joints_m: Floats, measured: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the logs of the links' lengths by the mean adult's, and which of them were measured."""
    links = joints_m[END] - joints_m[START]
    lengths = np.sqrt(np.einsum("la,la->l", links, links))
    return np.log(np.maximum(lengths, np.float32(1e-6)) / ADULT_M), measured[START] & measured[END]


def _bounded(surprise: float) -> float:
    return min(max(surprise, -_SURPRISE), _SURPRISE)
