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

"""Trainings of layer agents side by side: seeds, ablations, and the search for the weights of the reward."""

from __future__ import annotations

import json
import multiprocessing
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hand_tracking_dsp.control.layers.agent import WIDTH, LayerAgent, LayerChoice, reachable
from hand_tracking_dsp.control.layers.reward import LayerWeights
from hand_tracking_dsp.control.layers.state import LayerContext, accuracy_of, left_so_far
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.control.policy_session import open_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.files import write_table
from hand_tracking_dsp.rl.training.layer_environment import INPUTS
from hand_tracking_dsp.rl.training.layer_export import export_layers
from hand_tracking_dsp.rl.training.layer_train import (
    CURVE_COLUMNS,
    INPUT,
    MONITORING,
    LayerTrainingOptions,
    layer_provenance,
    train_layers,
)
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

JUDGED_LIMITS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""Limits of time, and of power, that agents are judged at, relative to the dense network's."""

GRID: Mapping[str, tuple[float, ...]] = {
    "alpha": (1.0, 2.0),
    "beta": (0.0, 0.2),
    "gamma": (0.0, 0.2),
    "complexity": (0.0, 0.1),
}
"""Weights that the grid search tries, all with all."""

ABLATIONS: Mapping[str, tuple[str, ...]] = {"without monitoring": MONITORING, "without input": INPUT}
"""Entries of the state that an agent never sees, by the name of the ablation."""

_POLL_S = 0.5
# Parts of the network that a grid search without an agent prunes alike, and what sums are off by.
_PARTS, _ROUNDING = 4, 1e-9


class _Trial(Protocol):
    """A trial of Optuna."""

    def suggest_float(self, name: str, low: float, high: float) -> float:
        """Return a value to try."""


@dataclass(frozen=True, slots=True)
class LayerJob:
    """A training of a layer agent: its name, which is its file's, and its settings."""

    name: str
    options: LayerTrainingOptions


def judged_contexts() -> list[LayerContext]:
    """Return the contexts that agents are judged in: each limit of time, then of power, in each scene."""
    limits = [(limit, 1.0) for limit in JUDGED_LIMITS] + [(1.0, limit) for limit in JUDGED_LIMITS]
    return [LayerContext(*limit, scene, *INPUTS[scene]) for limit in limits for scene in range(len(SCENES))]


def judge(agent: LayerAgent, width: int = WIDTH) -> tuple[float, float]:
    """Return the mean accuracy and the mean power, as layers.state has them, of what an agent composes."""
    choices = compose_all(agent, width)
    deviations = np.array([one.deviation_percent for one in choices])
    return float(accuracy_of(deviations).mean()), float(np.mean([one.power for one in choices]))


def compose_all(agent: LayerAgent, width: int = WIDTH) -> list[LayerChoice]:
    """Let an agent compose for all judged_contexts."""
    return [agent.compose(context, width) for context in judged_contexts()]


def judge_grid(profile: CompositionProfile) -> tuple[float, float]:
    """Return what judge() returns, of a grid search in the place of an agent.

    The grid has one intensity for all layers of each quarter of the network; of what keeps a context's limits
    the most accurate counts.
    """
    quarter = np.repeat(
        np.arange(_PARTS), np.diff(np.linspace(0, len(profile.names), _PARTS + 1).astype(int))
    )
    grid = np.array(list(product(range(len(INTENSITIES)), repeat=_PARTS)))[:, quarter]
    times, powers = (left_so_far(spared, grid) for spared in (profile.time, profile.macs))
    accuracies = accuracy_of(profile.surrogate.deviation_percent(grid))
    found = []
    for context in judged_contexts():
        within = reachable(profile, context)
        kept = (times <= within.time_limit + _ROUNDING) & (powers <= within.power_limit + _ROUNDING)
        best = int(np.where(kept, accuracies[:, context.scene], -np.inf).argmax())
        found.append((accuracies[best, context.scene], powers[best]))
    accuracy, power = np.mean(found, axis=0)
    return float(accuracy), float(power)


def seed_jobs(options: LayerTrainingOptions, count: int, name: str = "akperl") -> list[LayerJob]:
    """Return trainings that differ by the seed alone: akperl_0, akperl_1, …."""
    first = options.seed
    return [LayerJob(f"{name}_{seed}", replace(options, seed=seed)) for seed in range(first, first + count)]


def ablation_jobs(options: LayerTrainingOptions) -> list[LayerJob]:
    """Return trainings without what is fed back, without the input, and without weights that count."""
    weights = options.weights
    jobs = [
        LayerJob(name.replace(" ", "_"), replace(options, blank=names)) for name, names in ABLATIONS.items()
    ]
    if weights.coefficients:
        without = replace(options, weights=replace(weights, coefficients=()))
        jobs.append(LayerJob("without_coefficients", without))
    if weights.complexity:
        jobs.append(LayerJob("without_lambda", replace(options, weights=replace(weights, complexity=0.0))))
    return jobs


