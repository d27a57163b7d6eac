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

"""Runs the benchmark of a policy: rules tuned for comparison, scores, paired tests, aims."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.evaluation.statistics import mean_interval
from hand_tracking_dsp.rl.benchmark.adversarial_table import AdversarialTable, adversarial_table
from hand_tracking_dsp.rl.benchmark.aims import Aim, aims_of
from hand_tracking_dsp.rl.benchmark.by_speed import BySpeed, by_speed
from hand_tracking_dsp.rl.benchmark.candidates import (
    AT_ERROR,
    CONSTRAINED,
    INDEX,
    ORACLE,
    PI_TUNED,
    SHIPPED,
    TUNED,
    UNSHIELDED,
    Candidate,
    fixed_points,
    without_deadline_shield,
    without_shield,
)
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.hypervolume import AXES, hypervolume, place, reference_point
from hand_tracking_dsp.rl.benchmark.over_trainings import OverTrainings
from hand_tracking_dsp.rl.benchmark.paired_tests import MEASURES, column, paired
from hand_tracking_dsp.rl.benchmark.rule_search import TUNING, best_of, try_settings
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import densest_choice

HELD_OUT_SEEDS = tuple(range(900_000, 900_200))
"""Seeds of the episodes that are reported; nothing was trained, tuned or chosen on them."""

SPEED_MISSIONS = 30
"""Number of missions for each row of the table by the device's speed."""

LATE_LIMIT = 0.05
"""Share of late frames at which the box of the stricter hypervolume ends."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BenchmarkResults:
    """Figures of a benchmark, as a report shows them.

    Attributes:
        benchmark: Conditions of all candidates.
        scores: Scores by candidate, in the order of the episodes.
        candidates: Candidates by name.
        seeds: Names of the trainings that differ by the seed alone.
        aims: Aims, and how far they were reached.
        tests: Paired tests of the shipped policy, by opponent and measure.
        decision_ms: Cost of one decision at the 50th and 99th percentile, milliseconds.
        speed: Table by the device's speed.
        adversarial: Table of the adversarial missions.
        episodes: Seeds of the episodes.
    """

    benchmark: Benchmark
    scores: Mapping[str, Sequence[EpisodeScore]]
    candidates: Mapping[str, Candidate]
    seeds: tuple[str, ...]
    aims: tuple[Aim, ...]
    tests: Mapping[str, Mapping[str, Any]]
    decision_ms: tuple[float, float]
    speed: BySpeed
    adversarial: AdversarialTable
    episodes: Sequence[int] = field(default=HELD_OUT_SEEDS)

    def table(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return mean and interval over episodes, and the hypervolume, by candidate and measure."""
        return {
            name: {measure: asdict(mean_interval(column(found, measure))) for measure in MEASURES}
            | {"hypervolume": {"value": self.hypervolume_of(name)}}
            | {"hypervolume_few_late": {"value": self.hypervolume_of(name, late_limit=LATE_LIMIT)}}
            | {
                name: {"value": float(max(getattr(score, name) for score in found))}
                for name in ("switches_per_min", "breaches")
            }
            for name, found in self.scores.items()
        }

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of the fixed points."""
        return tuple(name for name, one in self.candidates.items() if one.kind == "fixed")

    @property
    def reference(self) -> dict[str, float]:
        """Corner of the hypervolume's box: the worst mean of the fixed points that policies choose."""
        chosen = self.fixed[densest_choice(self.benchmark.device.points) :]
        worst = reference_point({name: self.scores[name] for name in chosen})
        return dict(zip(AXES, worst.tolist(), strict=True))

    def hypervolume_of(self, *names: str, late_limit: float = 1.0) -> float:
        """Return the share of the box that candidates dominate together.

        Args:
            *names: Names of the candidates.
            late_limit: Share of late frames at which the box ends, if that is less than at its reference.
        """
        corner = [min(self.reference["miss_share"], late_limit), *list(self.reference.values())[1:]]
        return hypervolume(np.array([place(self.scores[name]) for name in names]), np.array(corner))

    @property
    def hypervolume_sets(self) -> dict[str, float]:
        """Hypervolume of sets of candidates: all fixed points, the training seeds, all but the oracle."""
        sets = {"all fixed points": self.fixed}
        if self.seeds:
            sets[f"{len(self.seeds)} training seeds"] = self.seeds
        sets["all but the oracle"] = tuple(name for name in self.scores if name != ORACLE)
        return {title: self.hypervolume_of(*names) for title, names in sets.items()}

    @property
    def over_trainings(self) -> OverTrainings:
        """Comparison of the trainings with the rules; of the shipped policy where there are none."""
        return OverTrainings.of(self.scores, self.seeds or (SHIPPED,), (TUNED, AT_ERROR, INDEX))


