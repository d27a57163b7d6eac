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

"""hand-tracking-dsp models near-palm: give a bank a palm detector with a small input, for likely places."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_images,
    add_out,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.bank.files import read_model, write_bank
from hand_tracking_dsp.compression.data.pictures import list_pictures, spread
from hand_tracking_dsp.compression.palm.near import SIZES, NearFigures, choose_file, measure_near, with_near
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Makes the near detector of a bank: one of its palm detectors with a smaller input, of which the "
        "tracker makes use where a hand was lost or something moves. Measures at several sizes of input what "
        "it finds in places around the palms of pictures."
    )
    add_bank(parser)
    parser.add_argument(
        "--from",
        dest="detector",
        default="",
        metavar="NAME",
        help="palm detector of the bank, the first if not given; its INT8 file is taken where it has one",
    )
    parser.add_argument(
        "--size",
        type=int,
        choices=SIZES,
        default=128,
        help="side of the input, pixels (default: %(default)s)",
    )
    add_images(parser)
    add_out(parser)
    parser.add_argument(
        "--count", type=int, default=1000, help="pictures at most, from all folders (default: %(default)s)"
    )
    add_seed(parser)
    parser.add_argument(
        "--runs", type=int, default=100, help="timed runs of each size (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Measure the sizes, and write the bank with a near detector of the one asked for."""
    require_at_least(options, count=1, runs=1)
    require_writable(options.out, MANIFEST_NAME)
    console = make_console()
    bank = read_manifest(options.bank or default_bank())
    model = read_model(bank, choose_file(bank.detector(options.detector)))
    limit = read_image_limit(options, *options.images)
    pictures = spread([list_pictures(folder, limit, name_unreadable()) for folder in options.images])[
        : options.count
    ]
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("measuring", total=len(pictures))
        images = (image for picture in pictures if (image := picture.read()) is not None)
        results = measure_near(model, images, options.seed, options.runs, lambda: progress.advance(task))
    sources = ", ".join(sorted({picture.source for picture in pictures}))
    if not results[-1].places:
        msg = (
            f"No palm was found in the {len(pictures)} pictures of {sources}: give pictures that show hands."
        )
        raise SourceError(msg)
    console.print(machine_line())
    console.print(_table(results))
    data = f"{sources} ({len(pictures)} pictures, seed {options.seed})"
    new, files = with_near(bank, options.detector, options.size, results, data)
    write_bank(options.out, new, files, since=bank)
    console.print(f"The bank is written into {options.out}.")
    return 0


def _table(results: Sequence[NearFigures]) -> Table:
    """Show what each size of input finds and costs; the last is the network's own."""
    whole = results[-1].times.p50_ms
    rows = (
        (
            str(one.size),
            f"{one.percent:.1f}",
            f"{one.offset:.1f}",
            f"{one.times.p50_ms:.2f}",
            f"{one.times.p50_ms / whole:.2f}",
        )
        for one in results
    )
    title = f"{results[-1].places} places around palms; offset in % of the palm; one run, 1 thread, in turn"
    return make_table(title, ("input", "found %", "offset", "p50 ms", f"of {results[-1].size}"), rows)