def grid_jobs(options: LayerTrainingOptions) -> list[LayerJob]:
    """Return trainings with each of the weights in GRID."""
    jobs = []
    for values in product(*GRID.values()):
        alpha, beta, gamma, complexity = values
        weights = replace(options.weights, alpha=alpha, beta=beta, gamma=gamma, complexity=complexity)
        name = "grid_" + "_".join(f"{value:g}" for value in values)
        jobs.append(LayerJob(name, replace(options, weights=weights)))
    return jobs


def search_weights(
    options: LayerTrainingOptions,
    trials: int,
    layers: int,
    try_out: Callable[[Sequence[LayerJob]], Sequence[tuple[float, float]]],
    at_once: int,
) -> Iterator[tuple[LayerWeights, float, float]]:
    """Search weights and the coefficients of layers for accuracy and power: NSGA-II by Optuna.

    Args:
        options: Settings of each training, but for the weights.
        trials: Trainings.
        layers: Number of layers.
        try_out: Trains agents side by side and judges them.
        at_once: Trainings side by side.

    Yields:
        Weights, mean accuracy and mean power of each trial.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.NSGAIISampler(population_size=8, seed=options.seed)
    study = optuna.create_study(directions=("maximize", "minimize"), sampler=sampler)
    for first in range(0, trials, at_once):
        asked = [study.ask() for _ in range(min(at_once, trials - first))]
        found = [_suggested(trial, layers) for trial in asked]
        jobs = [
            LayerJob(f"search_{first + number}", replace(options, weights=weights))
            for number, weights in enumerate(found)
        ]
        for trial, weights, (accuracy, power) in zip(asked, found, try_out(jobs), strict=True):
            study.tell(trial, (accuracy, power))
            yield weights, accuracy, power


def _suggested(trial: _Trial, layers: int) -> LayerWeights:
    return LayerWeights(
        alpha=1.0,
        beta=trial.suggest_float("beta", 0.0, 0.5),
        gamma=trial.suggest_float("gamma", 0.0, 0.5),
        complexity=trial.suggest_float("complexity", 0.0, 0.2),
        coefficients=tuple(trial.suggest_float(f"coefficient_{layer}", 0.0, 2.0) for layer in range(layers)),
    )


def run_layer_jobs(
    jobs: Sequence[LayerJob],
    bank: Manifest,
    precision: str,
    out: Path,
    work: Path,
    workers: int,
    on_progress: Callable[[str, int, int], None],
) -> list[str]:
    """Train, each job in a process of its own, and export each agent to `out`.

    Returns:
        Names of those that lay there already, of the same training on the same blocks, and were kept.

    Raises:
        HandTrackingError: An agent cannot be exported.
    """
    kept = [job.name for job in jobs if _is_done(job, bank, precision, out)]
    left = [job for job in jobs if job.name not in kept]
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(workers, context) as pool:
        news = manager.Queue()
        waiting: list[Future[None]] = [
            pool.submit(_train, job, bank.folder, precision, out, work / job.name, news) for job in left
        ]
        while not all(future.done() for future in waiting):
            try:
                on_progress(*news.get(timeout=_POLL_S))
            except queue.Empty:
                continue
        for future in waiting:
            future.result()
    return kept


def _provenance(job: LayerJob, bank: Manifest, precision: str) -> dict[str, Any]:
    blocks = next((one.sha256 for one in bank.blocks or () if one.precision == precision), "")
    return {**layer_provenance(job.options), "precision": precision, "blocks": blocks}


def _is_done(job: LayerJob, bank: Manifest, precision: str, out: Path) -> bool:
    """Say whether an agent lies there that the same training made; what cannot be read is made anew."""
    manifest = out / f"{job.name}.json"
    try:
        contract = open_policy(read_policy(manifest), str(manifest))[1]
    except ModelError:
        return False
    wanted = json.loads(json.dumps(_provenance(job, bank, precision)))
    return bool({name: contract.training.get(name) for name in wanted} == wanted)


def _train(
    job: LayerJob,
    folder: Path,
    precision: str,
    out: Path,
    work: Path,
    news: queue.Queue[tuple[str, int, int]],
) -> None:
    bank = read_manifest(folder)
    profile = CompositionProfile.of(BlockSet.read(bank, precision), bank.levels[0])
    network, curve = train_layers(profile, job.options, lambda done, total: news.put((job.name, done, total)))
    rows = [tuple(f"{value:.6g}" for value in row) for row in curve]
    write_table(work / "curve.csv", CURVE_COLUMNS, rows)
    training = _provenance(job, bank, precision)
    export_layers(network, bank, profile, out / f"{job.name}.json", training)
