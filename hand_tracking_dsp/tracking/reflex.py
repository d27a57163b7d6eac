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

"""The reflex: the level of each frame by the time that is left for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.substitute import Substitute

# Gains of the estimates, a run of the network each: the slow-down follows within a few, as does the spread of
# the times around it; the costs of levels, which are properties of the machine, follow over hundreds.
_PACE_GAIN = 0.4
_SPREAD_GAIN = 0.25
_COST_GAIN = 0.02
# A level fits where the time expected of it and so many mean deviations do.
_DEVIATIONS = 2.0


class Reflex:
    """Chooses the densest level for which the time suffices, and estimates what another would have taken.

    The time of a run is taken for the product of what its level costs on this machine and of the slow-down of
    the moment, which is common to all levels. Both are estimated from every frame, in logarithms; from the
    spread around them comes the margin, as in the estimate of a round trip in TCP (Jacobson, "Congestion
    avoidance and control", 1988).

    Args:
        costs: First guess at the time of a run at each level, dense first, in any unit, above 0.
    """

    def __init__(self, costs: Sequence[float]) -> None:
        self._costs = [math.log(cost) for cost in costs]
        self._pace = math.nan
        self._spread = 0.0
        # A level whose place another network takes, and its own cost.
        self._replaced: tuple[int, float] | None = None

    def run_instead(self, substitute: Substitute | None) -> None:
        """Let a network count in the place of a level; None: every level counts itself again.

        What is learned of it meanwhile is forgotten then.
        """
        if self._replaced is not None:
            level, cost = self._replaced
            self._costs[level] = cost
        self._replaced = None
        if substitute is not None:
            self._replaced = substitute.level, self._costs[substitute.level]
            self._costs[substitute.level] = self._costs[0] + math.log(substitute.time)

    def level(self, commanded: int, hands: int, time_left_ms: float) -> int:
        """Choose the level of a frame.

        Args:
            commanded: Level commanded, the densest that may run.
            hands: Hands that the network is to see.
            time_left_ms: Time left for that, milliseconds.

        Returns:
            The densest level that fits; where none does, the one expected to take least.
        """
        if math.isnan(self._pace) or hands == 0:
            return commanded
        levels = range(commanded, len(self._costs))
        fitting = (level for level in levels if hands * self.expected_ms(level) <= time_left_ms)
        return next(fitting, min(levels, key=lambda level: self._costs[level]))

    def expected_ms(self, level: int) -> float:
        """Return the time that a run takes at most, as things are, milliseconds; NaN before the first run."""
        return math.exp(self._pace + self._costs[level] + _DEVIATIONS * self._spread)

    def took(self, level: int, hands: int, ms: float) -> None:
        """Take the time that the network took for some hands at a level, milliseconds."""
        if hands == 0 or not 0.0 < ms < math.inf:
            return
        time = math.log(ms / hands)
        if math.isnan(self._pace):
            self._pace = time - self._costs[level]
            return
        error = time - self._costs[level] - self._pace
        self._pace += _PACE_GAIN * error
        self._spread += _SPREAD_GAIN * (abs(error) - self._spread)
        self._costs[level] += _COST_GAIN * error

    def ratio(self, level: int, other: int) -> float:
        """Return how many times as long as a level another takes."""
        return math.exp(self._costs[other] - self._costs[level])


def first_costs(choices: Sequence[Choice[LevelInfo]]) -> list[float]:
    """Return a first guess at the times of levels: those that the bank knows here, else their work."""
    times_ms = [choice.p50_ms for choice in choices if choice.p50_ms and not choice.foreign]
    if len(times_ms) == len(choices):
        return times_ms
    return [float(max(choice.info.macs, 1)) for choice in choices]
