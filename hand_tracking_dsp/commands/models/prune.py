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

"""hand-tracking-dsp models prune: make sparser levels of a bank's network in closed form."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_images,
    add_original_bank,
    add_out,
    add_seed,
    cut_hands,
    require_at_least,
    require_other_folder,
)
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, HandFinder
from hand_tracking_dsp.compression.pruning.block_latency import PRECISIONS
from hand_tracking_dsp.compression.pruning.level_spec import LevelSpec
from hand_tracking_dsp.compression.pruning.levels import LevelMaker, PrunedLevel
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_original_bank(parser)
    parser.add_argument("--start", default="", metavar="LEVEL", help="name or index of the level to prune")
    add_images(parser)
    parser.add_argument(
        "--target",
        type=float,
        nargs="+",
        default=[],
        metavar="RATIO",
        help="a level for each: its latency on this machine, relative to the dense network in fp32",
    )
    parser.add_argument(
        "--uniform",
        type=float,
        nargs="+",
        default=[],
        metavar="KEEP",
        help="a level for each: the share of every block's channels that stays",
    )
    parser.add_argument(
        "--max-parameters",
        type=float,
        metavar="SHARE",
        help="most parameters of the levels of --target, relative to the dense network's",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="int8",
        help="precision whose latency counts",
    )
    parser.add_argument("--count", type=int, default=500, help="hands to cut out of the pictures")
    add_seed(parser)
    add_out(parser)


def run(options: argparse.Namespace) -> int:
    """Prune, print a table, and write the bank after every level."""
    folder = options.bank or original_bank()
    specs = _specs(options, folder)
    require_writable(options.out, MANIFEST_NAME)
    bank = read_manifest(folder)
    console = make_console()
    with Progress(console=console, transient=True) as progress:
        crops = cut_hands(options, progress, HandFinder.load(bank))
        task = progress.add_task("pruning", total=None)
        maker = LevelMaker(
            bank,
            crops,
            start=options.start,
            precision=options.precision,
            seed=options.seed,
            on_progress=lambda what: progress.update(task, description=what, advance=1),
        )
        levels = list(maker.make(specs, options.out))
    console.print(_table(levels))
    console.print(f"{machine_line()}\n{NOTE}\nThe bank is written into {options.out}.")
    return 0


def _specs(options: argparse.Namespace, folder: Path) -> list[LevelSpec]:
    if not options.target and not options.uniform:
        msg = "There is no level to make: give latencies with --target, or shares of channels with --uniform."
        raise ConfigurationError(msg)
    require_at_least(options, count=MIN_CROPS)
    require_other_folder(options.out, folder)
    limits = [options.max_parameters] if options.max_parameters is not None else []
    for flag, given in (("target", options.target), ("uniform", options.uniform), ("max-parameters", limits)):
        if wrong := [share for share in given if not 0 < share <= 1]:
            msg = f"--{flag} is {wrong[0]:g}: choose more than 0, at most 1."
            raise ConfigurationError(msg)
    targets = sorted(options.target, reverse=True)
    shares = sorted(options.uniform, reverse=True)
    return [
        *(LevelSpec(latency=target, max_parameters=options.max_parameters) for target in targets),
        *(LevelSpec(keep=share) for share in shares),
    ]


def _table(levels: list[PrunedLevel]) -> Table:
    """Show what was made, with the deviation on the crops held back."""
    rows = [("before pruning", "", "", "", *_deviations(levels[0].before))]
    for level in levels:
        latency = "" if level.latency is None else f"{level.latency:.3f}"
        size = f"{level.info.parameters:,}", f"{level.info.macs / 1e6:.1f}"
        name = level.info.name + (" (kept)" if level.found else "")
        rows.append((name, *size, latency, *_deviations(level.after)))
    title = "Deviation from the dense network on pictures held back, % of palm size"
    headings = ("level", "parameters", "MMACs", "latency", "deviation", "worst data set")
    return make_table(title, headings, rows, left=("worst data set",))


def _deviations(values: Mapping[str, float]) -> tuple[str, str]:
    """Show the first, over all, and the largest of the others, if it is not the only one."""
    (_, over_all), *others = values.items()
    name, largest = max(others or values.items(), key=lambda item: item[1])
    return f"{over_all:.2f}", f"{name} {largest:.2f}"
