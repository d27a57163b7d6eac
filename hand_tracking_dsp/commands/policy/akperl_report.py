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

"""hand-tracking-dsp policy akperl-report: compare agents that compose networks with searches, measured."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_executor,
    add_seed,
    read_executor,
    require_at_least,
)
from hand_tracking_dsp.commands.models.compositions import FITTED_HANDS
from hand_tracking_dsp.commands.models.output import NOTE, WorkProgress
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.commands.policy.akperl_tables import (
    print_dynamic,
    print_methods,
    print_regressions,
    print_swaps,
    print_tests,
)
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.composition.agent_comparison import (
    ComparedComposition,
    compare_agents,
    decision_ms,
    regressions,
    tests_of,
    variance_over_methods,
)
from hand_tracking_dsp.compression.composition.agent_plot import save_comparison
from hand_tracking_dsp.compression.composition.best import single_deviations
from hand_tracking_dsp.compression.composition.dynamic import (
    NEAR_PERCENT,
    DynamicFigures,
    SingleComposition,
    compare_dynamic,
    compare_on_recording,
    recognized_scenes,
    told_as,
)
from hand_tracking_dsp.compression.composition.meter import CompositionMeter
from hand_tracking_dsp.compression.composition.recording import (
    SEGMENT_S,
    SceneRecording,
    hands_of_videos,
)
from hand_tracking_dsp.compression.composition.scenes import input_statistics, scene_crops
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.packed_crops import crops_to_measure
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.composer_swaps import SwapFigures, measure_swaps
from hand_tracking_dsp.resources import default_bank, default_layer_agent
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.keep import keep_of
from hand_tracking_dsp.tracking.composition.profile import BLOCK_PRECISIONS, CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker

REPORT, PICTURE = "report.json", "compositions.png"
"""Names of the files in --out."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Lets agents and searches compose networks within the same times, for every kind of scene, measures "
        "all on hands that none was chosen on, and compares compositions that change with the scene with the "
        "best single one."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    parser.add_argument(
        "--agents",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="manifests of agents that differ by the seed; the package's own alone if not given",
    )
    add_bank(parser)
    parser.add_argument(
        "--precision",
        choices=BLOCK_PRECISIONS,
        default="int8",
        help="precision of the blocks (default: %(default)s)",
    )
    parser.add_argument(
        "--hands",
        type=int,
        default=120,
        help="hands to measure on, in each scene, 1 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--recording",
        nargs="+",
        default=[],
        metavar="VIDEO",
        help="videos of hands, which are shown in scenes that change: compare compositions that change, too",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help=f"folder for {REPORT}, {PICTURE}"
    )
    parser.add_argument(
        "--swaps", type=int, default=1000, help="networks to compose and swap; 0: none (default: %(default)s)"
    )
    add_executor(parser, "measurements")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Compose, measure, print tables, and write them.

    Raises:
        ConfigurationError: An option cannot be used, or the pack holds too few hands.
        ModelError: Bank or agents cannot be used.
        OutputError: A file cannot be written.
    """
    require_at_least(options, hands=1, swaps=0, seed=0)
    executor = read_executor(options)
    require_writable(options.out, REPORT)
    bank = read_manifest(options.bank or default_bank())
    blocks = BlockSet.read(bank, options.precision)
    profile = CompositionProfile.of(blocks, bank.levels[0])
    files: Sequence[Path] = options.agents or [default_layer_agent()]
    agents = {f"agent {number}": LayerAgent.load(file, bank, profile) for number, file in enumerate(files)}
    console = make_console()
    parts = _hands(options)
    dense = read_level(bank)[1]
    recording = None
    if options.recording:
        tracker = HandTracker(LevelBank.load(bank), PalmDetector.load(bank))
        recording = SceneRecording.make(hands_of_videos(tracker, options.recording), dense, options.seed)
    chosen_on, measured_on = (
        CompositionMeter.make(blocks, dense, scene_crops(part, options.seed)) for part in parts
    )
    inputs = [input_statistics(images) for images in chosen_on.scenes.values()]
    with WorkProgress(console) as progress:
        on_blocks, on_networks = (
            partial(_show, progress, f"measuring {what}") for what in ("single blocks", "composed networks")
        )
        singles = single_deviations(chosen_on, len(profile.names), executor, on_blocks)
        found = compare_agents(profile, agents, inputs, singles, measured_on, executor, on_networks)
    agent = next(iter(agents.values()))
    report = _print_all(console, found, list(agents), recognized_scenes(measured_on))
    report["decision_ms"] = decision_ms(agent, inputs)
    console.print(
        f"The agent composes for a context in {report['decision_ms']:.0f} ms (median, processor's time).",
        highlight=False,
    )
    best = SingleComposition(agent, inputs, singles, chosen_on)
    dynamic = compare_dynamic(agent, inputs, best, measured_on)
    print_dynamic(console, dynamic, f"on {options.hands} hands in every scene, which is known")
    report["dynamic"] = [asdict(one) for one in dynamic]
    if recording:
        rows = compare_on_recording(agent, inputs, best, blocks, recording)
        report["recording"] = _print_recording(console, recording, rows)
    if options.swaps and (swaps := _swaps(bank, found, options.swaps)):
        print_swaps(console, swaps)
        report["swaps"] = asdict(swaps)
    note = (
        f"{options.precision}, {options.hands} hands in each scene, {len(agents)} agents; {machine_line()}\n"
        f"{NOTE}\nScenes other than plain are made of the same hands. Power is the share of the "
        f"multiplications: an estimate."
    )
    console.print(note, highlight=False)
    write_json(options.out / REPORT, report)
    save_comparison(found, list(agents), options.out / PICTURE)
    return 0


def _show(progress: WorkProgress, work: str, done: int, of: int) -> None:
    progress(work, done, of, "")


def _swaps(bank: Manifest, found: Sequence[ComparedComposition], count: int) -> SwapFigures | None:
    """Swap networks that follow a hand; None: there is none."""
    # Others lose the hand that the next one is tried on.
    near = {one.choice for one in found if one.deviation <= NEAR_PERCENT}
    if not near:
        print(f"No network is swapped: none is within {NEAR_PERCENT:g} % of palm size.")
        return None
    return measure_swaps(bank, [keep_of(choice) for choice in sorted(near)], count)


def _hands(options: argparse.Namespace) -> tuple[Crops, Crops]:
    """Return hands to choose on and others to measure on."""
    wanted = FITTED_HANDS + options.hands
    crops = crops_to_measure(read_pack(options.pack, [PictureKind.CROP]), wanted, options.seed)
    if len(crops) < wanted:
        msg = f"{options.pack} holds {len(crops)} hands to measure on, {wanted} are needed: set --hands."
        raise ConfigurationError(msg)
    # The first ones are those that models compositions fits the estimate to, with the same seed.
    return crops.subset(range(FITTED_HANDS)), crops.subset(range(FITTED_HANDS, wanted))


def _print_all(
    console: Console,
    found: Sequence[ComparedComposition],
    agents: Sequence[str],
    recognized: NDArray[np.int64],
) -> dict[str, object]:
    """Print what methods compose and how scenes are told, and return the figures."""
    print_methods(console, found, agents)
    tests, variance, lines = tests_of(found, agents), variance_over_methods(found, agents), regressions(found)
    print_tests(console, tests, variance)
    print_regressions(console, lines)
    shares = [(recognized == scene).mean(axis=1).tolist() for scene in range(len(SCENES))]
    rows = [(name, *(f"{row[number]:.0%}" for row in shares)) for number, name in enumerate(SCENES)]
    console.print(
        make_table("Scenes told by single pictures (rows: shown, columns: told)", ("", *SCENES), rows)
    )
    return {
        "compositions": [asdict(one) for one in found],
        "tests": [asdict(one) for one in tests],
        "variance": asdict(variance),
        "regressions": lines,
        "recognized": shares,
    }


def _print_recording(
    console: Console, recording: SceneRecording, rows: Sequence[DynamicFigures]
) -> dict[str, object]:
    """Print what was compared on a recording and how its scenes were told, and return the figures."""
    told = {
        name: float((recording.told[recording.shown == place] == told_as(place)).mean())
        for place, name in enumerate(SCENES)
    }
    segments = int(recording.segments.max()) + 1
    where = f"on {len(recording.shown)} hands of videos, in {segments} scenes of {SEGMENT_S:g} s, as told"
    print_dynamic(console, rows, where)
    console.print(
        "Of the pictures, told as the robot tells scenes, which have to last: "
        + ", ".join(f"{share:.0%} of {name}" for name, share in told.items()),
        highlight=False,
    )
    return {"figures": [asdict(one) for one in rows], "told": told, "segments": segments}
