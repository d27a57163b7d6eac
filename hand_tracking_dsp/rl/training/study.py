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

"""Runs trainings side by side (seeds, the other algorithm, ablations) and chooses the best policy."""

from __future__ import annotations

import json
import multiprocessing
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policy_file import ACTIONS_KIND, VALUES_KIND
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.files import write_table, write_text
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.tracking.manifest import Manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.rl.training.train import PolicyTrainingOptions

VALIDATION = tuple(range(800_000, 800_060))
"""Seeds of the episodes that choose between trained policies; neither trained on nor reported."""

_POLL_S = 0.5
# Trainings of other seeds play other missions.
_SEEDS_APART = 1_000_000

BLANKS: dict[str, tuple[str, ...]] = {
    "battery": ("battery_charge", "power_w", "power_trend_w_per_s"),
    "drift": ("drift_percent", "drift_sparser_percent"),
}
"""Entries of the observation that an ablation never measures."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One training: its name, which is its file's, and its options."""

    name: str
    options: PolicyTrainingOptions


def seeds(options: PolicyTrainingOptions, count: int) -> list[TrainingJob]:
    """Return trainings that differ by the seed alone: ppo_0, ppo_1, …."""
    first = options.seed
    return [
        TrainingJob(f"{options.algorithm}_{seed}", replace(options, seed=seed))
        for seed in range(first, first + count)
    ]


def ablations(options: PolicyTrainingOptions) -> list[TrainingJob]:
    """Return trainings without battery, and without drift."""
    return [
        TrainingJob(f"without_{name}", replace(options, blank=tuple(map(OBSERVATION_NAMES.index, names))))
        for name, names in BLANKS.items()
    ]


def run_jobs(
    jobs: Sequence[TrainingJob],
    device: DeviceModel,
    bank: Manifest,
    out: Path,
    work: Path,
    workers: int,
    on_progress: Callable[[str, int, int], None],
    player: Executor = THIS_PROCESS,
) -> None:
    """Train, each job in a process of its own, and export each policy.

    A job whose policy lies in `out` already is passed over; one that was interrupted goes on from its
    checkpoint.

    Args:
        jobs: Trainings to run.
        device: Device that is simulated.
        bank: Bank whose levels are chosen from.
        out: Folder of the policies, NAME.onnx and NAME.json.
        work: Folder of checkpoints and curves, with a folder for each job.
        workers: Number of processes.
        on_progress: Called with a job's name, the episodes played and to play.
        player: Where each job plays the missions that forecasts and values learn from.

    Raises:
        ConfigurationError: A folder holds the policy or the checkpoint of another training of that name.
        HandTrackingError: A policy cannot be exported.
    """
    left = [job for job in jobs if not _is_done(job, device, bank, out)]
    for job in left:
        _claim(work / job.name, job, device, bank)
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(workers, context) as pool:
        news = manager.Queue()
        waiting: list[Future[None]] = [
            pool.submit(_run, job, device, bank, out, work / job.name, news, player) for job in left
        ]
        try:
            while not all(future.done() for future in waiting):
                try:
                    on_progress(*news.get(timeout=_POLL_S))
                except queue.Empty:
                    continue
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        for future in waiting:
            future.result()


def choose(
    policies: Sequence[Candidate], device: DeviceModel, bank: Manifest, executor: Executor
) -> tuple[str, dict[str, float]]:
    """Choose the policy of the greatest mean reward on the episodes of VALIDATION.

    Returns:
        Its name, and the mean reward of each by name.
    """
    benchmark = Benchmark(device, bank, JUDGED, TRAINING)
    scores = evaluate(benchmark, policies, VALIDATION, executor)
    gains = {name: mean_of(found, "gain") for name, found in scores.items()}
    return max(gains, key=gains.__getitem__), gains


def _run(
    job: TrainingJob,
    device: DeviceModel,
    bank: Manifest,
    out: Path,
    work: Path,
    news: queue.Queue[tuple[str, int, int]],
    player: Executor,
) -> None:
    from hand_tracking_dsp.rl.training.export import export_policy
    from hand_tracking_dsp.rl.training.train import train

    figures = PointFigures.of(bank)
    options = job.options
    if options.algorithm != ACTIONS_KIND:
        _run_on_played(job, device, bank, out / f"{job.name}.json", work, news, player)
        return
    trained = train(device, figures, options, work, lambda done, total: news.put((job.name, done, total)))
    export_policy(trained.mlp, bank, out / f"{job.name}.json", provenance(options, device))


def _run_on_played(
    job: TrainingJob,
    device: DeviceModel,
    bank: Manifest,
    file: Path,
    work: Path,
    news: queue.Queue[tuple[str, int, int]],
    player: Executor,
) -> None:
    """Play missions, and train a network on what came in them; minutes, so that nothing is kept between.

    Forecasts and values learn from the same missions.
    """
    from hand_tracking_dsp.rl.training.forecast_data import play_missions
    from hand_tracking_dsp.rl.training.forecast_export import export_forecast
    from hand_tracking_dsp.rl.training.forecast_train import ForecastTrainingOptions, train_forecast
    from hand_tracking_dsp.rl.training.value_train import ValueTrainingOptions, train_values

    options = job.options
    first = _SEEDS_APART * (options.seed + 1)
    missions, figures = range(first, first + options.episodes), PointFigures.of(bank)
    data = play_missions(
        device,
        figures,
        TRAINING,
        missions,
        player,
        lambda done, total: news.put((job.name, done, total)),
    )
    if options.algorithm == VALUES_KIND:
        values = ValueTrainingOptions(options.discount, layers=options.layers, seed=options.seed)
        network, curve = train_values(data, figures.densest, values)
    else:
        forecast = ForecastTrainingOptions(layers=options.layers, seed=options.seed)
        network, curve = train_forecast(data, forecast)
    rows = [(str(options.episodes * (epoch + 1)), f"{loss:.6g}") for epoch, loss in enumerate(curve)]
    write_table(work / "curve.csv", ("missions", "loss"), rows)
    export_forecast(network, bank, file, {**provenance(options, device), "loss": curve[-1]})


def provenance(options: PolicyTrainingOptions, device: DeviceModel) -> dict[str, Any]:
    """Return what a policy's metadata says of its training, except its results."""
    return {
        "algorithm": options.algorithm,
        "seed": options.seed,
        "missions": options.episodes,
        "discount": options.discount,
        "layers": list(options.layers),
        "never_measured": [OBSERVATION_NAMES[index] for index in options.blank],
        "device": device.name,
        "device_source": device.source,
    }


def _is_done(job: TrainingJob, device: DeviceModel, bank: Manifest, out: Path) -> bool:
    """Return whether a job's policy lies there already; refuse one that came out of another training."""
    file = out / f"{job.name}.json"
    if not file.exists():
        return False
    training = LearnedPolicy.load(file, bank).contract.training
    wanted = provenance(job.options, device)
    if differing := [name for name, value in wanted.items() if training.get(name) != value]:
        msg = f"{file} came out of another training ({', '.join(differing)} differ): choose another --out."
        raise ConfigurationError(msg)
    return True


def _claim(work: Path, job: TrainingJob, device: DeviceModel, bank: Manifest) -> None:
    """Write the settings of a job into its work folder; refuse one that is another training's."""
    text = json.dumps(
        {"options": asdict(job.options), "device": device.to_json(), "bank": bank.fingerprint}, indent=1
    )
    file = work / "options.json"
    if file.exists() and file.read_text(encoding="utf-8") != text:
        msg = f"The checkpoint in {work} is another training's: choose another --work, or delete that folder."
        raise ConfigurationError(msg)
    write_text(file, text)
