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

"""The gymnasium environment: one episode after the other, one action a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.actions import Action, allowed_actions
from hand_tracking_dsp.control.goals import GoalOptions
from hand_tracking_dsp.control.learned import goals_of
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.rl.simulation.episode import Episode
from hand_tracking_dsp.rl.simulation.simulation import Simulation
from hand_tracking_dsp.rl.training.encoding import encode, encoded_size

Floats = NDArray[np.float32]


LATE_TARGETS = (0.002, 0.05)
"""Share of late frames that an episode's goals accept: drawn log-uniformly between these."""

LIMITED, ERROR_LIMITS_PERCENT = 0.25, (0.0, 10.0)
"""Share of episodes whose goals have a limit of the error, and the limits there, % of palm: uniform."""


class CommandedPolicy:
    """Takes the action that it was given last."""

    name = "commanded"

    def __init__(self) -> None:
        self.action = Action.KEEP

    def decide(self, observation: Observation) -> int:
        """Return the level that the action leads to."""
        level = observation.point + self.action.step
        return min(max(level, observation.densest), observation.points - 1)


class EpisodeEnvironment(gymnasium.Env[Floats, np.int64]):
    """Episodes for reinforcement learning.

    Observations are float32 [encoded_size(levels)], 0 to 1, see rl.training.encoding; actions are
    control.actions.Action. `info` of the last step holds the episode's means under "episode_means": reward,
    miss_share, drift_percent, energy, late_price (in wrong hands), and the number of switches.

    Every episode has goals of its own, from which the controller derives the weights of the reward as it does
    on a robot (control.prices); the observation holds them. The reward given is R by these weights less the
    mean of what all levels would have brought in the same step: how hard a moment is does not depend on the
    action, and without that noise a policy is learned from far fewer episodes (a baseline for input-driven
    environments, Mao et al., ICLR 2019).

    Args:
        draw: Function from a seed to an episode.
        options: Options of the controller between action and level.
        figures: What the controller knows of the operating points.
        blank: Indices of entries of the observation that are never measured, for ablations.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self,
        draw: Callable[[int], Episode],
        options: ControllerOptions,
        figures: PointFigures,
        blank: tuple[int, ...] = (),
    ) -> None:
        self._draw, self._options, self._figures = draw, options, figures
        self._blank = list(blank)
        self._levels = figures.count
        self.observation_space = gymnasium.spaces.Box(0, 1, (encoded_size(self._levels),), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(Action))
        self._policy = CommandedPolicy()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin the next episode; the seed decides this one and all that follow."""
        super().reset(seed=seed, options=options)
        episode = self._draw(int(self.np_random.integers(2**31)))
        controller = replace(self._options, goals=self._draw_goals())
        self._simulation = Simulation(episode, self._policy, controller, None, self._figures)
        self._sums = np.zeros(6)
        self._with_hands = 0
        return self._observation(), {}

    def step(self, action: np.int64) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Take an action and play half a second."""
        self._policy.action = Action(int(action))
        decision, outcome = self._simulation.advance()
        switched = decision.point != decision.point_before
        seen = not np.isnan(outcome.drift_percent)
        self._with_hands += seen
        drift = outcome.drift_percent if seen else 0.0
        weights, late = decision.observation.weights, outcome.late / outcome.frames
        price = weights.beta / weights.alpha
        self._sums += (outcome.reward, late, drift, outcome.energy, price, switched)
        info: dict[str, Any] = {"miss_share": late}
        gained = outcome.reward - outcome.mean_reward
        if done := self._simulation.done:
            steps = self._simulation.episode.steps
            total, missed, drifted, used, prices, switches = self._sums.tolist()
            info["episode_means"] = {
                "reward": total / steps,
                "miss_share": missed / steps,
                "drift_percent": drifted / max(self._with_hands, 1),
                "energy": used / steps,
                "late_price": prices / steps,
                "switches": switches,
            }
        return self._observation(), gained, False, done, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are possible, bool [3]; sb3-contrib's masking asks for it."""
        simulation = self._simulation
        return allowed_actions(simulation.level, self._levels, simulation.episode.densest)

    def _observation(self) -> Floats:
        observation = self._simulation.observe()
        vector = observation.vector
        if self._blank:
            vector = vector.copy()
            vector[self._blank] = np.nan
        return encode(vector, goals_of(observation), self._levels)

    def _draw_goals(self) -> GoalOptions:
        """Draw goals other than the default, which the policy is to serve as well."""
        low, high = map(math.log, LATE_TARGETS)
        target, limited = math.exp(self.np_random.uniform(low, high)), self.np_random.random() < LIMITED
        limit = self.np_random.uniform(*ERROR_LIMITS_PERCENT) if limited else 0.0
        return replace(self._options.goals, late_target=target, error_limit_percent=limit)
