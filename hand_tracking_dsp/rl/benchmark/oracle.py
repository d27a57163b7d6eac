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

"""Upper limit of what a policy can reach: a plan by dynamic programming that knows the hidden states.

It knows in advance load, throttling, scenes and hands, but not the luck of single frames, and moves the level
under the same rules: one step at a time, the dwell time towards denser, the sparsest level at the battery's
reserve. (Bellman 1957; backward induction over step, level, dwell time left and charge.)
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode
from hand_tracking_dsp.rl.simulation.reward import reward

_CHARGES = 41

# Taken from the gain of points that policies should not choose.
_BARRED = 1e6


class OraclePolicy:
    """Carries out the plan; asked once a step, from the episode's beginning."""

    name: ClassVar[str] = "oracle"

    def __init__(self, episode: Episode, weights: GoalWeights, options: ControllerOptions) -> None:
        self._episode = episode
        self._dwell = round(options.min_dwell_s / STEP_S)
        self._drained = episode.drained()
        mains = math.isnan(episode.capacity_wh)
        self._charges = np.array([1.0]) if mains else np.linspace(0.0, 1.0, _CHARGES)
        reserve = -1.0 if mains else options.goals.battery.reserve
        # A charge on the grid that is the reserve may be a rounding above it.
        self._at_reserve = self._charges <= reserve + 1e-9
        self._plan = self._make_plan(weights)
        self._charge = 1.0 if mains else episode.charge
        self._step = self._left = 0
        self._level = max(options.initial_level, episode.densest)

    def decide(self, observation: Observation) -> int:
        """Return the level planned for this step."""
        if observation.point < observation.densest:
            return observation.densest
        step, level = self._step, observation.point
        if step > 0:
            self._charge -= self._drained[level, step - 1]
        # A switch is seen a step later.
        self._left = max((self._left if level == self._level else self._dwell) - 1, 0)
        self._step, self._level = step + 1, level
        charge = int(np.abs(self._charges - self._charge).argmin())
        if self._at_reserve[charge]:
            return observation.points - 1
        action = Action(int(self._plan[step, level, self._left, charge]))
        return level + action.step

    def _make_plan(self, weights: GoalWeights) -> NDArray[np.int8]:
        """Return the best action: int8 [step, level, steps until denser is allowed, charge]."""
        episode, charges, dwell = self._episode, self._charges, self._dwell
        levels, size = episode.levels, len(charges)
        time, right = episode.expected_time, episode.accuracy
        plan = np.empty((episode.steps, levels, dwell + 1, size), dtype=np.int8)
        value = np.zeros((levels, dwell + 1, size))
        for step in reversed(range(episode.steps)):
            best_from = np.full((len(Action), levels, dwell + 1, size), -np.inf)
            # The value of running a level in this step, by the dwell time left afterwards and the charge.
            running = np.empty_like(value)
            for level in range(levels):
                gained = reward(weights, right[level, step], time[level, step], episode.energy[level, step])
                after = np.maximum(charges - self._drained[level, step], 0.0)
                gained = gained - _BARRED * (level < episode.densest)
                for left in range(dwell + 1):
                    running[level, left] = gained + np.interp(after, charges, value[level, left])
            fewer = np.maximum(np.arange(dwell + 1) - 1, 0)
            best_from[Action.KEEP] = running[:, fewer]
            best_from[Action.SPARSER, :-1] = running[1:, dwell - 1, None] if dwell else running[1:]
            best_from[Action.DENSER, 1:, 0] = running[:-1, dwell - 1 if dwell else 0]
            # At the reserve the shield takes the sparsest level, whatever is planned.
            best_from[:, :, :, self._at_reserve] = running[-1, 0, self._at_reserve]
            plan[step] = best_from.argmax(axis=0)
            value = best_from.max(axis=0)
        return plan
