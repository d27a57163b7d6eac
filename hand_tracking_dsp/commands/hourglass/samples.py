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

"""hand-tracking-dsp hourglass samples: cut out hands in depth, rendered or of a data set, to train on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.commands.arguments import (
    add_executor,
    add_seed,
    read_executor,
    require_at_least,
    require_between,
)
from hand_tracking_dsp.commands.hourglass.common import add_person
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS

if TYPE_CHECKING:
    from rich.console import Console

    from hand_tracking_dsp.compression.hourglass.samples import SamplesLeftOut, SampleSource
    from hand_tracking_dsp.evaluation.executor import Executor

_RENDERED = 49152


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Renders hands and cuts them out as the tracker does, or cuts hands out of a public data set, around "
        "the centre of mass as published methods do; networks that are trained on these find its joints."
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the samples; missing ones are added"
    )
    parser.add_argument(
        "--count",
        type=int,
        help=f"samples; {_RENDERED} if not given, and of a data set all frames, of which fewer are evenly "
        "spread",
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default="train",
        help="people and poses to draw from; a data set has train and test",
    )
    parser.add_argument("--empty", type=float, default=0.1, help="share of rendered samples without a hand")
    parser.add_argument(
        "--from-dataset", choices=tuple(BENCHMARKS), help="data set to take; hands are rendered if not given"
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="folder of the data set, as published")
    add_person(parser)
    add_executor(parser, "shards of samples")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Make the samples."""
    executor = read_executor(options)
    require_between(options, empty=(0, 1))
    if options.count is not None:
        require_at_least(options, count=1)
    console = make_console()
    if options.from_dataset is None:
        from hand_tracking_dsp.compression.hourglass.samples import rendered_hands

        count = options.count or _RENDERED
        left_out = _make(options, executor, count, rendered_hands(options.split, options.seed, options.empty))
        console.print(f"{count} samples of the split {options.split} are in {options.out}.")
        _print_left_out(console, left_out)
        return 0
    from hand_tracking_dsp.compression.hourglass.public_samples import SPLITS as PARTS
    from hand_tracking_dsp.compression.hourglass.public_samples import dataset_frames, open_dataset

    if options.folder is None or options.split not in PARTS:
        msg = f"--from-dataset needs --folder, and --split {' or '.join(PARTS)}: give them."
        raise ConfigurationError(msg)
    dataset = open_dataset(options.from_dataset, options.folder, options.split, options.person)
    count = min(options.count or len(dataset), len(dataset))
    part = options.from_dataset, options.folder, options.split, options.person
    left_out = _make(options, executor, count, dataset_frames(*part, count))
    title = dataset.benchmark.title
    console.print(f"{count} frames of {title} are in {options.out}, {len(dataset.benchmark.joints)} joints.")
    _print_left_out(console, left_out)
    return 0


def _print_left_out(console: Console, left_out: SamplesLeftOut) -> None:
    if left_out.count:
        console.print(f"{left_out.count} of them are left out, the last one since {left_out.problem}")


def _make(
    options: argparse.Namespace, executor: Executor, count: int, source: SampleSource
) -> SamplesLeftOut:
    from hand_tracking_dsp.compression.hourglass.samples import make_samples

    with WorkProgress(make_console()) as report:
        return make_samples(
            options.out,
            count,
            source,
            lambda done, of: report("making samples", done, of, ""),
            executor,
        )
