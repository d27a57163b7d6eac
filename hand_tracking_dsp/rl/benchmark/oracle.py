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

It knows in advance load, throttling, scenes and hands, and what its own heat will do, but not the luck of
single frames where it can be told apart, and moves the level under the same rules: the dwell time towards
denser, the sparsest level at the battery's reserve. (Bellman 1957; backward induction over step, level, dwell
time left, charge and warmth.)
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode
from hand_tracking_dsp.rl.simulation.heat import Warmth
from hand_tracking_dsp.rl.simulation.reward import reward

_CHARGES = 41
_WARMTHS = 33

# Taken from the gain of points that policies should not choose.
_BARRED = 1e6

Floats = NDArray[np.float64]


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
        self._heat = _HeatStates(episode)
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
            self._heat.add(self._episode.tracker_w[level, step - 1])
        # A switch is seen a step later.
        self._left = max((self._left if level == self._level else self._dwell) - 1, 0)
        self._step, self._level = step + 1, level
        charge = int(np.abs(self._charges - self._charge).argmin())
        if self._at_reserve[charge]:
            return observation.points - 1
        return int(self._plan[step, level, self._left, charge, self._heat.state])

    def _make_plan(self, weights: GoalWeights) -> NDArray[np.int8]:
        """Return the best level: int8 [step, level, steps until denser is allowed, charge, heat]."""
        episode, dwell = self._episode, self._dwell
        levels, states = episode.levels, (len(self._charges), self._heat.count)
        plan = np.empty((episode.steps, levels, dwell + 1, *states), dtype=np.int8)
        value = np.zeros((levels, dwell + 1, *states))
        fewer = np.maximum(np.arange(dwell + 1) - 1, 0)
        for step in reversed(range(episode.steps)):
            running = self._running(step, value, weights)
            # A level that is changed to begins its dwell time in this step.
            changed = np.repeat(running[:, None, max(dwell - 1, 0)], dwell + 1, axis=1)
            for level in range(levels):
                to = changed.copy()
                to[:level, 1:] = -np.inf
                to[level] = running[level, fewer]
                # At the reserve the shield takes the sparsest level, whatever is planned.
                to[:, :, self._at_reserve] = running[-1, 0, self._at_reserve]
                plan[step, level] = to.argmax(axis=0)
                value[level] = to.max(axis=0)
        return plan

    def _running(self, step: int, value: Floats, weights: GoalWeights) -> Floats:
        """Return the value of running each level in a step, by the dwell time left afterwards and the state.

        Args:
            step: The step.
            value: Value of the steps after it, float64 [level, dwell time left, charge, heat].
            weights: Weights of the reward.
        """
        episode, charges, heat = self._episode, self._charges, self._heat
        running = np.empty_like(value)
        for level in range(episode.levels):
            energy = episode.energy[level, step]
            gained = reward(weights, heat.accuracy[:, level, step], heat.time[:, level, step], energy)
            after = np.maximum(charges - self._drained[level, step], 0.0)
            drawn, warmed = _mixture(after, charges), heat.mixture(episode.tracker_w[level, step])
            running[level] = gained + drawn @ value[level] @ warmed.T
        running[: episode.densest] -= _BARRED
        return running


class _HeatStates:
    """States of a device that its own heat throttles: how warm it is, and whether it is throttled.

    Attributes:
        count: Number of states; one where heat throttles nothing.
        time: float64 [state, level, step]: InferenceTime in each.
        accuracy: float64 [state, level, step]: Accuracy in each.
    """

    def __init__(self, episode: Episode) -> None:
        self._model = model = episode.heat
        self._warmth = Warmth(model) if model else None
        warmths = _WARMTHS if model else 1
        self._watts = np.linspace(0.0, float(episode.tracker_w.max()), warmths)
        self.time, self.accuracy = episode.expected_time[None], episode.accuracy[None]
        if model:
            hot = (episode.late(throttled=True).mean(axis=2), episode.hot.accuracy)
            self.time = np.repeat([episode.expected_time, hot[0]], warmths, axis=0)
            self.accuracy = np.repeat([episode.accuracy, hot[1]], warmths, axis=0)
        self.count = len(self.time)

    @property
    def state(self) -> int:
        """Return the state at present."""
        if self._warmth is None:
            return 0
        nearest = int(np.abs(self._watts - self._warmth.mean_w).argmin())
        return nearest + len(self._watts) * (self._warmth.slower > 1.0)

    def add(self, power_w: float) -> None:
        """Draw a power for a step, watts."""
        if self._warmth:
            self._warmth.add(power_w, STEP_S)

    def mixture(self, power_w: float) -> Floats:
        """Return of which states the one after a step at some power is made, [state before, after]."""
        if self._model is None:
            return np.ones((1, 1))
        rows = []
        for throttled in (False, True):
            mean_w, hot = self._model.after(self._watts, power_w, STEP_S, throttled)
            cool_and_hot = _mixture(mean_w, self._watts)[:, None] * np.stack([~hot, hot], axis=1)[:, :, None]
            rows.append(cool_and_hot.reshape(len(self._watts), -1))
        return np.concatenate(rows)


def _mixture(values: Floats, grid: Floats) -> Floats:
    """Return the weights of linear interpolation, [value, place in the grid]; of one place, all."""
    return np.stack([np.interp(values, grid, unit) for unit in np.eye(len(grid))], axis=1)
