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

"""hand-tracking-dsp models compositions: measure networks that are composed of blocks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_executor,
    add_out,
    add_seed,
    read_executor,
    require_at_least,
)
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    progress_bars,
    require_writable,
)
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.composition.best import LIMITS, METHODS
from hand_tracking_dsp.compression.composition.measured import (
    CHECKED,
    MeasuredCompositions,
    measure_compositions,
    with_compositions,
)
from hand_tracking_dsp.compression.data.packed_crops import crops_to_measure
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

FITTED_HANDS = 60
"""Hands that compositions are measured on where --hands is not given."""

_LEAST_FITTED = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Composes networks of a bank's blocks at random, measures how far each is off in scenes of every "
        "kind, and fits an estimate for all that can be composed, which is kept in the blocks files with the "
        "time that each block takes on this device."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    add_bank(parser)
    parser.add_argument(
        "--count",
        type=int,
        default=2300,
        help=f"compositions, {CHECKED + _LEAST_FITTED} or more, of which {CHECKED} check the estimate "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--hands",
        type=int,
        default=FITTED_HANDS,
        help="hands of the pack to measure on, 1 or more (default: %(default)s)",
    )
    add_executor(parser, "measurements")
    add_seed(parser)
    add_out(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, fit, write the bank, and print how good the estimate is.

    Raises:
        ConfigurationError: The pack holds no hands to measure on, or the bank has no blocks.
        ModelError: The bank cannot be used.
        OutputError: The bank cannot be written.
    """
    require_at_least(options, count=CHECKED + _LEAST_FITTED, hands=1, seed=0)
    executor = read_executor(options)
    require_writable(options.out, MANIFEST_NAME)
    bank = read_manifest(options.bank or default_bank())
    if not bank.blocks:
        msg = f"The bank {bank.name} has no blocks: make them with models blocks."
        raise ConfigurationError(msg)
    console = make_console()
    hands = crops_to_measure(read_pack(options.pack, [PictureKind.CROP]), options.hands, options.seed)
    found: dict[str, MeasuredCompositions] = {}
    with progress_bars(console) as show:
        for info in bank.blocks:
            found[info.precision] = measure_compositions(
                bank,
                info.precision,
                hands,
                options.count,
                seed=options.seed,
                executor=executor,
                on_progress=partial(show, f"measuring compositions in {info.precision}"),
            )
    new, files = with_compositions(bank, found)
    write_bank(options.out, new, files, since=bank)
    console.print(_table(found))
    console.print(_best_table(found))
    note = f"{machine_line()}\n{NOTE}\nThe bank is written into {options.out}."
    console.print(note, highlight=False)
    return 0


def _table(found: Mapping[str, MeasuredCompositions]) -> Table:
    """Show how well the estimate foretells compositions that it was not fitted to."""
    rows = [
        (
            precision,
            scene,
            f"{one.r_squared[number]:.3f}",
            f"{_median_error(one.foretold[:, number], one.checked[:, number]):.1%}",
        )
        for precision, one in found.items()
        for number, scene in enumerate(SCENES)
    ]
    headings = ("precision", "scene", "R²", "median error of the deviation")
    title = f"Estimate of deviations, on {CHECKED} compositions that it was not fitted to (R² of logarithms)"
    return make_table(title, headings, rows, left=("scene",))


def _median_error(foretold: Doubles, measured: Doubles) -> float:
    """Return the median of what estimates are off, relative to what was measured, where that is not 0."""
    known = measured > 0.0
    return float(np.median(np.abs(foretold[known] / measured[known] - 1.0)))


def _best_table(found: Mapping[str, MeasuredCompositions]) -> Table:
    """Show the least deviation that each search found within each time."""
    cells = {
        (precision, one.limit, one.method): f"{one.deviation:.2f} ({one.time:.3f})"
        for precision, compositions in found.items()
        for one in compositions.best
    }
    rows = [
        (precision, f"{limit:.2f}", *(cells.get((precision, limit, method), "none") for method in METHODS))
        for precision in found
        for limit in LIMITS
    ]
    title = (
        "Least deviation in plain scenes that searches found within a time relative to the dense network's, "
        "measured, % of palm size (and its time)"
    )
    return make_table(title, ("precision", "time", *METHODS), rows)
