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

"""hand-tracking-dsp models adapt: a bank adapted to the pictures of your own camera."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    add_out,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.models.held_out import require_images
from hand_tracking_dsp.commands.models.output import points_left_out
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.adapt.bank import (
    AdaptedFile,
    adapt_levels,
    check_levels,
    new_files,
    record,
    time_files,
)
from hand_tracking_dsp.compression.adapt.level import LevelAdapter
from hand_tracking_dsp.compression.adapt.pictures import AdaptationCrops, cut_anywhere
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import Times
from hand_tracking_dsp.compression.data.bag_pictures import write_bag_pictures
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, Crops, collect_crops
from hand_tracking_dsp.compression.pruning.level_spec import LevelSpec
from hand_tracking_dsp.compression.pruning.levels import LevelMaker
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest

_NOTE = (
    "Deviation is agreement with the bank's dense network on pictures that nothing was learned from, "
    "never accuracy: these pictures have no ground truth."
)
# Frames of a bag without a hand are of no use: so many are looked at for each crop wanted.
_FRAMES_PER_CROP = 2
# Places cut out without looking for a hand, for each hand.
_ANYWHERE = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--images", type=Path, metavar="DIR", help="folder of pictures of your camera")
    source.add_argument("--bag", type=Path, metavar="FILE", help="rosbag2 (folder, mcap, db3) or ROS 1 bag")
    add_image_limit(parser)
    parser.add_argument("--topic", default="", help="image topic of the bag, where it has several")
    add_out(parser)
    add_bank(parser)
    parser.add_argument("--levels", type=int, metavar="N", help="the N densest levels only; all if not given")
    parser.add_argument(
        "--target",
        type=float,
        nargs="+",
        default=[],
        metavar="RATIO",
        help="instead of the bank's levels make new ones: the latency of each on this machine in INT8, "
        "relative to the dense network in fp32",
    )
    parser.add_argument("--count", type=int, default=400, help="hands to cut out (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=60, help="timed runs of each file (default: %(default)s)")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Adapt, print what it brought, and write what got better."""
    _check(options)
    console = make_console()
    old, bank = _read_bank(options)
    files = read_files(bank)
    dense = check_levels(bank, files)
    seconds: dict[str, float] = {}
    with Progress(console=console, transient=True) as progress:
        with (
            _phase("pictures", seconds, progress, options.count) as report,
            _pictures(options, console) as where,
        ):
            crops, anywhere = _cut(where, options, report)
        parts = AdaptationCrops.make(crops, anywhere, open_exact(dense), options.seed)
        adapter = LevelAdapter(dense, parts, options.seed)
        fresh: list[str] = []
        if options.target:
            with _phase("pruning", seconds, progress), temporary_folder() as made:
                fresh = _prune(bank, made, parts.hands_to_learn(), options)
                bank = read_manifest(made)
                files |= read_files(bank)
        with _phase("adapting", seconds, progress, 2 * len(bank.levels)) as report:
            done: list[str] = []

            def on_file(file: str) -> None:
                done.append(file)
                report(len(done), 2 * len(bank.levels))

            found = adapt_levels(bank, files, adapter, fresh, on_file, console.print)
        with _phase("timing", seconds, progress):
            changed = new_files(found)
            networks = {**files, **changed}
            provider, times = time_files({one.file: networks[one.file] for one in found}, options.runs)
    held_back = int(parts.held_back.hands.sum())
    console.print(_table(found, times, held_back))
    spent = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    console.print(f"{machine_line()}\n{_NOTE}\nTime: {spent}; {sum(seconds.values()):.0f} s in all.")
    if not fresh and not changed:
        msg = (
            f"None of the {len(found)} networks came nearer to the dense one on {held_back} hands held back, "
            "so that nothing is written: keep the bank, or give more and more varied pictures."
        )
        raise ConfigurationError(msg)
    about = {
        "bank": bank.name,
        "pictures": (options.images or options.bag).resolve().stem,
        "crops": len(crops),
        "held_back": held_back,
        "seed": options.seed,
    }
    new = record(bank, found, provider, times, about)
    new = write_bank(options.out, new, networks, since=old)
    console.print(f"The bank is written into {options.out}.")
    if sentence := points_left_out(old, new):
        console.print(sentence, highlight=False)
    return 0


