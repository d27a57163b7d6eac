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

"""hand-tracking-dsp depth lift: measure how well hands are lifted into space, and what it costs."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES
from hand_tracking_dsp.cameras.mesh.catalogue import rigs, split_rigs
from hand_tracking_dsp.commands.arguments import add_bank, require_at_least
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.depth_folder import measure_folders
from hand_tracking_dsp.evaluation.lift_picture import draw_lifted
from hand_tracking_dsp.evaluation.lift_times import time_lifting
from hand_tracking_dsp.evaluation.lifted_gestures import measure_gestures
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions

_PICTURE = "lifted_hands.jpg"
_PEOPLE = ("one", "test", "none")
_FOUND_IN = {"in colour": False, "in depth alone": True}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--people",
        choices=_PEOPLE,
        default="one",
        help="rendered hands that show the gestures; one: WebXR's, test: those of six people that nothing "
        "was trained on, none: no gestures (default: one)",
    )
    parser.add_argument(
        "--noise",
        choices=DEPTH_NOISES,
        default="structured_light",
        help="noise of their depth (default: structured_light)",
    )
    parser.add_argument(
        "--frames", type=int, default=200, metavar="N", help="frames to time; 0: none (default: 200)"
    )
    parser.add_argument(
        "--depth",
        type=Path,
        metavar="DIR",
        help="folder of depth images, PNG of 16 bits, to look for hands in",
    )
    parser.add_argument(
        "--unit", type=float, default=0.001, metavar="M", help="metres of a value of 1 there (default: 0.001)"
    )
    parser.add_argument(
        "--camera",
        type=float,
        nargs=4,
        metavar=("FX", "FY", "CX", "CY"),
        help="focal lengths and principal point of their camera, pixels",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"folder of {_PICTURE}, hands that are lifted"
    )
    add_bank(parser)
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="seed of all (default: 7)")


def run(options: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        ConfigurationError: An option cannot work.
        SourceError: The folder's images cannot be used.
        OutputError: The picture cannot be written.
    """
    require_at_least(options, frames=0, seed=0)
    require_writable(options.out, _PICTURE)
    if options.depth and not options.camera:
        msg = "--depth needs the depth camera: give --camera FX FY CX CY in pixels."
        raise ConfigurationError(msg)
    if not 0 < options.unit < math.inf:
        msg = f"--unit is {options.unit:g}: give the metres of a value of 1, for example 0.001."
        raise ConfigurationError(msg)
    bank = options.bank or default_bank()
    levels = LevelBank.load(bank)
    if levels.sees_depth and (options.people != "none" or options.frames or options.out):
        msg = (
            f"The bank {bank} sees depth, but hands of colour images are lifted here, too: give "
            f"--people none, --frames 0, --depth and no --out, or another bank."
        )
        raise ConfigurationError(msg)
    settings = TrackerOptions.of({**ALL_MEASURED, "smoothing": False})
    tracker = HandTracker(levels, PalmDetector.load(bank), settings)
    if options.people != "none":
        _gestures(tracker, options)
    if options.frames:
        _times(tracker, options)
    if options.depth:
        _folder(tracker, options)
    if options.out:
        _, data = cv2.imencode(".jpg", draw_lifted(tracker, options.seed), [cv2.IMWRITE_JPEG_QUALITY, 88])
        write_bytes(options.out / _PICTURE, data.tobytes())
        print(f"Written: {options.out / _PICTURE}")
    return 0


def _gestures(tracker: HandTracker, options: argparse.Namespace) -> None:
    people = rigs()[:1] if options.people == "one" else split_rigs(options.people)
    headings = ("lifted by", "mean, mm", "visible joints", "hidden joints", "median")
    for where, in_depth in _FOUND_IN.items():
        count, found, errors = measure_gestures(
            tracker, people, options.noise, options.seed, in_depth=in_depth
        )
        title = f"Gestures found {where}: {found} of {count}, {100 * found / count:.1f} %"
        rows = [(name, *(f"{figure:.1f}" for figure in one.figures)) for name, one in errors.items()]
        make_console().print(make_table(title, headings, rows))
    noise = options.noise.replace("_", " ")
    print(f"Hands of {', '.join(rig.name for rig in people)}; depth with noise of kind {noise}, 640x480.")


def _times(tracker: HandTracker, options: argparse.Namespace) -> None:
    times = time_lifting(tracker, options.frames, options.seed)
    headings = ("work at 640x480", "median, ms", "least, ms")
    rows = [(name, f"{median:.2f}", f"{least:.2f}") for name, (median, least) in times.items()]
    make_console().print(make_table("Time on one core, of one run in turn", headings, rows))
    print(machine_line())


def _folder(tracker: HandTracker, options: argparse.Namespace) -> None:
    camera = Intrinsics(*options.camera)
    found = list(measure_folders(tracker, options.depth, options.unit, camera))
    headings = (
        "folder",
        "images",
        "hand found",
        "least presence",
        "deviation of bones, %",
        "without the fit",
    )
    rows = [
        (
            str(one.folder),
            str(one.images),
            str(one.found),
            f"{one.presence:.2f}",
            f"{100 * one.deviation:.1f}",
            f"{100 * one.plain_deviation:.1f}",
        )
        for one in found
    ]
    make_console().print(make_table("Real depth images, drawn as statues", headings, rows, left=("folder",)))
