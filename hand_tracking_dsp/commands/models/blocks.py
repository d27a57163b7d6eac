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

"""hand-tracking-dsp models blocks: prune the blocks of a bank's dense network one by one, to be composed."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    add_out,
    add_seed,
    cut_hands,
    require_at_least,
)
from hand_tracking_dsp.commands.models.held_out import require_images
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.composition.bank_blocks import with_blocks
from hand_tracking_dsp.compression.composition.uniform import BASELINES, UniformComparison, UniformFigures
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, Crops, split
from hand_tracking_dsp.compression.data.packed_crops import hands_to_fit
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.profile import BLOCK_PRECISIONS
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

_HELD_BACK = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Prunes each block of a bank's dense network by itself, at four intensities, so that networks can be "
        "composed of them on the robot in a fraction of a second, and compares compositions of one intensity "
        "with the same widths chosen by classic criteria. No training."
    )
    add_bank(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--images", type=Path, nargs="+", metavar="DIR", help="folders of pictures of hands")
    source.add_argument("--pack", type=Path, metavar="FILE", help="packed pictures, see 'models pack'")
    add_image_limit(parser)
    parser.add_argument(
        "--precision",
        nargs="+",
        choices=BLOCK_PRECISIONS,
        default=list(BLOCK_PRECISIONS),
        help="precisions; all if not given",
    )
    parser.add_argument(
        "--count",
        type=int,
        default=600,
        help=f"hands, {MIN_CROPS} or more, of which a quarter is held back (default: %(default)s)",
    )
    parser.add_argument(
        "--runs", type=int, default=60, help="timed runs of each network, 1 or more (default: %(default)s)"
    )
    add_seed(parser)
    add_out(parser)


def run(options: argparse.Namespace) -> int:
    """Make the blocks, write the bank with them, and print what compositions of one intensity give.

    Raises:
        ConfigurationError: The pictures show too few hands, or the bank sees depth.
        ModelError: The bank cannot be used.
        OutputError: The bank cannot be written.
    """
    require_at_least(options, count=MIN_CROPS, runs=1, seed=0)
    require_writable(options.out, MANIFEST_NAME)
    bank = read_manifest(options.bank or default_bank())
    require_images(bank)
    console = make_console()
    with Progress(console=console, transient=True) as progress:
        fit, held_back = split(_hands(options, progress), _HELD_BACK, options.seed)
        task = progress.add_task("pruning blocks", total=None)
        new, files = with_blocks(
            bank,
            options.precision,
            fit,
            seed=options.seed,
            on_progress=lambda block: progress.update(task, description=f"pruning {block}", advance=1),
        )
        written = write_bank(options.out, new, files, since=bank)
        progress.update(task, description="comparing")
        rows = list(UniformComparison(written, held_back, options.seed, options.runs).rows())
    console.print(_table(rows, len(held_back)))
    console.print(f"{machine_line()}\n{NOTE}\nThe bank is written into {options.out}.", highlight=False)
    return 0


def _hands(options: argparse.Namespace, progress: Progress) -> Crops:
    """Cut hands out of the pictures, or out of the pack, spread over its data sets."""
    if options.images:
        return cut_hands(options, progress)
    return hands_to_fit(read_pack(options.pack, [PictureKind.HAND]), options.count, options.seed)


def _table(rows: list[UniformFigures], samples: int) -> Table:
    """Show compositions of one intensity beside the same widths chosen by classic criteria."""
    precisions = list(rows[0].composed)
    headings = ["pruned", "parameters", "multiplications"]
    headings += [f"{kind}, {name}" for name in precisions for kind in ("ready, ms", "time", "composed")]
    headings += [f"cut by {name}" for name in BASELINES]
    cells = [
        (
            f"{row.intensity} %",
            f"{row.parameters:.2f}",
            f"{row.macs:.2f}",
            *(text for name in precisions for text in _figures(row, name)),
            *(f"{row.baselines[name]:.1f}" for name in BASELINES),
        )
        for row in rows
    ]
    title = (
        f"All blocks pruned alike: deviation from the dense network, % of palm size, {samples} hands held "
        "back; ready: composed and opened; time relative to the dense network in the same precision; cuts "
        "are in fp32, and as fast"
    )
    return make_table(title, headings, cells)


def _figures(row: UniformFigures, precision: str) -> tuple[str, str, str]:
    """Show how a composition of a precision came out."""
    return f"{row.ready_ms[precision]:.0f}", f"{row.time[precision]:.2f}", f"{row.composed[precision]:.2f}"
