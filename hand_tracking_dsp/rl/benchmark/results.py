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
from hand_tracking_dsp.evaluation.statistics import mean_interval
from hand_tracking_dsp.rl.benchmark.candidates import (
    Candidate,
    fixed_points,
    without_deadline_shield,
    without_shield,
)
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import MEASURES, column, mean_of, over_seeds, paired
from hand_tracking_dsp.rl.benchmark.rule_search import TUNING, best_of, try_settings
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.tracking.manifest import Manifest

HELD_OUT_SEEDS = tuple(range(900_000, 900_200))
"""Seeds of the episodes that are reported; nothing was trained, tuned or chosen on them."""

SHIPPED, ORACLE, TUNED, AT_ERROR = (
    "learned (shipped)",
    "oracle",
    "threshold, tuned",
    "threshold, at its error",
)
CONSTRAINED, UNSHIELDED = "learned, constrained mode", "learned, without the shield"
INDEX = "index, without learning"
PI_TUNED = "PI control, tuned"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Aim:
    """An aim, and how far it was reached.

    Attributes:
        text: Aim in words.
        value: Figure that was found, with its interval in words.
        reached: Whether the aim was reached.
        bound: Limit of what is possible: the same figure of the sparsest level alone, which nothing is faster
            than, and of the oracle, which gains most in all.
    """

    text: str
    value: str
    reached: bool
    bound: str = ""


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
        episodes: Seeds of the episodes.
    """

    benchmark: Benchmark
    scores: Mapping[str, Sequence[EpisodeScore]]
    candidates: Mapping[str, Candidate]
    seeds: tuple[str, ...]
    aims: tuple[Aim, ...]
    tests: Mapping[str, Mapping[str, Any]]
    decision_ms: tuple[float, float]
    episodes: Sequence[int] = field(default=HELD_OUT_SEEDS)

    def table(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return mean and interval over episodes, by candidate and measure."""
        return {
            name: {measure: asdict(mean_interval(column(found, measure))) for measure in MEASURES}
            | {
                name: {"value": float(max(getattr(score, name) for score in found))}
                for name in ("switches_per_min", "breaches")
            }
            for name, found in self.scores.items()
        }


def run_benchmark(
    benchmark: Benchmark,
    policy: Path,
    folder: Path,
    workers: int,
    on_progress: Progress,
    episodes: Sequence[int] = HELD_OUT_SEEDS,
) -> BenchmarkResults:
    """Tune the rules, play the episodes, evaluate the scores.

    Args:
        benchmark: Conditions of all candidates.
        policy: Manifest of the policy that is shipped.
        folder: Folder of the other trainings' manifests; those named after the shipped one's algorithm differ
            by the seed alone.
        workers: Number of processes; 0: one for each core.
        on_progress: Called with the name of the work, how much of it is done, and how much there is.
        episodes: Seeds of the episodes to play.

    Raises:
        ModelError: A policy cannot be read or does not fit the bank.
    """
    shipped = Candidate(SHIPPED, "learned", file=policy)
    rules = _tuned_rules(benchmark, shipped, workers, on_progress)
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
        benchmark, candidates, episodes, workers, lambda done, total: on_progress("missions", done, total)
    )
    names = tuple(candidate.name for candidate in seeds)
    return BenchmarkResults(
        benchmark=benchmark,
        scores=scores,
        candidates={candidate.name: candidate for candidate in candidates},
        seeds=names,
        aims=_aims(scores, names),
        tests=_tests(scores),
        decision_ms=decision_cost(benchmark, shipped),
        episodes=episodes,
    )


def _tuned_rules(
    benchmark: Benchmark, shipped: Candidate, workers: int, on_progress: Progress
) -> list[Candidate]:
    """Return the threshold rule tuned, the same at the shipped policy's error, and PI control tuned."""
    like_tuning = evaluate(replace(benchmark, episodes=TRAINING), [shipped], TUNING, workers)[SHIPPED]
    found = []
    for kind, names in (("threshold", (TUNED, AT_ERROR)), ("pi", (PI_TUNED,))):
        told = partial(on_progress, f"tuning {kind}")
        tried = try_settings(kind, benchmark, workers, told)
        for name in names:
            error = like_tuning if name == AT_ERROR else None
            found.append(best_of(tried, benchmark, name, workers, error))
    return found


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
    measures = ("gain", "miss_share", "error", "drift_percent", "energy_j", "switches")
    return {
        name: {measure: asdict(paired(scores[SHIPPED], found, measure)) for measure in measures}
        for name, found in scores.items()
        if name != SHIPPED
    }


def _aims(scores: Mapping[str, Sequence[EpisodeScore]], seeds: tuple[str, ...]) -> tuple[Aim, ...]:
    aims = [_against_oracle(scores, seeds)]
    for opponent in (TUNED, AT_ERROR):
        aims += _against_rule(scores, opponent)
    aims += _constrained(scores)
    return tuple(aims)


def _against_oracle(scores: Mapping[str, Sequence[EpisodeScore]], seeds: tuple[str, ...]) -> Aim:
    best = mean_of(scores[ORACLE], "gain")
    names = seeds or (SHIPPED,)
    over = over_seeds({name: scores[name] for name in names}, "gain")
    value, low, high = (100 * number / best for number in (over.value, over.low, over.high))
    fixed = [mean_of(found, "gain") for name, found in scores.items() if name.startswith("fixed")]
    weakest, strongest = (100 * number / best for number in (min(fixed), max(fixed)))
    return Aim(
        f"return at least 95 % of the oracle's, over {len(names)} training seed{'s' * (len(names) > 1)}",
        f"{value:.1f} % ({low:.1f} to {high:.1f}); fixed points: {weakest:.1f} to {strongest:.1f} %",
        value >= 95,
    )


def _against_rule(scores: Mapping[str, Sequence[EpisodeScore]], opponent: str) -> list[Aim]:
    found = []
    for measure, text, limit in (
        ("error", "error (1 - Accuracy) at most that of", 1.0),
        ("drift_percent", "mean drift at most that of", 1.0),
        ("miss_share", "late frames at most half those of", 0.5),
        ("energy_j", "energy at most 0.9 of that of", 0.9),
    ):
        ours = paired(scores[SHIPPED], scores[opponent], measure)
        sparsest = [name for name in scores if name.startswith("fixed")][-1]
        alone, best = (paired(scores[name], scores[opponent], measure).ratio for name in (sparsest, ORACLE))
        value = f"{ours.ratio.value:.2f} ({ours.ratio.low:.2f} to {ours.ratio.high:.2f}), p {ours.t_p:.1g}"
        reached = ours.ratio.value <= limit
        bound = f"{sparsest} {alone.value:.2f}, oracle {best.value:.2f}"
        found.append(Aim(f"{text} {opponent}", value, reached, bound))
    return found


def _constrained(scores: Mapping[str, Sequence[EpisodeScore]]) -> list[Aim]:
    most = max(score.switches_per_min for score in scores[CONSTRAINED])
    breaches = sum(score.breaches for score in scores[CONSTRAINED])
    return [
        Aim("constrained mode: at most 6 changes of level in any minute", f"{most}", most <= 6),
        Aim("constrained mode: the shield is never disobeyed", f"{breaches} times", breaches == 0),
    ]
