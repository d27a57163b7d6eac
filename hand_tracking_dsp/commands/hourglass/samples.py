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

"""hand-tracking-dsp hourglass samples: render hands in depth to train and to measure on."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import make_console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the samples; missing ones are added"
    )
    parser.add_argument("--count", type=int, default=49152, help="samples")
    parser.add_argument("--split", choices=SPLITS, default="train", help="people and poses to draw from")
    parser.add_argument("--empty", type=float, default=0.1, help="share without a hand")
    parser.add_argument("--workers", type=int, default=1, help="processes that render")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Render the samples."""
    require_at_least(options, count=1, workers=1)
    require_between(options, empty=(0, 1))
    from hand_tracking_dsp.compression.hourglass.samples import make_samples

    console = make_console()
    with WorkProgress(console) as report:
        make_samples(
            options.out,
            options.count,
            options.split,
            options.seed,
            options.empty,
            lambda done, of: report("rendering hands", done, of, ""),
            options.workers,
        )
    console.print(f"{options.count} samples of the split {options.split} are in {options.out}.")
    return 0
