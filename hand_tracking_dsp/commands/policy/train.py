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

"""hand-tracking-dsp policy train: train policies in simulated missions and export the best."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_cluster,
    add_device,
    add_seed,
    read_device,
    require_at_least,
)
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    progress_bars,
    require_writable,
)
from hand_tracking_dsp.control.policy_file import (
    ACTIONS_KIND,
    FORECAST_KIND,
    VALUES_KIND,
    read_policy,
    write_policy,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import require_same_levels
from hand_tracking_dsp.rl.training.curves import plot_curves
from hand_tracking_dsp.rl.training.study import TrainingJob, ablations, choose, run_jobs, seeds
from hand_tracking_dsp.tracking.manifest import read_manifest

_MISSIONS = 1500

ALGORITHMS = (FORECAST_KIND, VALUES_KIND, ACTIONS_KIND)
"""Algorithms to train by."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for policy.json, its network and policies/",
    )
    parser.add_argument("--work", type=Path, help="folder of checkpoints; OUT.work if not given")
    add_device(parser)
    parser.add_argument("--algorithm", choices=ALGORITHMS, default=FORECAST_KIND)
    parser.add_argument("--seeds", type=int, default=5, help="trainings that differ by the seed")
    parser.add_argument("--missions", type=int, default=_MISSIONS, help="episodes of each training")
    parser.add_argument(
        "--study",
        action="store_true",
        help="also train by the other algorithms, and the report's ablations",
    )
    parser.add_argument("--workers", type=int, default=2, help="trainings side by side")
    add_cluster(parser, "missions that are known before training")
    add_bank(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train, choose, export.

    Raises:
        ConfigurationError: An option cannot be used, or the packages of training are not installed.
        ModelError: Bank or device cannot be used, or an export takes other actions than what was trained.
    """
    require_at_least(options, seeds=1, missions=1, workers=1, seed=0)
    require_writable(options.out, "policy.json")
    bank = read_manifest(options.bank or default_bank())
    device = read_device(options, bank)
    require_same_levels(device, bank)
    out = options.out.absolute()
    work: Path = options.work or out.with_name(f"{out.name}.work")
    jobs, others = _jobs(options)
    console = make_console()
    console.print(f"{len(jobs) + len(others)} trainings of {options.missions} missions; {machine_line()}")
    folder = options.out / "policies"
    # Trainings side by side are processes enough here.
    player = Executor(1, options.cluster)
    with progress_bars(console) as show:
        run_jobs([*jobs, *others], device, bank, folder, work, options.workers, show, player)
    candidates = [Candidate(job.name, "learned", file=folder / f"{job.name}.json") for job in jobs]
    best, gains = choose(candidates, device, bank, Executor(options.workers, options.cluster))
    write_policy(options.out / "policy.json", read_policy(folder / f"{best}.json"))
    plot_curves(work, work / "curves.png")
    rows = [(f"{name} (chosen)" if name == best else name, f"{gain:.4f}") for name, gain in gains.items()]
    title = "Mean reward on 60 missions that nothing was trained on"
    console.print(make_table(title, ("policy", "reward"), rows))
    console.print(f"{options.out / 'policy.json'} is {best}; the curves are in {work / 'curves.png'}.")
    return 0


def require_training() -> None:
    """Check that the packages of training are installed.

    Raises:
        ConfigurationError: One is missing.
    """
    try:
        import hand_tracking_dsp.rl.training.train  # noqa: F401 (only tried)
    except ImportError as error:
        msg = (
            f"Training needs PyTorch, gymnasium and stable-baselines3 ({error}): run 'make setup-lab', or "
            f"pip install -r requirements/lab.in."
        )
        raise ConfigurationError(msg) from error


def _jobs(options: argparse.Namespace) -> tuple[list[TrainingJob], list[TrainingJob]]:
    """Return the trainings to choose from, and those for comparison."""
    require_training()
    from hand_tracking_dsp.rl.training.train import PolicyTrainingOptions

    plan = PolicyTrainingOptions(algorithm=options.algorithm, episodes=options.missions, seed=options.seed)
    jobs = seeds(plan, options.seeds)
    if not options.study:
        return jobs, []
    others = (name for name in ALGORITHMS if name != options.algorithm)
    plans = [job for name in others for job in seeds(replace(plan, algorithm=name), 1)]
    return jobs, [*plans, *ablations(replace(plan, algorithm=ACTIONS_KIND))]
