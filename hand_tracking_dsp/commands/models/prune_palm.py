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

"""hand-tracking-dsp models prune-palm: make the palm detectors of a bank smaller and faster."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_clips,
    add_images,
    add_original_bank,
    add_out,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    print_problems,
    require_writable,
)
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.palm.bank import (
    PRUNED,
    SHAPES,
    DetectorFigures,
    make_detectors,
    measure_detectors,
    record,
)
from hand_tracking_dsp.compression.palm.deviation import RegionDeviation
from hand_tracking_dsp.compression.palm.pictures import (
    MIN_PICTURES,
    calibration_inputs,
    detector_inputs,
    split_pictures,
)
from hand_tracking_dsp.compression.palm.recall import total
from hand_tracking_dsp.compression.palm.trained import read_trained
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.workload.clips import find_clips
from hand_tracking_dsp.recordings.labels import read_boxes
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

_NOTHING = "-"
# Neighbouring frames show the same.
_EVERY = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Makes INT8 files of a bank's palm detectors, and one more named pruned: the first of the others "
        "with smaller kernels, or a trained one. Measures all of them."
    )
    add_original_bank(parser)
    add_images(parser, "the last quarter of each by name is held out to measure on")
    parser.add_argument(
        "--boxes",
        type=Path,
        help="CSV of hand boxes drawn by a person (file, xmin, ymin, xmax, ymax), pictures beside it",
    )
    parser.add_argument(
        "--empty",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of pictures without a hand, faces above all, to calibrate on, and so that the pruned "
        "detector sees palms in no more of them than the dense one; in the last quarter of each, held out, "
        "palms are counted",
    )
    add_clips(
        parser,
        f"videos, bags, or folders of them, in every {_EVERY}th frame of which the palms are compared "
        "with the dense detector's",
    )
    parser.add_argument(
        "--trained",
        type=Path,
        metavar="DIR",
        help="work folder of 'models train-palm', whose detector is taken instead of pruning one",
    )
    add_out(parser)
    parser.add_argument("--count", type=int, default=128, help="pictures to calibrate on")
    add_seed(parser)
    parser.add_argument("--runs", type=int, default=100, help="timed runs of each network")
    parser.add_argument(
        "--least-recall",
        type=float,
        default=99.0,
        help="%% of the dense detector's recall below which a network is left out",
    )


def run(options: argparse.Namespace) -> int:
    """Make, measure and write the detectors; 1 if the pruned one is not good enough."""
    _check(options)
    require_writable(options.out, MANIFEST_NAME)
    console = make_console()
    old = bank = read_manifest(options.bank or original_bank())
    trained = read_trained(options.trained) if options.trained else None
    limit = read_image_limit(options, *options.images, *options.empty)
    learn_empty, empty = split_pictures(options.empty, limit, name_unreadable())
    boxes = read_boxes(options.boxes) if options.boxes else []
    clips = find_clips(options.clips) if options.clips else []
    learn, held_out = split_pictures(options.images, limit, name_unreadable())
    images = calibration_inputs(learn, learn_empty, options.count, options.seed)
    check = detector_inputs(held_out, options.count, options.seed + 1)
    with Progress(console=console, transient=True) as progress:
        layers = progress.add_task("solving layers", total=None)
        bank, networks = make_detectors(
            bank,
            images,
            options.seed,
            lambda _: progress.advance(layers),
            trained,
            learn_empty[options.count // 2 :],
        )
        progress.remove_task(layers)
        total_steps = None if clips else len(check) + (len(boxes) + len(empty)) * len(networks)
        task = progress.add_task("measuring", total=total_steps)
        results = measure_detectors(
            networks,
            check,
            boxes,
            options.runs,
            options.least_recall / 100,
            lambda: progress.advance(task),
            empty,
            (frame.image for clip in clips for frame in islice(clip.frames(), 0, None, _EVERY)),
        )
    for clip in clips:
        print_problems(clip.name, clip.problems)
    if boxes and not total(results[0].recalls).pairs:
        msg = (
            f"{results[0].file} finds none of the {len(boxes)} pictures' hands within the boxes of "
            f"{options.boxes}: check that they are pixels of these pictures."
        )
        raise SourceError(msg)
    _show(console, results, len(check), len(clips))
    sources = ", ".join(sorted({path.resolve().name for path in options.images}))
    marked = options.boxes.resolve().parent.name if options.boxes else ""
    without = ", ".join(sorted({path.resolve().name for path in options.empty}))
    data = f"{sources} ({len(check)} held out, seed {options.seed})"
    new = record(bank, results, data, marked, without)
    written = {file: serialized(model) for file, model in networks.items()}
    write_bank(options.out, new, written, since=old)
    console.print(f"The bank is written into {options.out}.")
    if new.near_detector is not None:
        console.print(
            f"Its near detector, {new.near_detector.name}, is the old one: models near-palm makes another."
        )
    return 0 if any(info.name == PRUNED for info in new.detectors) else 1


def _show(console: Console, results: list[DetectorFigures], pictures: int, clips: int) -> None:
    """Print the tables, and what is left out and why."""
    console.print(machine_line())
    console.print(_table_of_networks(results))
    held_out = {result.file: result.deviation for result in results}
    console.print(_table_of_deviations(held_out, f"{pictures} pictures held out"))
    if clips:
        frames = {result.file: result.clips for result in results}
        console.print(_table_of_deviations(frames, f"every {_EVERY}th frame of {clips} clips"))
    if results[0].recalls:
        console.print(_table_of_recordings(results))
    for result in results:
        if result.problem:
            console.print(f"{result.file} is left out: {result.problem}.")


def _check(options: argparse.Namespace) -> None:
    require_at_least(options, count=MIN_PICTURES, runs=1)
    if not 0 < options.least_recall <= 100:
        msg = f"--least-recall is {options.least_recall}: it must be above 0 and at most 100 %."
        raise ConfigurationError(msg)


def _table_of_networks(results: list[DetectorFigures]) -> Table:
    """Show time and recall of every file."""
    dense_ms, rows = results[0].times.p50_ms, []
    for result in results:
        found, p50_ms = total(result.recalls), result.times.p50_ms
        marks = (f"{100 * found.recall:.2f}", f"{100 * found.precision:.2f}")
        shaped = (f"{times.p50_ms / dense_ms:.2f}" for times in result.shaped)
        times = (f"{p50_ms:.2f}", f"{p50_ms / dense_ms:.2f}", *shaped)
        false = result.false
        wrong = (f"{false.wrong} of {false.pictures}", f"{false.wrong_squares} of {false.squares}")
        rows.append(
            (
                result.file,
                *times,
                *(marks if found.hands else (_NOTHING, _NOTHING)),
                *(wrong if false.pictures else (_NOTHING, _NOTHING)),
            )
        )
    title = (
        "One run in ONNX Runtime, 1 thread, in turn, on a square image, and on images of other shapes in "
        "shares of the dense network's on a square one; hands on marked pictures; pictures without a hand, "
        "and squares of them, in which a palm is seen"
    )
    marks_and_false = ("recall %", "precision %", "false palms", "in squares")
    headings = ("network", "p50 ms", "of dense", *SHAPES, *marks_and_false)
    return make_table(title, headings, rows)


def _table_of_deviations(found: Mapping[str, RegionDeviation | None], where: str) -> Table:
    """Show how far every file is from the dense one, which is the first and has no deviation."""
    rows = (
        (
            file,
            f"{one.lost} of {one.palms}",
            str(one.new),
            f"{one.offset_p50:.1f}",
            f"{one.offset_p95:.1f}",
            f"{one.overlap_p50:.2f}",
        )
        for file, one in found.items()
        if one
    )
    title = f"Against {next(iter(found))} on {where}; offset in % of the palm"
    return make_table(title, ("network", "lost", "new", "offset", "p95", "overlap"), rows)


def _table_of_recordings(results: list[DetectorFigures]) -> Table:
    """Show the recall of every recording."""
    recordings = (f"{name or _NOTHING} ({found.hands})" for name, found in results[0].recalls.items())
    rows = (
        (result.file, *(f"{100 * found.recall:.1f}" for found in result.recalls.values()))
        for result in results
    )
    return make_table("Recall, %, by recording (hands)", ("network", *recordings), rows)