def run_benchmark(
    benchmark: Benchmark,
    policy: Path,
    folder: Path,
    executor: Executor,
    on_progress: Progress,
    episodes: Sequence[int] = HELD_OUT_SEEDS,
) -> BenchmarkResults:
    """Tune the rules, play the episodes, also by the device's speed, and evaluate the scores.

    Args:
        benchmark: Conditions of all candidates.
        policy: Manifest of the policy that is shipped.
        folder: Folder of the other trainings' manifests; those named after the shipped one's algorithm differ
            by the seed alone.
        executor: Where the work runs.
        on_progress: Called with the name of the work, how much of it is done, and how much there is.
        episodes: Seeds of the episodes to play.

    Raises:
        ModelError: A policy cannot be read or does not fit the bank.
    """
    shipped = Candidate(SHIPPED, "learned", file=policy)
    rules = _tuned_rules(benchmark, shipped, executor, on_progress)
    seeds, others = trainings(folder, policy, benchmark.bank)
    candidates = [
        *fixed_points(len(benchmark.bank.points)),
        *rules,
        Candidate(INDEX, "index"),
        shipped,
        *seeds,
        *others,
        replace(shipped, name=CONSTRAINED, options=ControllerOptions(mode="constrained")),
        replace(shipped, name=UNSHIELDED, options=without_shield(ControllerOptions())),
        Candidate(ORACLE, "oracle", options=without_deadline_shield(ControllerOptions())),
    ]
    scores = evaluate(
        benchmark, candidates, episodes, executor, lambda done, total: on_progress("missions", done, total)
    )
    speed = _by_speed(benchmark, candidates, episodes, executor, on_progress)
    online = _some_of(benchmark, candidates, (TUNED, INDEX, SHIPPED))
    adversarial = adversarial_table(benchmark, online, executor, partial(on_progress, "adversarial missions"))
    names = tuple(candidate.name for candidate in seeds)
    return BenchmarkResults(
        benchmark=benchmark,
        scores=scores,
        candidates={candidate.name: candidate for candidate in candidates},
        seeds=names,
        aims=aims_of(scores, names),
        tests=_tests(scores),
        decision_ms=decision_cost(benchmark, shipped),
        speed=speed,
        adversarial=adversarial,
        episodes=episodes,
    )


def _tuned_rules(
    benchmark: Benchmark, shipped: Candidate, executor: Executor, on_progress: Progress
) -> list[Candidate]:
    """Return the threshold rule tuned, the same at the shipped policy's error, and PI control tuned."""
    like_tuning = evaluate(replace(benchmark, episodes=TRAINING), [shipped], TUNING, executor)[SHIPPED]
    found = []
    for kind, names in (("threshold", (TUNED, AT_ERROR)), ("pi", (PI_TUNED,))):
        told = partial(on_progress, f"tuning {kind}")
        tried = try_settings(kind, benchmark, executor, told)
        for name in names:
            error = like_tuning if name == AT_ERROR else None
            found.append(best_of(tried, benchmark, name, executor, error))
    return found


def _by_speed(
    benchmark: Benchmark,
    candidates: Sequence[Candidate],
    episodes: Sequence[int],
    executor: Executor,
    on_progress: Progress,
) -> BySpeed:
    """Play some of the episodes at each speed with two fixed points, two rules, the policy and the oracle."""
    chosen = _some_of(benchmark, candidates, (TUNED, INDEX, SHIPPED, ORACLE))
    told = partial(on_progress, "speeds of the device")
    return by_speed(benchmark, chosen, episodes[:SPEED_MISSIONS], executor, told)


def _some_of(benchmark: Benchmark, candidates: Sequence[Candidate], names: Sequence[str]) -> list[Candidate]:
    """Return the densest and the sparsest fixed point that policies choose, and candidates by name."""
    points = [one for one in candidates if one.kind == "fixed"]
    known = {one.name: one for one in candidates}
    return [points[densest_choice(benchmark.device.points)], points[-1], *(known[name] for name in names)]


def decision_cost(benchmark: Benchmark, candidate: Candidate, episodes: int = 4) -> tuple[float, float]:
    """Measure what one decision of the controller takes, milliseconds: 50th and 99th percentile."""
    costs_ms: list[float] = []
    for seed in range(episodes):
        simulation = benchmark.simulation(benchmark.draw(seed), candidate)
        while not simulation.done:
            start = time.perf_counter()
            simulation.controller.decide(simulation.now_s)
            costs_ms.append((time.perf_counter() - start) * 1e3)
            simulation.advance()
    median, tail = np.percentile(costs_ms, (50, 99))
    return float(median), float(tail)


def trainings(folder: Path, policy: Path, bank: Manifest) -> tuple[list[Candidate], list[Candidate]]:
    """Return the trainings that differ from a policy's by the seed alone, and the others, of a folder.

    Raises:
        ModelError: The policy cannot be read or does not fit the bank.
    """
    algorithm = LearnedPolicy.load(policy, bank).contract.training.get("algorithm", "")
    seeds: list[Candidate] = []
    others: list[Candidate] = []
    for file in sorted(folder.glob("*.json")):
        like = file.stem.startswith(f"{algorithm}_")
        (seeds if like else others).append(Candidate(file.stem.replace("_", " "), "learned", file=file))
    return seeds, others


def _tests(scores: Mapping[str, Sequence[EpisodeScore]]) -> dict[str, dict[str, Any]]:
    """Compare the shipped policy with every other candidate."""
    measures = ("gain", "miss_share", "usable", "error", "drift_percent", "energy_j", "switches")
    return {
        name: {measure: asdict(paired(scores[SHIPPED], found, measure)) for measure in measures}
        for name, found in scores.items()
        if name != SHIPPED
    }
