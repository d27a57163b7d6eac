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

"""hand-tracking-dsp models distill: train the levels of a bank towards its dense network's outputs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    add_out,
    name_unreadable,
    read_image_limit,
    require_at_least,
    require_other_folder,
)
from hand_tracking_dsp.commands.models.output import NOTE, WorkProgress, steps_table
from hand_tracking_dsp.commands.models.training import add_training, check_training, read_training
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.data.bag_pictures import write_bag_pictures
from hand_tracking_dsp.compression.data.crops import Crops, HandFinder, collect_crops, cut_crops, data_name
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.data.synthetic import draw_pictures
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.distillation.distill import DistillationOptions
    from hand_tracking_dsp.compression.distillation.levels import LevelResult

_CURVES = "deviation from dense,\n% of palm size"
_BAG_FRAMES = 2000
_DRAWN = 1000
_MEASURED = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bank(parser)
    parser.add_argument(
        "--images", type=Path, nargs="+", default=[], metavar="DIR", help="folders of pictures of hands"
    )
    add_image_limit(parser)
    parser.add_argument("--bag", type=Path, metavar="FILE", help="a bag whose images to train on, too")
    parser.add_argument("--topic", default="", help="image topic of the bag, where it has several")
    parser.add_argument(
        "--validation",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of pictures to validate on; without it, some of --images are held back",
    )
    add_out(parser)
    parser.add_argument(
        "--work",
        type=Path,
        help="folder of samples and checkpoints, to be resumed; OUT.work if not given",
    )
    add_training(parser, "all but 0", "augmented pictures to make", steps=4000, rate=1e-4)
    parser.add_argument("--synthetic", type=float, default=0.1, help="share of synthetic hands, 0 to 1")
    parser.add_argument("--alpha", type=float, default=0.1, help="weight of the exact joints, 0 to 1")
    parser.add_argument(
        "--rounding-steps", type=int, default=0, help="batches of quantization-aware training after it"
    )


def run(options: argparse.Namespace) -> int:
    """Train level after level; write the bank after each."""
    _check(options)
    require_writable(options.out, MANIFEST_NAME)
    from hand_tracking_dsp.compression.distillation.distill import prepare_samples
    from hand_tracking_dsp.compression.distillation.levels import CHECKED, LevelTrainer
    from hand_tracking_dsp.evaluation.report.learning_curves import plot_by_training

    distillation = _distillation_options(options)
    folder = options.bank or default_bank()
    work = options.work or options.out.with_name(f"{options.out.name}.work")
    console = make_console()
    results = []
    with WorkProgress(console) as report:
        trainer = LevelTrainer(folder, work, distillation, report)
        levels = trainer.choose_levels(options.levels)
        folders = _folders(options, work, report)
        limit = read_image_limit(options, *folders)
        samples, back, calibration = prepare_samples(
            folders, trainer.teacher, work, distillation, report, limit
        )
        trainer.set_validation(_validation(options, back, report))
        for index in levels:
            results += trainer.train(index, samples, calibration)
            trainer.write(options.out)
    console.print(_table(results))
    console.print(
        steps_table([(f"{one.name} {one.precision}", step) for one in results for step in one.steps], CHECKED)
    )
    curves = options.out.with_name(f"{options.out.name}-curves.png")
    plot_by_training(work, curves, "step", _CURVES, frozenset({"loss", "steps_per_s"}))
    console.print(
        f"{machine_line()}\n{NOTE}\nThe bank is written into {options.out}, the curves into {curves}."
    )
    return 0


def _distillation_options(options: argparse.Namespace) -> DistillationOptions:
    """Read the options of distillation."""
    from hand_tracking_dsp.compression.distillation.distill import DistillationOptions

    return DistillationOptions(
        samples=options.samples,
        synthetic=options.synthetic if options.images or options.bag else 1.0,
        workers=options.workers,
        training=read_training(options, alpha=options.alpha, exact=False),
        rounding_steps=options.rounding_steps,
        frozen=options.frozen,
        train_depthwise=options.depthwise,
    )


def _check(options: argparse.Namespace) -> None:
    check_training(options)
    require_at_least(options, rounding_steps=0)
    for name in ("synthetic", "alpha"):
        if not 0 <= getattr(options, name) <= 1:
            msg = f"--{name} is {getattr(options, name)}: it must be between 0 and 1."
            raise ConfigurationError(msg)
    require_other_folder(options.out, options.bank or default_bank())


def _folders(options: argparse.Namespace, work: Path, report: WorkProgress) -> list[Path]:
    """List the folders to train on; a bag's frames and synthetic hands become one in the work folder."""
    folders: list[Path] = list(options.images)
    if options.bag:
        folders.append(work / "bag_frames")
        if not folders[-1].is_dir():
            write_bag_pictures(
                options.bag,
                folders[-1],
                _BAG_FRAMES,
                options.topic,
                lambda done, of: report("reading the bag", done, of, ""),
                read_image_limit(options),
            )
    if not folders:
        folders.append(work / "synthetic_hands")
        draw_pictures(folders[-1], _DRAWN, lambda done, of: report("drawing synthetic hands", done, of, ""))
    return folders


def _validation(
    options: argparse.Namespace, back: Sequence[Picture], report: WorkProgress
) -> dict[str, Crops]:
    """Cut out the hands to validate on, by data set."""
    finder = HandFinder.load()

    def progress(done: int, of: int) -> None:
        report("cutting out hands to measure on", done, of, "")

    if not options.validation:
        held_back = cut_crops(back, _MEASURED, options.seed, least=1, finder=finder, on_progress=progress)
        return {data_name(held_back, options.seed): held_back}
    chosen = (
        collect_crops(
            [folder],
            _MEASURED,
            options.seed,
            finder=finder,
            on_progress=progress,
            limit=read_image_limit(options, folder),
            on_unreadable=name_unreadable(),
        )
        for folder in options.validation
    )
    return {data_name(crops, options.seed, "hands"): crops for crops in chosen}


def _table(results: Sequence[LevelResult]) -> Table:
    """Make a table of the deviations before and after training."""
    data = list(results[0].before)
    rows = [
        (
            one.name,
            one.precision,
            *(f"{one.before[name]:.2f} → {one.after[name]:.2f}" for name in data),
            "" if one.kept else "not better: left as it was",
        )
        for one in results
    ]
    title = "Deviation from the dense network, % of palm size: before → after"
    return make_table(title, ("level", "precision", *data, ""), rows, left=("precision", ""))
