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

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.hourglass.common import add_device, add_samples, require_torch
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    markdown_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
    from hand_tracking_dsp.compression.hourglass.study import StudiedNetwork, StudyOptions
    from hand_tracking_dsp.compression.hourglass.study_tables import StudyFigures

_TESTED = 1024
_CALIBRATION = 256


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
    require_writable(options.out, "study.json", "study.md")
    device = require_torch(options.device, options.threads)
    from hand_tracking_dsp.compression.hourglass.samples import read_samples
    from hand_tracking_dsp.compression.hourglass.study import Study

    console = make_console()
    samples, test = read_samples(options.samples), read_samples(options.test).first(_TESTED)
    with WorkProgress(console) as report:
        study = Study(samples, test, options.work, _study_options(options, device), report)
        studied = list(study.trainings())
    figures = _figures(studied, test, options)
    for table in figures.tables():
        console.print(make_table(table.title, table.headings, table.rows))
    title = (
        f"{len(test.hands)} hands of {options.test}; {options.steps} steps of {options.batch} samples, "
        f"pruned ones and their rivals {options.retraining:g} of that; {machine_line()}"
    )
    _write(figures, title, options)
    console.print(f"{title}\nThe figures are in {options.out}, the trainings in {options.work}.")
    return 0


def _study_options(options: argparse.Namespace, device: str) -> StudyOptions:
    from hand_tracking_dsp.compression.hourglass.study import StudyOptions
    from hand_tracking_dsp.compression.hourglass.train import HourglassTrainingOptions
    from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast

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


def _figures(
    studied: Sequence[StudiedNetwork], test: DepthSamples, options: argparse.Namespace
) -> StudyFigures:
    """Time what was trained."""
    from hand_tracking_dsp.compression.hourglass.measure import (
        measure_frameworks,
        measure_networks,
        measure_parts,
    )
    from hand_tracking_dsp.compression.hourglass.study import ORIGINAL
    from hand_tracking_dsp.compression.hourglass.study_tables import StudyFigures

    original = next(one for one in studied if one.name == ORIGINAL)
    return StudyFigures(
        studied,
        measure_networks({one.name: one.network for one in studied}, options.runs),
        measure_parts(original.network, original.last, test, options.runs),
        measure_frameworks(original.network, original.last, test.first(_CALIBRATION), options.runs),
    )


def _write(figures: StudyFigures, title: str, options: argparse.Namespace) -> None:
    """Write the figures as JSON, as pictures, and with the tables as a page."""
    from hand_tracking_dsp.compression.hourglass.study_report import plot_study

    write_json(options.out / "study.json", {"title": title, **figures.value()})
    pictures = plot_study(figures, options.out)
    page = [f"# Hourglasses\n\n{title}"]
    page += [
        f"## {table.title}\n\n{markdown_table(table.headings, table.rows)}" for table in figures.tables()
    ]
    page += [f"![{name.removesuffix('.png')}]({name})" for name in pictures]
    write_text(options.out / "study.md", "\n\n".join(page) + "\n")
