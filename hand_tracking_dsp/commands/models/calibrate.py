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

"""hand-tracking-dsp models calibrate: presence thresholds by level, and the scale of error_percent."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from hand_tracking_dsp.commands.arguments import require_between
from hand_tracking_dsp.commands.models.held_out import add_held_out, read_held_out, run_files
from hand_tracking_dsp.commands.models.output import NOTE, points_left_out
from hand_tracking_dsp.commands.output import (
    machine,
    make_console,
    make_table,
    require_updatable,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.bank.calibration import (
    FEW_CROPS,
    ErrorScale,
    ThresholdChoice,
    accepted_figures,
    choose_thresholds,
    counted,
    fit_error_scales,
    write_calibrated,
)
from hand_tracking_dsp.compression.bank.hold_out_plots import save_presence_plot, save_reliability_plot
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_RESULT = "calibrate.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Chooses for every level the presence threshold at which it takes no more regions without a hand for "
        "one than the dense network at its own, as far as few hands are lost by it, and scales error_percent "
        "to what is met. Both are chosen on half of the pictures and reported on the other half."
    )
    add_held_out(parser)
    parser.add_argument(
        "--most-lost",
        type=float,
        default=2.0,
        metavar="%",
        help="share of hands, clean and covered, that a threshold may lose, %% (default: %(default)s)",
    )
    parser.add_argument("--update", action="store_true", help="write what was chosen into the bank")


def run(options: argparse.Namespace) -> int:
    """Calibrate, print tables, and write the results and the bank if asked.

    Raises:
        ConfigurationError: There are no pictures of hands or none without, or the bank sees depth.
        ModelError: The bank cannot be used.
        SourceError: A folder is missing or holds no picture.
        OutputError: The bank cannot be written.
    """
    require_between(options, most_lost=(0, 100))
    require_writable(options.out, _RESULT)
    bank = read_manifest(options.bank or default_bank())
    if options.update:
        require_updatable(bank.folder)
    console = make_console()
    held_out = read_held_out(options, bank, needs_empty=True)
    half = held_out.half(options.seed)
    found = run_files(bank, held_out, console)
    thresholds = choose_thresholds(bank, found, held_out, half, options.most_lost)
    scales = fit_error_scales(found, held_out, half)
    console.print(_threshold_table(thresholds))
    for name, count in counted(held_out, half).items():
        if count < FEW_CROPS:
            console.print(
                f"Only {count} {name} are in one half, each {100 / count:.1f} % of them: others would give "
                "other thresholds, so give more."
            )
    if scales:
        console.print(_scale_table(scales))
    elif any(one.says_error for one in found):
        console.print("There are too few hands to scale error_percent: give more pictures.")
    else:
        console.print("No level of this bank says error_percent: there is nothing to scale.")
    console.print(NOTE)
    if options.out:
        write_json(options.out / _RESULT, _as_json(bank.name, thresholds, scales))
        save_presence_plot(found, held_out, options.out / "presence.png")
        save_reliability_plot(found, held_out, options.out / "reliability.png")
    if options.update:
        new = write_calibrated(bank, thresholds, scales, accepted_figures(found, held_out, thresholds))
        console.print(f"The bank {bank.folder} has what was chosen.")
        if sentence := points_left_out(bank, new):
            console.print(sentence, highlight=False)
        if new.fingerprint != bank.fingerprint:
            console.print("Policies that are bound to its levels have to be trained for it again.")
    return 0


def _threshold_table(choices: Sequence[ThresholdChoice]) -> Table:
    rows = [
        (
            f"{one.level.index} {one.level.name}",
            f"{one.old:g}",
            f"{one.new:g}",
            *(f"{each.empty:.1f}" for each in (one.chosen_on, one.before, one.after)),
            *(f"{each.lost:.1f}" for each in (one.chosen_on, one.before, one.after)),
        )
        for one in choices
    ]
    title = (
        "Presence thresholds; regions without a hand accepted and hands lost, %, by the level's worst file\n"
        "here: on the half that the thresholds were chosen on; before, after: on the other half"
    )
    headings = (
        "level",
        "old",
        "new",
        *(f"{what} {where}" for what in ("accepted", "lost") for where in ("here", "before", "after")),
    )
    return make_table(title, headings, rows)


def _scale_table(scales: Sequence[ErrorScale]) -> Table:
    rows = [
        (
            f"{one.info.index} {one.info.name}",
            one.info.precision,
            f"{one.slope:.2f}",
            f"{one.shift:+.2f}",
            *(f"{value:.2f}" for value in (one.said, one.scaled, one.met)),
            "scaled" if one.better else "as it was",
        )
        for one in scales
    ]
    title = (
        "Scale of error_percent, exp(slope ln e + shift), fitted to one half; said, scaled, met: means of "
        "the other half, % of palm\nscaled: it makes what is met of single hands likelier there (exponential "
        "distribution), though the mean may lie further from what is met; as it was: it does not"
    )
    headings = ("level", "precision", "slope", "shift", "said", "scaled", "met", "")
    return make_table(title, headings, rows, left=("precision", ""))


def _as_json(
    name: str, thresholds: Sequence[ThresholdChoice], scales: Sequence[ErrorScale]
) -> dict[str, Any]:
    def acceptance(one: ThresholdChoice) -> dict[str, Any]:
        return {which: asdict(getattr(one, which)) for which in ("chosen_on", "before", "after")}

    return {
        "machine": machine(),
        "bank": name,
        "thresholds": [
            {
                "level": one.level.index,
                "name": one.level.name,
                "old": one.old,
                "new": one.new,
                **acceptance(one),
            }
            for one in thresholds
        ],
        "error_scales": [
            {
                "level": one.info.index,
                "file": one.info.file,
                **{key: getattr(one, key) for key in ("slope", "shift", "said", "scaled", "met", "better")},
            }
            for one in scales
        ],
    }
