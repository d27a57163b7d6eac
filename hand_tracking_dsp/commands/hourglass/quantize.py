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

"""hand-tracking-dsp hourglass quantize: INT8 files of a bank's exits, kept where they gain time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_out, require_at_least
from hand_tracking_dsp.commands.hourglass.common import add_samples, require_torch
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.resources import named_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, files_of

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.hourglass.exit_precision import QuantizedExit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--bank", type=named_bank, required=True, help="bank that export wrote")
    add_samples(parser, "--samples", "to calibrate on")
    add_samples(parser, "--test", "to measure on")
    add_out(parser)
    parser.add_argument("--count", type=int, default=256, help="samples to calibrate on")
    parser.add_argument("--tested", type=int, default=1024, help="samples to measure on")
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each file")
    parser.add_argument(
        "--int8-alone", action="store_true", help="leave out the fp32 files of exits that are kept in INT8"
    )


def run(options: argparse.Namespace) -> int:
    """Quantize the exits, print what that costs and gains, and write the bank."""
    require_at_least(options, count=8, tested=1, runs=1)
    require_writable(options.out, MANIFEST_NAME)
    require_torch()
    from hand_tracking_dsp.compression.hourglass.exit_precision import MOST_ERROR, ExitQuantizer
    from hand_tracking_dsp.compression.hourglass.samples import read_samples

    bank = read_manifest(options.bank)
    calibration = read_samples(options.samples).first(options.count)
    test = read_samples(options.test).hands.first(options.tested)
    data = f"{options.test.name}: {test.skeleton or 'rendered hands'} ({len(test)})"
    console = make_console()
    with WorkProgress(console) as report:
        quantizer = ExitQuantizer(bank, read_files(bank), calibration, test, data, options.runs)
        bank, found = quantizer.quantize(bank, lambda what, done, of: report(what, done, of, ""))
    if options.int8_alone:
        bank = bank.with_levels([_smallest(level) for level in bank.levels])
    named = {info.file for info in bank.files}
    write_bank(options.out, bank, {file: made for file, made in quantizer.files.items() if file in named})
    console.print(_table(found, len(test)))
    for one in found:
        if not one.kept:
            console.print(
                f"{one.level.name} stays in fp32: INT8 must cost less than {MOST_ERROR - 1:.0%} of error and "
                "be faster in ONNX Runtime.",
                soft_wrap=True,
            )
    console.print(f"{machine_line()}\nThe bank is written into {options.out}.")
    return 0


def _smallest(level: LevelInfo) -> LevelInfo:
    """Return a level in its INT8 file alone, if it has one."""
    return next((one for one in files_of(level) if one.precision == "int8"), level)


def _table(found: Sequence[QuantizedExit], hands: int) -> Table:
    """Show what each arithmetic costs and gives."""
    rows = [
        (
            one.level.name,
            figures.choice.precision,
            figures.choice.provider,
            f"{figures.error_mm:.2f}",
            f"{100 * (figures.error_mm / one.before.error_mm - 1):+.1f} %",
            f"{figures.times.p50_ms:.2f}",
            f"{figures.times.p50_ms / one.before.times.p50_ms:.2f}",
        )
        for one in found
        for figures in one.figures
    ]
    headings = ("exit", "precision", "runtime", "error, mm", "of fp32's", "ms", "relative")
    title = f"Exits on {hands} hands; median time of one thread, in turn, relative to fp32 in ONNX Runtime"
    return make_table(title, headings, rows, left=("precision", "runtime"))
