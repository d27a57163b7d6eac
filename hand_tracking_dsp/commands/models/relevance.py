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

"""hand-tracking-dsp models relevance: compare criteria of which channels matter."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_images,
    add_original_bank,
    add_seed,
    cut_hands,
    require_at_least,
)
from hand_tracking_dsp.commands.output import machine, make_console, make_table, require_writable, write_json
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, HandFinder, split
from hand_tracking_dsp.compression.pruning.comparison import CriteriaComparison, compare
from hand_tracking_dsp.compression.pruning.criteria import CRITERIA
from hand_tracking_dsp.compression.pruning.levels import HELD_BACK
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_NOTE = (
    "Deviation is agreement with the unpruned network, never accuracy: these pictures have no ground truth."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_original_bank(parser)
    parser.add_argument("--level", default="", help="name or index of the level to look at (default: 0)")
    add_images(parser)
    parser.add_argument(
        "--keep", type=float, nargs="+", default=[0.875, 0.75, 0.5], help="shares of every block's channels"
    )
    parser.add_argument("--count", type=int, default=160, help="hands to cut out of the pictures")
    add_seed(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write relevance.json there")


def run(options: argparse.Namespace) -> int:
    """Compare, print two tables, and write the figures where asked."""
    require_at_least(options, count=MIN_CROPS)
    require_writable(options.out, "relevance.json")
    if not all(0 < share <= 1 for share in options.keep):
        msg = f"--keep is {options.keep}: each share must be above 0 and at most 1."
        raise ConfigurationError(msg)
    bank = read_manifest(options.bank or original_bank())
    console = make_console()
    with Progress(console=console, transient=True) as progress:
        crops = cut_hands(options, progress, HandFinder.load(bank))
        task = progress.add_task("comparing", total=None)
        found = compare(
            read_level(bank, options.level)[1],
            *split(crops, HELD_BACK, options.seed),
            keep=options.keep,
            criteria=_criteria(console),
            seed=options.seed,
            on_progress=lambda what: progress.update(task, description=what, advance=1),
        )
    console.print(_ranks(found))
    console.print(_effects(found))
    console.print(_NOTE)
    if options.out:
        write_json(options.out / "relevance.json", {"machine": machine(), "note": _NOTE, **found.figures()})
        console.print(f"The figures are written into {options.out / 'relevance.json'}.")
    return 0


def _criteria(console: Console) -> dict[str, Any]:
    """Name the criteria; those with gradients where PyTorch is installed."""
    try:
        from hand_tracking_dsp.compression.distillation.gradient_relevance import gradient_relevance
    except ImportError:
        console.print("R(c) is left out: it needs PyTorch, which is not installed.")
        return dict(CRITERIA)
    return {"gradient": gradient_relevance, **CRITERIA}


def _ranks(found: CriteriaComparison) -> Table:
    rows = (
        (name, *(f"{found.correlation(name, other):.2f}" for other in found.criteria))
        for name in found.criteria
    )
    title = "Rank correlation (Spearman) of channels, mean over blocks"
    return make_table(title, ("criterion", *found.criteria), rows)


def _effects(found: CriteriaComparison) -> Table:
    rows = (
        (
            f"{one.keep:.3f}",
            one.criterion,
            "" if one.cut is None else f"{one.cut:.2f}",
            f"{one.reconstructed:.2f}",
        )
        for one in found.effects
    )
    title = f"Deviation from the unpruned network on {found.held_back} hands, % of palm size"
    return make_table(title, ("keep", "criterion", "cut", "reconstructed"), rows, left=("criterion",))
