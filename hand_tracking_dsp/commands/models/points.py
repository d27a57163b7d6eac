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

"""hand-tracking-dsp models points: operating points measured on clips, and the list of them in bank.json."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import cv2
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_clips,
    add_option,
    options_from,
    require_at_least,
)
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    print_problems,
    require_updatable,
)
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.statues.pictures import sees_statues
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.evaluation.workload.clips import find_clips
from hand_tracking_dsp.evaluation.workload.points import measure_points, point_grid, worth_having
from hand_tracking_dsp.evaluation.workload.tally import NEAR_PERCENT
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest
from hand_tracking_dsp.tracking.operating_point import EVERYTHING, PointInfo
from hand_tracking_dsp.tracking.palm import PalmDetector

# Without a gate nothing is held: what holding adds to the drift is measured against that.
_GATES = (0.0, 0.06, 0.12, 0.25)
_INTERVALS_S = (0.25, 0.5, 1.0)
# The constrained mode's default of six changes a minute must allow all steps from one end to the other.
_MOST = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Follows hands through clips at every level, gate and search interval in turn, compares processor "
        "time and landmarks with those of the dense level on every hand of every frame, and lists the "
        "operating points of which none costs and errs more than another."
    )
    add_bank(parser)
    add_clips(
        parser,
        "videos, bags, folders of pictures or of videos (default: the synthetic hand)",
    )
    parser.add_argument("--frames", type=int, metavar="N", help="frames of each clip at most (default: all)")
    parser.add_argument(
        "--gates", type=float, nargs="+", default=_GATES, metavar="SHARE", help="thresholds of the gate"
    )
    parser.add_argument(
        "--intervals", type=float, nargs="+", default=_INTERVALS_S, metavar="S", help="search intervals"
    )
    parser.add_argument("--most", type=int, default=_MOST, help="points to keep (default: %(default)s)")
    for name in ("backend", "precision"):
        add_option(parser, f"--{name}", declaration(RuntimeOptions, name))
    parser.add_argument("--update", action="store_true", help="write the list into bank.json")


def run(options: argparse.Namespace) -> int:
    """Measure, print tables, and keep the list if asked.

    Raises:
        ConfigurationError: An option cannot be used.
        ModelError: The bank cannot be used.
        SourceError: A clip cannot be read.
    """
    require_at_least(options, frames=1, most=2)
    bank = read_manifest(options.bank or default_bank())
    if options.update:
        require_updatable(bank.folder)
    if sees_statues(bank) or any(level.depth for level in bank.levels):
        msg = (
            f"The bank {bank.name} sees depth, which clips have not, so that it has no operating points: the "
            "controller chooses among its levels."
        )
        raise ConfigurationError(msg)
    clips = find_clips(options.clips, options.frames)
    points = point_grid(len(bank.levels), options.gates, options.intervals)
    if not all(0 <= point.gate <= 10 and 0 <= point.search_interval_s <= 60 for point in points):
        msg = "--gates must be 0 to 10 and --intervals 0 to 60."
        raise ConfigurationError(msg)
    runtime = options_from(options, RuntimeOptions)
    cv2.setNumThreads(1)
    networks = LevelBank.load(bank, runtime)
    detector = PalmDetector.load(bank, "", runtime)
    console = make_console()
    count = len({EVERYTHING, *points})
    console.print(f"{count} points on {len(clips)} clips, {networks.provider}; {machine_line()}")
    view = LiveView()
    found = measure_points(
        networks, detector, clips, points, on_clip=lambda done, total: view.progress("clips", done, total)
    )
    for clip in clips:
        print_problems(clip.name, clip.problems)
    for sentence in (*networks.warnings, *detector.warnings):
        console.print(sentence, highlight=False)
    _require_reference(networks, found[0])
    usable = [one for one in found if one.level not in networks.faulty_levels]
    chosen = worth_having(usable, options.most)
    console.print(_table("All points", found))
    if left_out := sorted({one.level for one in found} - {one.level for one in usable if one.found}):
        numbers = ", ".join(map(str, left_out))
        console.print(f"Not listed, as they find no hand or answer with unusable outputs: levels {numbers}.")
    console.print(_table("Operating points", chosen))
    if options.update:
        update_manifest(bank, lambda now: replace(now, operating_points=tuple(chosen)))
        console.print(f"The operating points are written into {bank.folder / MANIFEST_NAME}.")
    return 0


def _require_reference(networks: LevelBank, reference: PointInfo) -> None:
    """Refuse to compare with a dense level that says nothing.

    Raises:
        ModelError: Its outputs cannot be used on some region.
        ConfigurationError: It finds no hand.
    """
    if 0 in networks.faulty_levels:
        msg = (
            f"Nothing can be compared with {networks.levels[0].file}, the dense level, some of whose outputs "
            f"cannot be used: choose another precision, or export it again."
        )
        raise ModelError(msg)
    if not reference.samples:
        msg = "No hand was found on any clip: give clips that show hands by --clips."
        raise ConfigurationError(msg)


def _table(title: str, points: Sequence[PointInfo]) -> Table:
    headings = (
        "point",
        "level",
        "gate",
        "search, s",
        "cost",
        "error",
        "drift, %",
        f"within {NEAR_PERCENT:g} %",
        "found",
        "hands measured",
        "frames searched",
    )
    rows = [
        (
            *(str(index), str(one.level), f"{one.gate:g}", f"{one.search_interval_s:g}"),
            *(f"{one.cost:.3f}", f"{one.error:.3f}", f"{one.drift_percent:.2f}"),
            *(f"{share:.1%}" for share in (one.near, one.found, one.measured, one.searched)),
        )
        for index, one in enumerate(points)
    ]
    return make_table(title, headings, rows)
