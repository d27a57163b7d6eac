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

"""hand-tracking-dsp policy akperl-read: read gestures with composed networks, and compare."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.progress import Progress

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    read_image_limit,
    require_at_least,
    require_between,
    require_other_folder,
)
from hand_tracking_dsp.commands.gesture.labelled import add_labelled_pictures, read_labelled_pictures
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    markdown_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.composition.bank_blocks import with_composed_level
from hand_tracking_dsp.compression.composition.gesture_table import (
    LEAST_POWER,
    PrunedReading,
    compare_readings,
    networks_to_read_with,
    sparse_choice,
)
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.evaluation.gestures.pictures import PictureReader
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import BUILT_IN
from hand_tracking_dsp.resources import default_bank, default_layer_agent
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

_NOTE = (
    "Right: the gesture as people labelled it, or the number of open fingers where no gesture is labelled, "
    "of all hands; a hand that is not found is not right. Power is estimated: the share of the "
    "multiplications. Time is the processor's time of a run, measured, relative to the unpruned network in "
    "the same precision. l1 and magnitude cut the unpruned network in fp32 to AKPERL's widths. Levels are "
    "trained, the others are not."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Lets the agent compose a network of some sparsity and power, and reads labelled hands with it, with "
        "the unpruned network, with cuts of the same widths by L1 and magnitude, and with the bank's levels."
    )
    add_labelled_pictures(parser, required=True)
    parser.add_argument(
        "--sparsity",
        type=float,
        default=0.45,
        help="least share of parameters to remove, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--power",
        type=float,
        default=0.67,
        help=f"largest share of the multiplications to leave, {LEAST_POWER} to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--agent", type=Path, metavar="FILE", help="manifest of the agent (default: the package's own)"
    )
    add_bank(parser)
    parser.add_argument(
        "--runs", type=int, default=300, help="timed runs of each network, 1 or more (default: %(default)s)"
    )
    add_image_limit(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON, too")
    parser.add_argument(
        "--bank-out",
        type=Path,
        metavar="BANK",
        help="folder of a bank with the composed network as its last level, which 'models train' can train",
    )


def run(options: argparse.Namespace) -> int:
    """Compose, read, print the table, and write it where asked.

    Raises:
        ConfigurationError: An option or label cannot be used.
        ModelError: Bank or agent cannot be used.
    """
    require_between(options, sparsity=(0, 1), power=(LEAST_POWER, 1))
    require_at_least(options, runs=1)
    require_writable(options.out)
    folder = options.bank or default_bank()
    if options.bank_out:
        require_other_folder(options.bank_out, folder, "--bank-out")
    require_writable(options.bank_out, MANIFEST_NAME, option="--bank-out")
    limit = read_image_limit(options)
    hands = read_labelled_pictures(options, BUILT_IN)
    bank = read_manifest(folder)
    levels = LevelBank.load(bank)
    precision = levels.choices[0].info.precision
    blocks = BlockSet.read(bank, precision)
    profile = CompositionProfile.of(blocks, bank.levels[0])
    agent = LayerAgent.load(options.agent or default_layer_agent(), bank, profile)
    chosen = sparse_choice(agent, options.sparsity, options.power)
    networks = list(networks_to_read_with(bank, blocks, agent, chosen))
    tracker = HandTracker(levels, PalmDetector.load(bank), TrackerOptions(smoothing=False))
    reader = PictureReader(tracker, GestureOptions(), margin=options.margin, limit=limit)
    with Progress(transient=True) as progress:
        task = progress.add_task("reading pictures", total=len(hands) * len(networks))
        found = compare_readings(
            networks, tracker, reader, hands, options.runs, lambda: progress.advance(task)
        )
    console = make_console()
    console.print(_table(found), highlight=False, soft_wrap=True)
    console.print(
        f"\nAKPERL prunes the layers by {', '.join(f'{INTENSITIES[place]}' for place in chosen.choice)} %; "
        f"{precision}, {len(hands)} hands; {machine_line()}\n{_NOTE}",
        highlight=False,
    )
    if options.out:
        write_json(
            options.out, {"choice": chosen.choice, "rows": [asdict(one) for one in found], "note": _NOTE}
        )
    if options.bank_out:
        new, files = with_composed_level(bank, chosen)
        write_bank(options.bank_out, new, files, since=bank)
        console.print(
            f"The bank with the level {new.levels[-1].name} is in {options.bank_out}.", highlight=False
        )
    return 0


def _table(found: Sequence[PrunedReading]) -> str:
    dense = found[0].right
    rows = [
        (
            one.method,
            f"{100 * one.right:.1f}",
            "" if one is found[0] else f"{100 * (one.right - dense):+.1f}",
            "" if one is found[0] else f"{one.p:.2g}",
            f"{100 * one.macs:.0f}",
            f"{100 * one.processor:.0f}",
            f"{100 * one.sparsity:.0f}",
        )
        for one in found
    ]
    headings = (
        "network",
        "right, %",
        "points",
        "p",
        "power, %, estimated",
        "time, %",
        "sparsity, %",
    )
    return markdown_table(headings, rows)
