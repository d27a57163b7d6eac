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

"""Agents that choose a granularity of pruning each, one for every area of a network, from measurements.

The agents choose one after the other, from the front of the network to its heads, and each sees how much is
still to be saved. All get the same return: the negative sum of squared deviations, and a penalty for what is
not saved in the end (independent Q-learners with a common reward: Tan, ICML 1993; Claus and Boutilier, AAAI
1998). Nothing here knows how deviation and cost were measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

STEPS = 2000
"""Steps of the whole cost: what is to be saved is rounded up to them, what a choice saves down."""

# A step that is reached to within a rounding is reached.
_ROUNDING = 1e-9

_PENALTY = 10.0
"""Return of a cost that was not saved at all, in largest sums of squares that a choice can have."""

_LEAST_EXPLORATION = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceTables:
    """Measurements of every choice for every area.

    Attributes:
        deviation: float64 [a, g]: deviation with the choice in one area alone, any unit; infinite where an
            area has no such choice.
        saved: float64 [a, g]: share of the cost that the choice saves, 0 to 1.
    """

    deviation: Doubles
    saved: Doubles

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: They differ, or an area has no possible choice.
        """
        if self.deviation.ndim != 2 or self.deviation.shape != self.saved.shape:
            msg = f"deviations {self.deviation.shape} and savings {self.saved.shape} have different shapes"
            raise ValueError(msg)
        if not np.isfinite(self.deviation).any(axis=1).all():
            msg = "an area has no possible choice"
            raise ValueError(msg)

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Tell which choices an area has, bool [a, g]."""
        return np.isfinite(self.deviation)


class GranularityEnvironment(gymnasium.Env[Integers, np.int64]):
    """One network: a step for each area, in which its choice is made.

    Observations are int64 [2]: the area whose turn it is, and what is still to be saved, in STEPS, 0 if
    nothing. `info["possible"]` says which actions the next area has. The reward is the negative squared
    deviation of the choice, in shares of the largest sum there is; the last one has the penalty for what is
    not saved.

    Args:
        tables: The measurements.
        need: Share of the cost that is to be saved, 0 to 1.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self, tables: ChoiceTables, need: float) -> None:
        self._tables, self._need = tables, int(np.ceil(need * STEPS - _ROUNDING))
        self._steps = np.floor(tables.saved * STEPS + _ROUNDING).astype(np.int64)
        areas, choices = tables.deviation.shape
        squares = np.where(tables.possible, tables.deviation, 0.0) ** 2
        self._squares = squares / max(float(squares.max(axis=1).sum()), np.finfo(np.float64).tiny)
        self.observation_space = gymnasium.spaces.MultiDiscrete([areas + 1, STEPS + 1])
        self.action_space = gymnasium.spaces.Discrete(choices)
        self._area, self._left = 0, self._need

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Integers, dict[str, Any]]:
        """Begin with the first area, nothing saved."""
        super().reset(seed=seed, options=options)
        self._area, self._left = 0, self._need
        return self._observed()

    def step(self, action: np.int64) -> tuple[Integers, float, bool, bool, dict[str, Any]]:
        """Make the choice of an area; one that it has not costs as much as all choices together."""
        area, choice = self._area, int(action)
        possible = bool(self._tables.possible[area, choice])
        reward = -float(self._squares[area, choice]) if possible else -1.0
        self._left = max(0, self._left - int(self._steps[area, choice]) * possible)
        self._area += 1
        done = self._area == len(self._steps)
        if done:
            reward -= _PENALTY * self._left / max(self._need, 1)
        observation, info = self._observed()
        return observation, reward, done, False, info

    def _observed(self) -> tuple[Integers, dict[str, Any]]:
        last = min(self._area, len(self._steps) - 1)
        return np.array([self._area, self._left]), {"possible": self._tables.possible[last]}


@dataclass(frozen=True, slots=True)
class LearnedChoice:
    """Choice of the trained agents.

    Attributes:
        choice: A place for each area.
        saved: Share of the cost that it saves by the tables.
        deviation: Root of the sum of its squared deviations.
        episodes: Networks that the agents tried.
    """

    choice: tuple[int, ...]
    saved: float
    deviation: float
    episodes: int


def train_agents(tables: ChoiceTables, need: float, episodes: int = 1000, seed: int = 0) -> LearnedChoice:
    """Train one agent for each area by Q-learning, and let them choose.

    Nothing is left to chance in the environment, so that a value is replaced by what was seen, without an
    average. Exploration falls from all to 5 % of the choices.

    Args:
        tables: The measurements.
        need: Share of the cost that is to be saved, 0 to 1.
        episodes: Episodes to train for, at least 1.
        seed: Seed of the exploration.
    """
    environment, random = GranularityEnvironment(tables, need), np.random.default_rng(seed)
    areas, choices = tables.deviation.shape
    # Values of each agent, by what is still to be saved; one that was never tried is as good as nothing lost.
    agents = [
        np.where(tables.possible[area], np.zeros((STEPS + 1, choices)), -np.inf) for area in range(areas)
    ]
    for episode in range(episodes):
        exploration = max(_LEAST_EXPLORATION, 1 - episode / episodes)
        (area, left), info = environment.reset()
        for _ in range(areas):
            possible = np.flatnonzero(info["possible"])
            greedy = random.random() >= exploration
            action = agents[area][left].argmax() if greedy else random.choice(possible)
            (following, rest), reward, done, _, info = environment.step(np.int64(action))
            ahead = 0.0 if done else float(agents[following][rest].max())
            agents[area][left, action] = reward + ahead
            area, left = following, rest
    return _chosen(tables, environment, agents, episodes)


def _chosen(
    tables: ChoiceTables, environment: GranularityEnvironment, agents: list[Doubles], episodes: int
) -> LearnedChoice:
    (area, left), _ = environment.reset()
    choice: list[int] = []
    for _ in agents:
        choice.append(int(agents[area][left].argmax()))
        (area, left), *_ = environment.step(np.int64(choice[-1]))
    rows = np.arange(len(choice))
    deviation = float(np.sqrt((tables.deviation[rows, choice] ** 2).sum()))
    return LearnedChoice(tuple(choice), float(tables.saved[rows, choice].sum()), deviation, episodes)
