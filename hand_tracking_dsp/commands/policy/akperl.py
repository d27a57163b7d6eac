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

"""hand-tracking-dsp policy akperl: train agents that compose networks layer by layer, and export the best."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.arguments import add_bank, add_seed, require_at_least
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    progress_bars,
    require_writable,
)
from hand_tracking_dsp.commands.policy.train import require_training
from hand_tracking_dsp.control.layers.agent import WIDTH, LayerAgent
from hand_tracking_dsp.control.policy_file import read_policy, write_policy
from hand_tracking_dsp.evaluation.report.learning_curves import plot_by_figure
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import BLOCK_PRECISIONS, CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.control.layers.reward import LayerWeights
    from hand_tracking_dsp.rl.training.layer_study import LayerJob
    from hand_tracking_dsp.rl.training.layer_train import LayerTrainingOptions

RESULT = "akperl.json"
"""Name of the best agent's manifest in --out."""

STUDY = "study.json"
"""Name of the file in --out that holds what each training came to."""

_CURVES = "curves.png"
_STEPS = 200_000
_SEARCH_STEPS = 40_000
_LABELS = {"return": "mean reward\nof an episode", "value": "mean of the\ngreatest Q"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Trains agents (DQN) that choose a pruning intensity for each layer of the dense network, for a "
        "time, a power and a kind of scene, and exports the best for the policy akperl. The bank needs "
        "blocks whose compositions were measured."
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help=f"folder for {RESULT}, its network and agents/"
    )
    parser.add_argument("--work", type=Path, help="folder of curves; OUT.work if not given")
    add_bank(parser)
    parser.add_argument(
        "--precision",
        choices=BLOCK_PRECISIONS,
        default="int8",
        help="precision of the blocks (default: %(default)s)",
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings that differ by the seed, 1 or more")
    parser.add_argument(
        "--steps",
        type=int,
        default=_STEPS,
        help="steps of each training, 1000 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--trials",
        type=int,
        default=0,
        help=f"trainings of {_SEARCH_STEPS} steps that search the reward's weights, beside those of a grid; "
        "0: neither",
    )
    parser.add_argument(
        "--ablations", action="store_true", help="also train without parts of the state and reward"
    )
    parser.add_argument("--workers", type=int, default=2, help="trainings side by side, 1 or more")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train, choose, export.

    Raises:
        ConfigurationError: An option cannot be used, or the packages of training are not installed.
        ModelError: The bank has no blocks whose compositions were measured, or an export takes other actions
            than what was trained.
        OutputError: A file cannot be written.
    """
    require_at_least(options, seeds=1, steps=1000, trials=0, workers=1, seed=0)
    require_training()
    from hand_tracking_dsp.rl.training.layer_study import ablation_jobs, judge_grid, seed_jobs
    from hand_tracking_dsp.rl.training.layer_train import LayerTrainingOptions

    require_writable(options.out, RESULT)
    bank = read_manifest(options.bank or default_bank())
    profile = CompositionProfile.of(BlockSet.read(bank, options.precision), bank.levels[0])
    out, work = options.out, options.work or Path(f"{options.out.resolve()}.work")
    require_writable(work, _CURVES, option="--work")
    console = make_console()
    console.print(machine_line(), highlight=False)
    plan = LayerTrainingOptions(steps=options.steps, seed=options.seed)
    name = "akperl"
    results: dict[str, tuple[float, float, float]] = {}
    with progress_bars(console) as show:
        train = partial(_train, options, bank, profile, out / "agents", work, show, results)
        if options.trials:
            short = replace(plan, steps=min(_SEARCH_STEPS, options.steps))
            other = replace(plan, weights=_search(short, options, len(profile.names), train))
            # What is best in a short training need not be in a long one.
            first, searched = seed_jobs(plan, 1)[0], seed_jobs(other, 1, "searched")[0]
            train([first, searched])
            if results[searched.name][0] > results[first.name][0]:
                plan, name = other, "searched"
        seeds = seed_jobs(plan, options.seeds, name)
        train([*seeds, *(ablation_jobs(plan) if options.ablations else [])])
    best = max((job.name for job in seeds), key=lambda name: results[name][0])
    write_policy(out / RESULT, read_policy(out / "agents" / f"{best}.json"))
    plot_by_figure(work, work / _CURVES, "steps", _LABELS, "Training of layer agents, simulated", {})
    found = {
        name: dict(zip(("accuracy", "power", "greedy"), row, strict=True)) for name, row in results.items()
    }
    study = {"weights": asdict(plan.weights), "best": best, "trainings": found}
    write_text(out / STUDY, json.dumps(study, indent=1) + "\n")
    rows = [
        (f"{name} (chosen)" if name == best else name, f"{accuracy:.4f}", f"{greedy:.4f}", f"{power:.3f}")
        for name, (accuracy, power, greedy) in results.items()
    ]
    if options.ablations:
        accuracy, power = judge_grid(profile)
        rows.append(("no agent: a grid of intensities by quarters", f"{accuracy:.4f}", "", f"{power:.3f}"))
    headings = ("agent", f"accuracy, {WIDTH} followed", "accuracy, one followed", "power")
    console.print(make_table("Estimates, mean over 80 contexts that agents are judged in", headings, rows))
    console.print(f"Weights of the reward: {asdict(plan.weights)}", highlight=False)
    console.print(f"{out / RESULT} is {best}; the curves are in {work / _CURVES}.", highlight=False)
    return 0


def _train(
    options: argparse.Namespace,
    bank: Manifest,
    profile: CompositionProfile,
    out: Path,
    work: Path,
    show: Callable[[str, int, int], None],
    results: dict[str, tuple[float, float, float]],
    jobs: Sequence[LayerJob],
) -> list[tuple[float, float]]:
    """Train agents, judge them, and return accuracy and power of each, the greatest Q alone followed."""
    from hand_tracking_dsp.rl.training.layer_study import judge, run_layer_jobs

    kept = run_layer_jobs(jobs, bank, options.precision, out, work, options.workers, show)
    if kept:
        print(f"{', '.join(kept)} of {out}: trained alike before, and kept.")
    found = []
    for job in jobs:
        agent = LayerAgent.load(out / f"{job.name}.json", bank, profile)
        (accuracy, power), greedy = judge(agent), judge(agent, 1)
        results[job.name] = accuracy, power, greedy[0]
        found.append(greedy)
    return found


def _search(
    plan: LayerTrainingOptions,
    options: argparse.Namespace,
    layers: int,
    train: Callable[[Sequence[LayerJob]], list[tuple[float, float]]],
) -> LayerWeights:
    """Return the weights, of those on the grid and those that a search tries, with the greatest accuracy."""
    from hand_tracking_dsp.rl.training.layer_study import grid_jobs, search_weights

    grid = grid_jobs(plan)
    tried = [(job.options.weights, accuracy) for job, (accuracy, _) in zip(grid, train(grid), strict=True)]
    searched = search_weights(plan, options.trials, layers, train, options.workers)
    tried += [(weights, accuracy) for weights, accuracy, _ in searched]
    return max(tried, key=lambda one: one[1])[0]
