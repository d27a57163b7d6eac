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

"""Plays episodes with policies and scores them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.control.controller import Decision
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.simulation.conditions import draw_conditions
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode, draw_under
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT, STEP_S, STEPS, Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.simulation import Simulation
from hand_tracking_dsp.tracking.manifest import Manifest

_MINUTE = round(60.0 / STEP_S)


@dataclass(frozen=True, slots=True)
class EpisodeScore:
    """Score of a candidate in one episode.

    Attributes:
        gain: Mean reward of a step.
        miss_share: Share of frames over the budget, 0 to 1.
        drift_percent: Mean drift while hands were in view, % of palm size; NaN: they never were.
        error: Mean of 1 - reward.accuracy while hands were in view, 0 to 1; NaN: they never were.
        usable: Share of the hands in view that were found in time and within 10 % of palm size of the dense
            level's, 0 to 1; NaN: there were none.
        lasted: Whether the battery was above its reserve at the end, 0 or 1; NaN: it was not to last.
        energy_j: Energy that the tracker took, joules (simulated).
        level: Mean operating point.
        switches: Changes of the operating point.
        switches_per_min: Most changes of level in any 60 seconds.
        breaches: Decisions at which the shield wanted a sparser level and did not get it; the dwell time
            towards sparser is no longer than a step.
    """

    gain: float
    miss_share: float
    drift_percent: float
    error: float
    usable: float
    lasted: float
    energy_j: float
    level: float
    switches: int
    switches_per_min: int
    breaches: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Conditions that all candidates meet alike.

    Attributes:
        device: Device model.
        bank: Bank whose operating points are chosen from.
        weights: Weights of the reward.
        episodes: Ranges that episodes are drawn from.
        dense_share: Share of the budget that a frame takes at the dense level with one hand on the quiet
            machine, above 0: the budget follows from it. None: as the ranges say.

    Raises:
        ConfigurationError: Device and bank have different numbers of levels.
    """

    device: DeviceModel
    bank: Manifest
    weights: GoalWeights
    episodes: EpisodeOptions = HELD_OUT
    dense_share: float | None = None

    def __post_init__(self) -> None:
        """Check that device and bank fit."""
        require_same_levels(self.device, self.bank)

    def draw(self, seed: int) -> Episode:
        """Draw the episode of a seed."""
        if self.dense_share is None:
            return draw_episode(self.device, seed, self.episodes)
        random = np.random.default_rng(seed)
        drawn = draw_conditions(random, self.device, self.episodes, STEPS)
        dense_ms = drawn.overhead_ms + drawn.dense_ms
        conditions = replace(drawn, budget_ms=dense_ms / self.dense_share)
        return draw_under(conditions, random, self.episodes, seed)

    def simulation(self, episode: Episode, candidate: Candidate) -> Simulation:
        """Prepare an episode to be played by a fresh policy of a candidate."""
        policy = candidate.policy(episode, self.weights, self.bank)
        figures = PointFigures.of(self.bank)
        return Simulation(episode, policy, candidate.options, self.weights, figures)


def play(benchmark: Benchmark, episode: Episode, candidate: Candidate) -> EpisodeScore:
    """Play one episode."""
    decisions, outcomes = zip(*benchmark.simulation(episode, candidate).run(), strict=True)
    switched = [decision.point != decision.point_before for decision in decisions]
    values = np.array([(outcome.drift_percent, outcome.error, outcome.usable) for outcome in outcomes])
    seen, errors, usable = values[np.isfinite(values[:, 0])].T
    reserve = candidate.options.goals.battery.reserve
    return EpisodeScore(
        gain=float(np.mean([outcome.reward for outcome in outcomes])),
        miss_share=sum(outcome.late for outcome in outcomes) / sum(outcome.frames for outcome in outcomes),
        drift_percent=float(seen.mean()) if len(seen) else math.nan,
        error=float(errors.mean()) if len(seen) else math.nan,
        usable=float(usable.mean()) if len(seen) else math.nan,
        lasted=float(outcomes[-1].charge > reserve) if episode.lasts else math.nan,
        energy_j=sum(outcome.tracker_j for outcome in outcomes),
        level=float(np.mean([outcome.level for outcome in outcomes])),
        switches=sum(switched),
        switches_per_min=int(np.convolve(switched, np.ones(_MINUTE), "full").max()),
        breaches=sum(map(_breached, decisions)),
    )


def evaluate(
    benchmark: Benchmark,
    candidates: Sequence[Candidate],
    seeds: Sequence[int],
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, list[EpisodeScore]]:
    """Play episodes with every candidate.

    Args:
        benchmark: Conditions of all.
        candidates: Candidates of unique names.
        seeds: Seeds of the episodes, the same for all.
        executor: Where the work runs.
        on_progress: Called with the episodes done and to do.

    Returns:
        The scores of each candidate by name, in the order of the seeds.
    """
    rounds = executor.map(_play_all, (benchmark, list(candidates)), seeds, on_progress)
    names = [candidate.name for candidate in candidates]
    return {name: [found[place] for found in rounds] for place, name in enumerate(names)}


def require_same_levels(device: DeviceModel, bank: Manifest) -> None:
    """Check that a device was made for a bank of as many levels.

    Raises:
        ConfigurationError: It was not.
    """
    if (device.levels, len(device.points)) != (len(bank.levels), len(bank.points)):
        msg = (
            f"The device {device.name} has {device.levels} levels, the bank {bank.name} {len(bank.levels)}: "
            f"fit a device with traces of this bank (policy record-trace, policy fit-device) and give it by "
            f"--device."
        )
        raise ConfigurationError(msg)


def _play_all(shared: tuple[Benchmark, list[Candidate]], seed: int) -> list[EpisodeScore]:
    benchmark, candidates = shared
    episode = benchmark.draw(seed)
    return [play(benchmark, episode, candidate) for candidate in candidates]


def _breached(decision: Decision) -> bool:
    verdict = decision.verdict
    return verdict.reason not in (Reason.POLICY, Reason.OPERATOR) and verdict.point > decision.point
