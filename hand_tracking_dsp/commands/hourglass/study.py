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

"""hand-tracking-dsp hourglass study: train small hourglasses and compare depth, supervision and pruning."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.hourglass.common import add_device, add_samples, require_torch
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, write_json
from hand_tracking_dsp.errors import ConfigurationError

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.hourglass.measure import ExitSize
    from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
    from hand_tracking_dsp.compression.hourglass.study import StudiedNetwork, StudyOptions

_TESTED = 1024
_NEAR_MM, _FAR_MM = 20, 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_samples(parser, "--samples", "to train on")
    add_samples(parser, "--test", "to measure on")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="folder of trainings, to be resumed"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of tables and plots")
    parser.add_argument("--features", type=int, nargs="+", default=[32, 64], help="features of the networks")
    parser.add_argument(
        "--stacks", type=int, nargs="+", default=[1, 2, 3], help="numbers of stacks, 2 among them"
    )
    parser.add_argument("--steps", type=int, default=600, help="batches of a training from scratch")
    parser.add_argument("--batch", type=int, default=64, help="samples in a batch")
    parser.add_argument("--retraining", type=float, default=0.5, help="share of the steps after pruning")
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each network")
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train what is not trained yet, then print the tables and draw the figures."""
    require_at_least(options, steps=1, batch=2, runs=1)
    require_between(options, retraining=(0, 1))
    if 2 not in options.stacks or min(options.stacks) < 1 or min(options.features) < 1:
        msg = "--stacks must name 2, since that network is pruned; --stacks and --features must be above 0."
        raise ConfigurationError(msg)
    device = require_torch(options.device, options.threads)
    from hand_tracking_dsp.compression.hourglass.samples import read_samples
    from hand_tracking_dsp.compression.hourglass.study import Study
    from hand_tracking_dsp.compression.hourglass.study_report import plot_frames, plot_losses, plot_norms

    console = make_console()
    test = read_samples(options.test).first(_TESTED)
    with WorkProgress(console) as report:
        study = Study(
            read_samples(options.samples), test, options.work, _study_options(options, device), report
        )
        studied = list(study.trainings())
    _print(console, studied, test, options)
    plot_norms(studied, options.out / "norms.png")
    plot_losses(studied, options.out / "losses.png")
    plot_frames(studied, options.out / "frames.png")
    console.print(f"{machine_line()}\nThe figures are in {options.out}, the trainings in {options.work}.")
    return 0


def _study_options(options: argparse.Namespace, device: str) -> StudyOptions:
    from hand_tracking_dsp.compression.distillation.train import bfloat16_is_fast
    from hand_tracking_dsp.compression.hourglass.study import StudyOptions
    from hand_tracking_dsp.compression.hourglass.train import HourglassTrainingOptions

    training = HourglassTrainingOptions(
        steps=options.steps,
        batch=options.batch,
        warmup=max(min(100, options.steps // 10), 1),
        hold=0.3,
        average=0.99,
        check_every=max(options.steps // 12, 1),
        device=device,
        half=bfloat16_is_fast(device),
        seed=options.seed,
    )
    return StudyOptions(tuple(options.features), tuple(options.stacks), training, options.retraining)


def _print(
    console: Console, studied: Sequence[StudiedNetwork], test: DepthSamples, options: argparse.Namespace
) -> None:
    """Print the tables, and write their figures into study.json."""
    from hand_tracking_dsp.compression.hourglass.measure import (
        measure_exits,
        measure_frameworks,
        measure_parts,
    )
    from hand_tracking_dsp.compression.hourglass.study import ORIGINAL

    original = next(one for one in studied if one.name == ORIGINAL)
    sizes = measure_exits(original.network, options.runs)
    lasts = {one.name: measure_exits(one.network, options.runs)[-1] for one in studied}
    parts = measure_parts(original.network, original.last, test, options.runs)
    frameworks = measure_frameworks(original.network, original.last, options.runs)
    headings = ("exit", "error, mm", f"% within {_NEAR_MM} mm", f"% within {_FAR_MM} mm", *_SIZES)
    exits = [_row(str(size.exit), original, size) for size in sizes]
    console.print(make_table("Exits of the network of two stacks (table 1)", headings, exits))
    headings = ("network", *headings[1:])
    trained = [_row(one.name.replace("_", " "), one, lasts[one.name]) for one in studied]
    title = "Features and stacks (table 2); pruned, from scratch and distilled (table 3)"
    console.print(make_table(title, headings, trained))
    for title, times in (("Parts (table 5)", parts), ("Frameworks (table 6)", frameworks)):
        rows = [(name, f"{time.p50_ms:.2f}", f"{time.p95_ms:.2f}") for name, time in times.items()]
        console.print(make_table(title, ("", "ms, median", "ms, 95th percentile"), rows))
    result = {
        "exits": exits,
        "networks": trained,
        "parts_ms": {name: time.p50_ms for name, time in parts.items()},
        "frameworks_ms": {name: time.p50_ms for name, time in frameworks.items()},
    }
    write_json(options.out / "study.json", result)


_SIZES = ("parameters", "million macs", "ms")


def _row(name: str, one: StudiedNetwork, size: ExitSize) -> tuple[str, ...]:
    from hand_tracking_dsp.evaluation.pose_benchmark.metrics import (
        mean_joint_error_mm,
        share_of_frames_within,
    )

    errors = one.errors[size.exit]
    shares = share_of_frames_within(errors, (_NEAR_MM, _FAR_MM))
    return (
        name,
        f"{mean_joint_error_mm(errors):.1f}",
        *(f"{100 * share:.0f}" for share in shares),
        f"{size.parameters:,}",
        f"{size.macs / 1e6:.1f}",
        f"{size.times.p50_ms:.2f}",
    )
