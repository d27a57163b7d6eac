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

"""Choice of a level's presence threshold: false hands as rare as the dense network's, and few hands lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.compression.bank.hold_out import EMPTY, FileOutputs, HoldOutCrops, Mask
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD
from hand_tracking_dsp.tracking.types import Floats

CANDIDATES = (*(round(step / 100, 2) for step in range(5, 100)), 0.995, 0.998, 0.999)
"""Thresholds to choose from."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Regions that a network takes for hands at a threshold.

    Attributes:
        empty: Share of the regions without a hand, %.
        hands: Share of the hands that the dense network finds, %.
    """

    empty: float
    hands: float

    @property
    def lost(self) -> float:
        """Share of the hands that are not accepted, %."""
        return 100 - self.hands


@dataclass(frozen=True, slots=True)
class PresenceSamples:
    """Presence that the files of a level say of regions without a hand and of hands.

    Attributes:
        empty: float32 [files, n], 0 to 1.
        hands: float32 [files, m], 0 to 1.
    """

    empty: Floats
    hands: Floats

    @classmethod
    def of(cls, files: Sequence[FileOutputs], held_out: HoldOutCrops, chosen: Mask) -> PresenceSamples:
        """Take what files say of some of the crops; of hands those that the dense network finds."""
        said = np.stack([file.presence for file in files])
        return cls(said[:, held_out.of(EMPTY) & chosen], said[:, held_out.found & chosen])

    def at(self, threshold: float) -> Acceptance:
        """Count what is accepted: of each kind of region by the file that does worst; NaN without regions."""
        empty, hands = (
            (100.0 * (said >= threshold)).mean(axis=1) if said.size else np.array([math.nan])
            for said in (self.empty, self.hands)
        )
        return Acceptance(float(empty.max()), float(hands.min()))


def choose_threshold(samples: PresenceSamples, empty_limit: float, lost_limit: float) -> float:
    """Choose the threshold that comes nearest to both limits; of equal ones the nearest to 0.5.

    No threshold is chosen at which more hands are lost than the limit and than at 0.5, or more empty regions
    accepted than the limit and than at 0.5.

    Args:
        samples: Presence that the files of the level say.
        empty_limit: Share of the regions without a hand that may be accepted, %: that of the dense network.
        lost_limit: Share of the hands that may be lost, %.
    """
    usual = samples.at(PRESENCE_THRESHOLD)

    def beyond(threshold: float) -> float:
        found = samples.at(threshold)
        if found.lost > max(lost_limit, usual.lost) or found.empty > max(empty_limit, usual.empty):
            return math.inf
        return max(found.empty - empty_limit, 0.0) + max(found.lost - lost_limit, 0.0)

    return min(CANDIDATES, key=lambda one: (round(beyond(one), 9), abs(one - PRESENCE_THRESHOLD)))