def _check(options: argparse.Namespace) -> None:
    require_at_least(options, count=MIN_CROPS, runs=1, levels=2)
    if options.topic and not options.bag:
        msg = f"--topic {options.topic} is of no use without --bag: name the bag, or leave it out."
        raise ConfigurationError(msg)
    if options.target and options.levels:
        msg = "--levels and --target exclude each other: each target makes a level."
        raise ConfigurationError(msg)
    for target in options.target:
        LevelSpec(latency=target)
    require_writable(options.out, MANIFEST_NAME)


def _read_bank(options: argparse.Namespace) -> tuple[Manifest, Manifest]:
    """Read the bank, whose dense level must see images; return it, and with the levels to adapt alone."""
    bank = read_manifest(options.bank or default_bank())
    require_images(bank.with_levels(bank.levels[:1]))
    return bank, bank.with_levels(bank.levels[: options.levels])


@contextmanager
def _pictures(options: argparse.Namespace, console: Console) -> Iterator[Path]:
    """Give a folder of pictures: the user's, or what comes out of the bag."""
    if options.images:
        yield options.images
        return
    with temporary_folder() as temporary:
        # The folder's name becomes the name of the pictures.
        folder = temporary / options.bag.resolve().stem
        limit = read_image_limit(options)
        count = _FRAMES_PER_CROP * options.count
        found = write_bag_pictures(options.bag, folder, count, options.topic, limit=limit)
        console.print(
            f"{found.written} of {found.messages} images of {found.topic} were taken, {found.bad} were bad."
        )
        for problem, times in found.problems.items():
            console.print(f"The bag is damaged: {problem} ({times} times).", highlight=False)
        yield folder


def _cut(where: Path, options: argparse.Namespace, report: Callable[[int, int], None]) -> tuple[Crops, Crops]:
    """Cut hands out of the pictures of a folder, and squares anywhere."""
    limit = read_image_limit(options, where)
    crops = collect_crops(
        [where],
        options.count,
        options.seed,
        on_progress=report,
        limit=limit,
        on_unreadable=name_unreadable(),
    )
    return crops, cut_anywhere(where, round(_ANYWHERE * len(crops)), options.seed, limit)


@contextmanager
def _phase(
    name: str, seconds: dict[str, float], progress: Progress, total: int | None = None
) -> Iterator[Callable[[int, int], None]]:
    """Show and time a part of the work; gives what reports its progress."""
    task = progress.add_task(name, total=total)
    start = perf_counter()
    yield lambda done, total: progress.update(task, completed=done, total=total)
    seconds[name] = perf_counter() - start
    progress.remove_task(task)


def _prune(bank: Manifest, made: Path, crops: Crops, options: argparse.Namespace) -> list[str]:
    """Make a level for each target, and name them."""
    specs = [LevelSpec(latency=target) for target in sorted(options.target, reverse=True)]
    return [level.info.name for level in LevelMaker(bank, crops, seed=options.seed).make(specs, made)]


def _table(found: Sequence[AdaptedFile], times: dict[str, Times], samples: int) -> Table:
    """Show what the adaptation brought."""
    dense_ms = times[found[0].file].p50_ms
    rows = (
        (
            f"{one.index} ({one.level})",
            one.file,
            "-" if one.result.before is None else f"{one.result.before.deviation:.2f}",
            f"{one.result.after.deviation:.2f}",
            one.result.way,
            f"{times[one.file].p50_ms:.2f}",
            f"{times[one.file].p50_ms / dense_ms:.2f}",
        )
        for one in found
    )
    title = f"Deviation from the dense network, % of palm size, mean of {samples} hands held back"
    headings = ("level", "file", "before", "after", "how", "p50 ms", "of dense")
    return make_table(title, headings, rows, left=("file", "how"))
