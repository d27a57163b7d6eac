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

"""hand-tracking-dsp models granularity: choose how finely each area is pruned, by what a runtime gains."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank, add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.models.held_out import require_images
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.bank.files import read_level, write_bank
from hand_tracking_dsp.compression.data.crops import MIN_CROPS
from hand_tracking_dsp.compression.data.packed_crops import crops_to_measure, hands_to_fit
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.compression.granularity.goals import FILE, Chooser, GranularGoal, GranularStudy
from hand_tracking_dsp.compression.granularity.level import GranularLevel, with_granular_levels
from hand_tracking_dsp.compression.granularity.plans import MeasuredPlan
from hand_tracking_dsp.compression.granularity.plot import save_granularities
from hand_tracking_dsp.compression.granularity.runtimes import RUNTIMES, Runtime, installed_runtimes
from hand_tracking_dsp.compression.granularity.study import GranularFigures, GranularTables
from hand_tracking_dsp.compression.granularity.variants import AREAS
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

_FIGURES, _PLOT = "granularity.json", "granularity.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Prunes each area of a bank's dense network (stem, early, middle, late, heads) by single "
        "connections, 2:4, 1x4, channels and whole blocks, in closed form; measures deviation, and what the "
        "runtimes at hand gain; lets an agent for each area choose; writes what saves time as levels."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    add_bank(parser)
    parser.add_argument(
        "--sparsity",
        type=float,
        default=0.5,
        help="share of an area that goes, 0.1 to 0.9; of 2:4 always a half (default: %(default)s)",
    )
    parser.add_argument(
        "--limit",
        type=float,
        nargs="+",
        default=[0.9, 0.8, 0.7, 0.6],
        help="costs to keep, above 0 and below 1, relative to the dense network's (default: 0.9 0.8 0.7 0.6)",
    )
    parser.add_argument(
        "--runtime",
        nargs="+",
        choices=[one.name for one in RUNTIMES],
        help="runtimes to time on, the first for the levels; all that are installed if not given",
    )
    for name, default, meaning in (
        ("count", 400, f"packed hands to fit on, {MIN_CROPS} or more"),
        ("hands", 100, "hands of the pack to measure on"),
        ("runs", 100, "timed runs of each network on each runtime"),
        ("episodes", 1000, "networks that the agents try, in the tables, for each goal"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{meaning} (default: %(default)s)")
    parser.add_argument("--report", type=Path, metavar="DIR", help=f"folder of {_FIGURES} and {_PLOT}")
    parser.add_argument("--out", type=Path, metavar="BANK", help="folder of a bank with the levels")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Prune, measure, let agents choose, print, and write levels where asked.

    Raises:
        ConfigurationError: The pack holds too few hands, the bank sees depth, or a library is missing.
        ModelError: The bank cannot be used.
        OutputError: Something cannot be written.
    """
    require_at_least(options, count=MIN_CROPS, hands=1, runs=1, episodes=1, seed=0)
    require_between(options, sparsity=(0.1, 0.9))
    if not all(0 < limit < 1 for limit in options.limit):
        msg = f"--limit is {options.limit}: each must be above 0 and below 1."
        raise ConfigurationError(msg)
    require_writable(options.report, _FIGURES, _PLOT)
    require_writable(options.out, MANIFEST_NAME)
    if not find_spec("gymnasium"):
        msg = "Training agents needs gymnasium: pip install -r requirements/lab.in."
        raise ConfigurationError(msg)
    runtimes = _runtimes(options)
    bank = read_manifest(options.bank or default_bank())
    require_images(bank)
    pictures = read_pack(options.pack, [PictureKind.HAND, PictureKind.CROP])
    fit = hands_to_fit(pictures, options.count, options.seed)
    hands = crops_to_measure(pictures, options.hands, options.seed)
    study = GranularStudy(
        dense=read_level(bank)[1],
        fit=fit,
        hands=hands,
        share=options.sparsity,
        runtimes=runtimes,
        runs=options.runs,
        seed=options.seed,
    )
    console = make_console()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        result = study.result(
            options.limit, _agents(options), lambda what: progress.update(task, description=what)
        )
    tables, pairs = result.tables, list(zip(result.goals, result.plans, strict=True))
    console.print(_table(tables))
    console.print(_goals_table(pairs))
    tried = f"The agents of {len(AREAS)} areas tried {options.episodes:,} plans in the tables for each goal."
    console.print(f"{machine_line()}, one thread\n{tried}\n{NOTE}", highlight=False)
    if options.report:
        about = {"machine": machine(), "sparsity": options.sparsity, "hands": len(hands), "fit": len(fit)}
        rows = [{**asdict(goal), **_figures(one)} for goal, one in pairs]
        write_json(options.report / _FIGURES, {**about, "tables": asdict(tables), "goals": rows})
        save_granularities(tables, options.report / _PLOT)
        console.print(f"The figures are in {options.report / _FIGURES}, the plot is in {_PLOT} beside it.")
    if options.out:
        levels = _levels(pairs, runtimes[0].name)
        new, files = with_granular_levels(bank, study.dense, levels, hands, seed=options.seed)
        write_bank(options.out, new, files, since=bank)
        console.print(
            f"The bank of {len(levels)} such levels is written into {options.out}.", highlight=False
        )
    return 0


