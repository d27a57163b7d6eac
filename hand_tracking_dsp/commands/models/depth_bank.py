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

"""hand-tracking-dsp models depth-bank: train a bank for depth images that are drawn as statues."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank, add_out, require_at_least, require_other_folder
from hand_tracking_dsp.commands.models.output import WorkProgress, steps_table
from hand_tracking_dsp.commands.models.statue_table import statue_table
from hand_tracking_dsp.commands.models.training import add_training, check_training, read_training
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.distillation.distill import DistillationOptions
    from hand_tracking_dsp.compression.distillation.statue_levels import StatueLevel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Trains the levels of a bank on rendered hands whose depth images are drawn as statues, and writes a "
        "bank of their INT8 files. The same command continues where it was stopped."
    )
    add_bank(parser)
    add_out(parser)
    parser.add_argument(
        "--work",
        type=Path,
        help="folder of samples and checkpoints, to be resumed; OUT.work if not given",
    )
    add_training(parser, "all", "statues to draw", steps=4000, rate=1e-3)
    parser.add_argument(
        "--detector-samples", type=int, default=5120, help="statues to draw for the palm detector"
    )
    parser.add_argument(
        "--detector-steps",
        type=int,
        default=600,
        help="batches of training for the palm detector; 0: the detectors of the old bank stay",
    )
    parser.add_argument("--detector-rate", type=float, default=5e-4, help="its highest learning rate")
    parser.add_argument("--count", type=int, default=500, help="rendered hands of each set to measure on")


def run(options: argparse.Namespace) -> int:
    """Train level after level; write the bank after each."""
    check_training(options)
    require_at_least(options, count=8, detector_samples=64, detector_steps=0)
    bank = options.bank or default_bank()
    require_other_folder(options.out, bank)
    require_writable(options.out, MANIFEST_NAME)
    from hand_tracking_dsp.compression.distillation.distill import DistillationOptions
    from hand_tracking_dsp.compression.distillation.statue_levels import CHECKED, StatueTrainer
    from hand_tracking_dsp.compression.distillation.statue_palms import train_detector
    from hand_tracking_dsp.compression.statues.measure import UnseenHands

    settings = DistillationOptions(
        samples=options.samples,
        workers=options.workers,
        training=read_training(options, alpha=0.0, exact=True),
        frozen=options.frozen,
        train_depthwise=options.depthwise,
    )
    work = options.work or options.out.with_name(f"{options.out.name}.work")
    console = make_console()
    results: list[StatueLevel] = []
    with WorkProgress(console) as report:
        trainer = StatueTrainer(bank, work, settings, UnseenHands(options.count, options.seed), report)
        levels = trainer.choose_levels(options.levels)
        if options.detector_steps:
            trainer.use(detector := train_detector(bank, work, _for_detector(settings, options), report))
            console.print(
                f"The palm detector was wrong in {detector.before:.1f} % of the statues of people set aside, "
                f"and is in {detector.after:.1f} %."
            )
        samples = trainer.prepare()
        for index in levels:
            results.append(trainer.train(index, samples))
            trainer.write(options.out)
            console.print(statue_table({f"{one.name} int8": one.after for one in results}))
    console.print(_before(results))
    console.print(steps_table([(one.name, step) for one in results for step in one.steps], CHECKED))
    console.print(f"{machine_line()}\nThe bank is written into {options.out}.")
    return 0


def _for_detector(settings: DistillationOptions, options: argparse.Namespace) -> DistillationOptions:
    """Return the options of the palm detector's training: a batch has half as many pictures."""
    training = replace(
        settings.training,
        steps=options.detector_steps,
        batch=-(-options.batch // 2),
        learning_rate=options.detector_rate,
        warmup=min(50, options.detector_steps // 4 + 1),
        check_every=100,
        exact=False,
    )
    return replace(settings, samples=options.detector_samples, training=training)


def _before(results: Sequence[StatueLevel]) -> Table:
    """Show the errors before and after training."""
    rows = [
        (one.name, name, f"{one.before.shape_mm:.1f}", f"{one.after[name].shape_mm:.1f}")
        for one in results
        for name in list(one.after)[:1]
    ]
    title = "Shape, mm: the level that was begun with, and in INT8 after training"
    return make_table(title, ("level", "hands", "before", "after"), rows, left=("hands",))
