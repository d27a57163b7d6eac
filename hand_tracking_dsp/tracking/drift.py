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

"""Drift: how far the landmarks lie from the dense level's on the same regions.

While a robot runs the true landmarks are unknown. The dense level is the best that the bank has, so that
the distance from it stands in for what a sparser level costs in accuracy. What both get wrong it does not
see. A level that says how far off it expects its landmarks to be need not be compared.
"""

from __future__ import annotations

import math
from statistics import fmean
from time import perf_counter

from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.types import ChannelOrder, Drift, FrameResult, FrameStats, Image


class DriftSchedule:
    """Decides on which frames there is time to measure.

    Args:
        interval: Frames from one measurement to the next, at least 0; 0 = never.
        budget_ms: A frame with its measurement must take no longer, milliseconds, at least 0.

    Attributes:
        interval: As above; may be changed between two frames.
        budget_ms: As above; may be changed, too.
    """

    def __init__(self, interval: int, budget_ms: float) -> None:
        self.interval = interval
        self.budget_ms = budget_ms
        self._frames = 0
        self._ms_per_hand: dict[int, float] = {}

    def due(self, level: int, hands: int, spent_ms: float, guess_ms: float) -> bool:
        """Count a frame and say whether to measure on it; if not for the budget, the next is asked again.

        Args:
            level: Level that the measurement would run.
            hands: Number of regions that it would run on; without any it is never due.
            spent_ms: Time that the frame has taken so far.
            guess_ms: Time that a region may take at that level, where nothing was measured yet.
        """
        self._frames += 1
        if self.interval == 0 or self._frames < self.interval or hands == 0:
            return False
        if spent_ms + hands * self._ms_per_hand.get(level, guess_ms) <= self.budget_ms:
            self._frames = 0
            return True
        # One measurement held up by something else would otherwise forbid all that follow.
        if self._frames >= 2 * self.interval and self._frames % self.interval == 0:
            self._ms_per_hand.pop(level, None)
        return False

    def took(self, level: int, hands: int, ms: float) -> None:
        """Remember what a measurement at a level took for a number of regions, at least 1."""
        self._ms_per_hand[level] = ms / hands


class DriftMonitor:
    """Measures the drift of a bank's levels on frames that a tracker has just handled.

    Hands that were held count with the landmarks at which they were held: what the gate costs is in it.
    Runs the bank's networks, and so belongs to the tracker's thread.

    Attributes:
        schedule: Decides when to measure.
        latest: The last drift that was known; not known at first.
    """

    def __init__(self, bank: LevelBank, schedule: DriftSchedule) -> None:
        self.schedule = schedule
        self.latest = Drift()
        self._bank = bank

    def drift(
        self,
        image: Image,
        order: ChannelOrder,
        result: FrameResult,
        spent_ms: float,
        depth: DepthView | None = None,
    ) -> Drift:
        """Return the drift of a frame as its level says it, or else measure it, which arguments are for."""
        found = expected_drift(result)
        if not found.estimated:
            found = self.measure(image, order, result, spent_ms, depth)
        if not math.isnan(found.drift):
            self.latest = found
        return found

    def measure(
        self,
        image: Image,
        order: ChannelOrder,
        result: FrameResult,
        spent_ms: float,
        depth: DepthView | None = None,
    ) -> Drift:
        """Measure the drift of a frame that has taken a time so far, if it is due and the budget allows."""
        level, hands = result.stats.level, len(result.raw)
        exact = level == 0 and result.stats.predicted == 0
        other = min(1, len(self._bank.levels) - 1) if exact else 0
        if not self.schedule.due(other, hands, spent_ms, self._guess_ms(result.stats, hands, other)):
            return Drift()
        if exact and other == level:
            return Drift(drift=0.0)
        start = perf_counter()
        others = [
            self._bank.landmarks(image, raw.region, other, order, depth).landmarks for raw in result.raw
        ]
        ours = [raw.landmarks for raw in result.raw]
        dense, sparse = (ours, others) if exact else (others, ours)
        distance = fmean(map(mean_distance_palm_percent, sparse, dense))
        ms = (perf_counter() - start) * 1e3
        self.schedule.took(other, hands, ms)
        return Drift(0.0, distance, ms) if exact else Drift(distance, ms=ms)

    def _guess_ms(self, stats: FrameStats, hands: int, other: int) -> float:
        """Guess what a region takes at another level: what it took at this one, by the work of both."""
        work, work_of_other = (max(self._bank.levels[index].macs, 1) for index in (stats.level, other))
        return stats.landmarks_ms / max(hands, 1) * work_of_other / work


def expected_drift(result: FrameResult) -> Drift:
    """Return the drift of a frame as its level says it, the mean over the hands of which it is known.

    A hand that was held counts with what was said when it was measured. At the dense level drift is 0 by
    definition, or due to what is held, and nothing is said of it.
    """
    said = [raw.error_percent for raw in result.raw if not math.isnan(raw.error_percent)]
    return Drift(fmean(said), estimated=True) if said and result.stats.level > 0 else Drift()
