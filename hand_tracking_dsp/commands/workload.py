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

"""Work of the tracker over clips, and of the running graph, at several settings in turn, for bench."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from hand_tracking_dsp.commands import workload_graph
from hand_tracking_dsp.commands.arguments import add_clips
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import print_problems
from hand_tracking_dsp.commands.workload_settings import (
    DEFAULT,
    NODE,
    point_of,
    read_setting,
    require_setting,
    threads_of,
)
from hand_tracking_dsp.commands.workload_tables import DENSE, MEDIAPIPE, report
from hand_tracking_dsp.evaluation.workers import mediapipe_worker, package_worker
from hand_tracking_dsp.evaluation.workload.clips import find_clips
from hand_tracking_dsp.evaluation.workload.run import BLOCK, Contender, run_clips
from hand_tracking_dsp.options import make_options
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

_PARTS = ("clips", "graph")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_clips(
        parser,
        "workload: videos, bags, folders of pictures or of videos (default: the synthetic hand)",
    )
    workload_graph.add_arguments(parser)
    parser.add_argument(
        "--settings",
        nargs="+",
        default=[DEFAULT],
        metavar="SETTING",
        help=f"workload: settings to compare, each {DEFAULT} or NAME=VALUE,NAME=VALUE… with parameters of "
        f"{NODE}, for example level=4,search_interval_s=0",
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=_PARTS,
        default=_PARTS,
        help="workload: the tracker over clips, the processor time of the running graph (default: both)",
    )
    parser.add_argument(
        "--paced",
        action="store_true",
        help="workload: hand over frames at the rate of their clip, to trackers with the node's threads",
    )


def measure_workload(args: argparse.Namespace, core: int | None) -> dict[str, Any]:
    """Measure, print tables, and return the figures.

    Args:
        args: Options of the command line.
        core: Processor core on which all trackers stay; None: any.

    Raises:
        ConfigurationError: A setting cannot be used, or names a level or point that its bank has not.
        SourceError: A clip cannot be read.
        HandTrackingError: A node of the graph failed.
    """
    settings = {text: read_setting(text) for text in dict.fromkeys(args.settings)}
    for setting in settings.values():
        require_setting(setting)
    figures: dict[str, Any] = {}
    if "clips" in args.parts:
        figures["clips"] = _measure_clips(args, settings, core)
    if "graph" in args.parts:
        print(flush=True)
        figures["graph"] = workload_graph.measure_graph(args, settings)
    return figures


def _measure_clips(
    args: argparse.Namespace, settings: Mapping[str, Mapping[str, Any]], core: int | None
) -> dict[str, Any]:
    clips = find_clips(args.clips, args.frames)
    view = LiveView()
    with ExitStack() as stack:
        contenders = {name: _contender(stack, values, core, args) for name, values in settings.items()}
        first = next(iter(settings.values()))
        # With a hand in view it searches as the first setting does, so that both look at the same hands.
        dense = {"gate.enabled": False, "idle.rate_hz": 0.0, "level": 0, "operating_point": -1}
        contenders[DENSE] = _contender(stack, {**first, **dense}, core, args)
        if args.mediapipe_python.exists():
            most = [values.get("max_hands", TrackerOptions().max_hands) for values in settings.values()]
            worker = mediapipe_worker(args.mediapipe_python, static=False, max_hands=max(most), cpu=core)
            contenders[MEDIAPIPE] = Contender(stack.enter_context(worker))
        else:
            print(
                f"Without MediaPipe: there is no {args.mediapipe_python} (make setup-mediapipe makes it).\n"
            )
        about = contenders[next(iter(settings))].worker.about
        where = "any core" if core is None else f"core {core}"
        pace = "at the rate of the clips" if args.paced else "without a pause"
        print(
            f"{len(clips)} clips, {args.repeats} times, {pace}, in turns of {BLOCK} frames; "
            f"{about['provider']}, {threads_of(first)}, every process on {where}\n",
            flush=True,
        )
        runs = run_clips(
            clips,
            contenders,
            args.repeats,
            paced=args.paced,
            on_clip=lambda done, total: view.progress("clips", done, total),
        )
    for clip in clips:
        print_problems(clip.name, clip.problems)
    return report(runs, args.repeats, list(settings))


def _contender(
    stack: ExitStack, values: Mapping[str, Any], core: int | None, args: argparse.Namespace
) -> Contender:
    worker = package_worker(
        TrackerOptions.of(values),
        make_options(RuntimeOptions, values),
        values.get("bank"),
        values.get("detector", ""),
        core,
        live=args.paced,
    )
    return Contender(stack.enter_context(worker), point_of(values).in_force[1])
