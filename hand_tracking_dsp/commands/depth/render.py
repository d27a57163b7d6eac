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

"""hand-tracking-dsp depth render: draw rendered hands, measure how fast and how well they are found."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES
from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.cameras.mesh.crops import CropOptions
from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.commands.arguments import add_bank, require_at_least
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.evaluation.rendered import crops_per_second, draw_sheet, find_in_colour
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import default_bank

_SHEET = "rendered_hands.jpg"
_SIZES = (128, 224)
_VIEWS = {
    "gestures, palm to the camera": PictureOptions(
        views="palm", poses="gestures", held_share=0, second_share=0
    ),
    "tracked poses, all views": PictureOptions(gesture_share=0, held_share=0, second_share=0),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of {_SHEET}, examples with truth")
    parser.add_argument(
        "--crops", type=int, default=300, metavar="N", help="crops to time of each kind (default: 300)"
    )
    parser.add_argument(
        "--pictures",
        type=int,
        default=130,
        metavar="N",
        help="pictures in colour of each kind to show to the tracker (default: 130)",
    )
    add_bank(parser)
    parser.add_argument("--split", choices=SPLITS, default="test", help="people and poses (default: test)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="seed of all (default: 7)")


def run(options: argparse.Namespace) -> int:
    """Measure, print, write.

    Raises:
        ConfigurationError: A number is too small, or a file of the package is missing.
        OutputError: The sheet cannot be written.
    """
    require_at_least(options, crops=0, pictures=0, seed=0)
    require_writable(options.out, _SHEET)
    console = make_console()
    if options.crops:
        headings = ["crops", *(noise.replace("_", " ") for noise in DEPTH_NOISES), "all"]
        rows = [_speeds(size, options.crops) for size in _SIZES]
        console.print(make_table("Crops a second on one core, by noise", headings, rows))
        console.print(machine_line(), highlight=False)
    if options.pictures:
        headings = ["pictures in colour", "found, %", "median error, % of palm", "right side, %"]
        rows = [_found(name, options) for name in _VIEWS]
        console.print(make_table(f"Found by the tracker, {options.split} people", headings, rows))
    if options.out:
        _, data = cv2.imencode(".jpg", draw_sheet(options.seed), [cv2.IMWRITE_JPEG_QUALITY, 88])
        write_bytes(options.out / _SHEET, data.tobytes())
        print(f"Written: {options.out / _SHEET}")
    return 0


def _speeds(size: int, count: int) -> list[str]:
    kinds = (*DEPTH_NOISES, "all")
    speeds = [crops_per_second(CropOptions(size=size, noise=noise), count) for noise in kinds]
    return [f"{size} x {size}", *(f"{speed:.0f}" for speed in speeds)]


def _found(name: str, options: argparse.Namespace) -> list[str]:
    stream = PictureStream(options.seed, replace(_VIEWS[name], split=options.split))
    found = find_in_colour(options.bank or default_bank(), stream, options.pictures)
    sides = 100 * found.sides / found.found if found.found else float("nan")
    return [
        name,
        f"{100 * found.found / found.pictures:.1f}",
        f"{found.error_percent:.1f}",
        f"{sides:.1f}",
    ]
