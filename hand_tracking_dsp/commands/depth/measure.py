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

"""hand-tracking-dsp depth measure: how well a bank's levels read depth images that are drawn as statues."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import track

from hand_tracking_dsp.cameras.folder import list_images
from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.commands.arguments import add_bank, add_seed, require_at_least
from hand_tracking_dsp.commands.models.statue_table import statue_table
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table
from hand_tracking_dsp.compression.bank.files import read_float_network
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.statues.measure import UnseenHands
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.statues import (
    FoundInDepth,
    find_in_depth,
    open_tracker,
    recorded_pictures,
    rendered_pictures,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, files_of

_ALONE = PictureOptions(held_share=0, second_share=0)
_PICTURES = {
    "gestures, palm to the camera": replace(_ALONE, views="palm", poses="gestures"),
    "tracked poses, all views": replace(_ALONE, gesture_share=0),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Measures the levels of a bank on rendered hands whose joints are exact, and how many hands the "
        "tracker finds in whole depth images, rendered ones and those of a folder."
    )
    add_bank(parser)
    parser.add_argument("--levels", type=int, nargs="+", help="levels to measure; all if not given")
    parser.add_argument("--count", type=int, default=500, help="rendered hands of each set; 0: none")
    parser.add_argument("--pictures", type=int, default=130, help="rendered pictures of each kind; 0: none")
    parser.add_argument("--split", choices=SPLITS, default="test", help="people and poses of the pictures")
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="folder of 16-bit depth images with a hand each"
    )
    parser.add_argument("--unit-mm", type=float, default=1.0, help="millimetres of one step of --images")
    parser.add_argument("--focal-px", type=float, default=600.0, help="focal length of --images, pixels")
    parser.add_argument(
        "--centre-px",
        type=float,
        nargs=2,
        default=(319.5, 239.5),
        metavar=("X", "Y"),
        help="principal point of --images, pixels (default: 319.5 239.5)",
    )
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        ConfigurationError: An option is out of range.
        ModelError: The bank cannot be used.
        SourceError: The depth images cannot be read.
    """
    require_at_least(options, count=0, pictures=0, seed=0)
    for name in ("unit_mm", "focal_px"):
        if not 0 < getattr(options, name) < float("inf"):
            msg = f"--{name.replace('_', '-')} is {getattr(options, name):g}: it must be more than 0."
            raise ConfigurationError(msg)
    if options.images:
        list_images(options.images)  # before minutes of measuring, not after
    bank = read_manifest(options.bank or default_bank())
    levels = _levels(bank, options.levels)
    console = make_console()
    if options.count:
        unseen, results = UnseenHands(options.count, options.seed), {}
        files = [info for level in levels for info in files_of(level)]
        for info in track(files, "measuring", console=console, transient=True):
            session = open_exact(read_float_network(bank, info), info.file)
            results[f"{info.index} {info.name} {info.precision}"] = unseen.errors(session, depth=info.depth)
        console.print(statue_table(results))
    rows = [row for level in levels for row in _found(options, bank, level)]
    if rows:
        headings = ("level", "depth images", "found, %", "side, %", "median error, mm", "count")
        title = "Found by the tracker in depth alone; error: joints in the camera's frame, of those found"
        console.print(make_table(title, headings, rows, left=("depth images",)))
    console.print(machine_line(), highlight=False)
    return 0


def _levels(bank: Manifest, wanted: Sequence[int] | None) -> list[LevelInfo]:
    """Choose the levels.

    Raises:
        ConfigurationError: The bank lacks one.
    """
    numbers = range(len(bank.levels)) if wanted is None else wanted
    if missing := [number for number in numbers if not 0 <= number < len(bank.levels)]:
        msg = f"--levels has {missing[0]}: the bank {bank.name} has levels 0 to {len(bank.levels) - 1}."
        raise ConfigurationError(msg)
    return [bank.levels[number] for number in numbers]


def _found(options: argparse.Namespace, bank: Manifest, level: LevelInfo) -> list[list[str]]:
    """Show the pictures to the tracker; return rows of the table."""
    tracker = open_tracker(bank.folder)
    rows = []
    for name, kind in _PICTURES.items() if options.pictures else ():
        stream = PictureStream(options.seed, replace(kind, split=options.split))
        found = find_in_depth(tracker, level.index, rendered_pictures(stream, options.pictures))
        rows.append(_row(level, f"{name}, {options.split} people", found))
    if options.images:
        camera = Intrinsics(options.focal_px, options.focal_px, *options.centre_px)
        pictures = recorded_pictures(options.images, options.unit_mm / 1000, camera)
        rows.append(_row(level, options.images.name, find_in_depth(tracker, level.index, pictures)))
    return rows


def _row(level: LevelInfo, name: str, found: FoundInDepth) -> list[str]:
    sides = f"{100 * found.sides / found.found:.1f}" if found.found and found.error_mm > 0 else ""
    error = f"{found.error_mm:.1f}" if found.error_mm > 0 else ""
    return [
        f"{level.index} {level.name}", name, f"{100 * found.found / max(found.pictures, 1):.1f}",
        sides, error, str(found.pictures),
    ]  # fmt: skip
