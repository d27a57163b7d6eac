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

"""hand-tracking-dsp models quantize: INT8 and fp16 variants of every level of a bank."""

from __future__ import annotations

import argparse
import shutil

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_images,
    add_out,
    add_seed,
    cut_hands,
    require_at_least,
)
from hand_tracking_dsp.commands.models.output import points_left_out, steps_table
from hand_tracking_dsp.commands.output import machine_line, make_console, require_writable
from hand_tracking_dsp.compression.bank.checks import Check
from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.verify import record
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, Crops, data_name, split
from hand_tracking_dsp.compression.quantization.variants import (
    VariantFigures,
    check_variant,
    lacking,
    make_variant,
    measure_level,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo

_HELD_BACK = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bank(parser)
    add_images(parser, "a quarter of the hands is held back to measure on")
    add_out(parser)
    parser.add_argument("--count", type=int, default=256, help="hands wanted")
    add_seed(parser)
    parser.add_argument("--runs", type=int, default=100, help="timed runs of each file; 0 = do not measure")
    parser.add_argument("--fp16", action="store_true", help="fp16 variants too")
    parser.add_argument(
        "--symmetric", action="store_true", help="INT8 with zero points of 0, which TensorRT needs"
    )
    parser.add_argument("--again", action="store_true", help="replace variants that the bank has already")


def run(options: argparse.Namespace) -> int:
    """Make, check, measure and write the variants."""
    require_at_least(options, count=MIN_CROPS, runs=0)
    require_writable(options.out, MANIFEST_NAME)
    console = make_console()
    old = bank = read_manifest(options.bank or default_bank())
    files, levels = read_files(bank), list(bank.levels)
    precisions = ["int8", "fp16"] if options.fp16 else ["int8"]
    wanted = [
        (level.index, precision)
        for level in levels
        for precision in lacking(level, precisions, options.again)
    ]
    kept = options.out.with_name(f".{options.out.name}.unfinished")
    with Progress(console=console, transient=True) as progress:
        learn, held_back = split(cut_hands(options, progress), _HELD_BACK, options.seed)
        steps = []
        for index, precision in progress.track(wanted, description="quantizing"):
            original = files[levels[index].file]
            levels[index], made = make_variant(
                levels[index], original, precision, learn, options.seed, kept, symmetric=options.symmetric
            )
            file = levels[index].variants[-1].file
            steps += [(file, step) for step in check_variant(file, original, made, precision, held_back)]
            files[file] = made
        if steps:
            console.print(steps_table(steps, min(16, len(held_back))))
        bank = bank.with_levels(levels)
        if options.runs:
            bank = _measure(bank, files, held_back, options, progress, console)
    bank = write_bank(options.out, bank, files, since=old)
    shutil.rmtree(kept, ignore_errors=True)
    console.print(f"The bank is written into {options.out}.")
    if sentence := points_left_out(old, bank):
        console.print(sentence, highlight=False)
    return 0


def _measure(
    bank: Manifest,
    files: dict[str, bytes],
    crops: Crops,
    options: argparse.Namespace,
    progress: Progress,
    console: Console,
) -> Manifest:
    """Measure every level, and print it; return the bank with the measurements."""
    file = bank.levels[0].file
    dense = predict(open_exact(files[file], file), crops.images)
    data = data_name(crops, options.seed)
    task = progress.add_task("measuring", total=len(bank.levels))
    found: list[tuple[LevelInfo, list[VariantFigures]]] = []
    for level in bank.levels:
        measured = measure_level(level, files, dense, crops, options.runs)
        checks = [Check(one.choice, DEVIATION, one.from_dense, None, len(crops)) for one in measured]
        bank = record(bank, checks, [one.timed for one in measured], data)
        found.append((level, measured))
        progress.advance(task)
    console.print(_table(found, len(crops)))
    return bank


def _table(found: list[tuple[LevelInfo, list[VariantFigures]]], samples: int) -> Table:
    """Show what each precision costs and gives."""
    table = Table(
        title="Deviation from the level's own fp32 and from the dense network, % of palm size, "
        f"{samples} crops held back; time of one run, 1 thread, in turn\n{machine_line()}"
    )
    for heading in ("level", "file", "runtime", "from own", "from dense", "p50 ms", "of fp32"):
        words = heading in {"level", "file", "runtime"}
        table.add_column(heading, justify="left" if words else "right", overflow="fold")
    for level, measured in found:
        for one in measured:
            base = next(
                other.timed.times.p50_ms
                for other in measured
                if other.choice.runtime.backend == one.choice.runtime.backend
            )
            times = one.timed.times
            table.add_row(
                f"{level.index} ({level.name})",
                one.choice.info.precision,
                one.choice.provider,
                f"{one.from_own:.2f}",
                f"{one.from_dense:.2f}",
                f"{times.p50_ms:.2f}",
                f"{times.p50_ms / base:.2f}",
            )
        table.add_section()
    return table