def _levels(pairs: Sequence[tuple[GranularGoal, MeasuredPlan]], runtime: str) -> list[GranularLevel]:
    """Take the plans that save time on a runtime as they were to."""
    return [
        GranularLevel(one, goal.limit, goal.cost)
        for goal, one in pairs
        if goal.cost == runtime and goal.kept and one.gains[runtime]
    ]


def _runtimes(options: argparse.Namespace) -> list[Runtime]:
    """Find the runtimes that are asked for, in that order; all that are installed if none is.

    Raises:
        ConfigurationError: One is not installed.
    """
    installed = {one.name: one for one in installed_runtimes()}
    names = list(dict.fromkeys(options.runtime or installed))
    if missing := [name for name in names if name not in installed]:
        msg = f"--runtime {missing[0]} is not installed: install its library, or leave it out."
        raise ConfigurationError(msg)
    return [installed[name] for name in names]


def _agents(options: argparse.Namespace) -> Chooser:
    """Let an agent for each area choose."""
    # Only this needs gymnasium.
    from hand_tracking_dsp.rl.training.granularity_agent import ChoiceTables, train_agents

    def choose(deviation: Doubles, saved: Doubles, need: float) -> Sequence[int]:
        return train_agents(ChoiceTables(deviation, saved), need, options.episodes, options.seed).choice

    return choose


def _figures(one: MeasuredPlan) -> dict[str, Any]:
    names = ("apart", "in_turn", "deviation", "zipped", "ratios", "gains")
    return {name: getattr(one, name) for name in names}


def _table(tables: GranularTables) -> Table:
    """Show what each granularity of each area costs and gains; a gain within the noise in brackets."""

    def ratio(runtime: str, one: GranularFigures) -> str:
        text = f"{one.ratios[runtime]:.3f}"
        return text if one.gains[runtime] else f"({text})"

    headings = (
        "area",
        "granularity",
        "deviation",
        "file, KB",
        "zipped, KB",
        "memory, MiB",
        *(f"{name} (±{noise:.3f})" for name, noise in tables.noise.items()),
    )
    rows = [
        (
            one.area or "none",
            one.granularity,
            f"{one.deviation:.2f}",
            f"{one.file_bytes / 1000:.0f}",
            f"{one.zipped_bytes / 1000:.0f}",
            f"{one.memory_mib:.0f}",
            *(ratio(name, one) for name in tables.noise),
        )
        for one in (tables.dense, *tables.rows)
    ]
    title = (
        "One area pruned, the others dense: deviation, % of palm size; time relative to the dense network in "
        "the same runtime, in brackets where nothing is gained beyond the noise (±)"
    )
    return make_table(title, headings, rows, left=("granularity",))


def _goals_table(pairs: Sequence[tuple[GranularGoal, MeasuredPlan]]) -> Table:
    """Show what the agents chose for each goal, and what came of it."""
    rows = [
        (
            goal.cost,
            f"{goal.limit:.2f}" if goal.kept else f"{goal.limit:.2f} (not reached)",
            *(goal.plan[area] for area in AREAS),
            f"{goal.expected:.2f}",
            f"{goal.optimum:.2f}" if np.isfinite(goal.optimum) else "none",
            f"{one.apart:.2f}",
            f"{one.in_turn:.2f}",
            f"{one.zipped:.2f}" if goal.cost == FILE else f"{one.ratios[goal.cost]:.3f}",
        )
        for goal, one in pairs
    ]
    headings = ("cost", "limit", *AREAS, "expected", "optimum", "apart", "in turn", "cost, measured")
    title = (
        "Choices of the agents: deviation, % of palm size, expected by the tables, of dynamic programming's "
        "plan by them, measured with every block fitted by itself (apart), and one after the other (in turn)"
    )
    return make_table(title, headings, rows, left=("limit", *AREAS))
