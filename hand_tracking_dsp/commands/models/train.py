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

"""hand-tracking-dsp models train: train levels together on a pack of pictures, on a GPU or a CPU.

It prints plain lines and needs neither rich nor matplotlib, so that it runs where little but PyTorch is.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.arguments import add_bank, add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.models.training import LONGEST_S, add_end, check_end, read_joint_training
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.distillation.joint_run import JointRunOptions

_HANDS = {"cuda": 98304, "cpu": 8192}
_RENDERED, _EMPTY = 0.5, 0.42


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Trains levels of a bank, of any input size, end to end and together on a pack of pictures, towards "
        "the bank's dense network. The same command goes on where it was stopped; 'models export' makes a "
        "bank of what it leaves."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    add_bank(parser)
    parser.add_argument(
        "--levels",
        nargs="+",
        required=True,
        metavar="NAME@SIZE",
        help="levels to make: the level that each begins with, and the side of its input, pixels",
    )
    add_end(parser)
    parser.add_argument("--batch", type=int, default=256, help="crops in a batch")
    parser.add_argument("--rate", type=float, default=4e-4, help="highest learning rate")
    parser.add_argument(
        "--as-seen",
        type=float,
        default=0.7,
        metavar="SHARE",
        help="share of the hands that are labelled as the dense network sees the crop that is shown; the "
        "others have the label of the clean crop (default: %(default)s)",
    )
    parser.add_argument(
        "--clean",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="share of the crops that are shown neither covered nor changed (default: %(default)s)",
    )
    parser.add_argument(
        "--hands", type=int, help="crops of real hands; if not given, 98304 on a GPU and 8192 on a CPU"
    )
    parser.add_argument("--rendered", type=int, help="rendered hands; half of --hands if not given")
    parser.add_argument(
        "--kept",
        type=int,
        default=0,
        metavar="SAMPLES",
        help="make so many samples once, and train behind frozen first blocks, on what these make of them: "
        "for a CPU (default: train all blocks, on ever new samples)",
    )
    parser.add_argument("--checks", type=int, default=8, help="validations, evenly spread over the training")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=0, help="threads on a CPU; 0 = PyTorch's choice")
    parser.add_argument("--workers", type=int, default=2, help="processes that draw rendered hands")
    parser.add_argument(
        "--show", type=Path, metavar="FILE", help="picture of training samples, to be looked at"
    )
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train for as long as there is time, and write the networks into the work folder."""
    begun = time.monotonic()
    require_at_least(options, steps=1, batch=8, hands=64, rendered=1, kept=0, checks=1, workers=1, threads=0)
    require_between(options, as_seen=(0, 1), clean=(0, 1))
    check_end(options)
    from hand_tracking_dsp.compression.distillation.joint_run import JointRun
    from hand_tracking_dsp.compression.distillation.level_to_train import LevelToTrain
    from hand_tracking_dsp.compression.distillation.sample_sheet import write_sheet

    def report(line: str) -> None:
        print(f"[{time.monotonic() - begun:7.1f} s] {line}", flush=True)

    levels = [LevelToTrain.parse(text) for text in options.levels]
    bank = read_manifest(options.bank or default_bank())
    training = JointRun(options.pack, bank, levels, options.work, _amounts(options), report)
    show = options.show
    finished = training.run(
        (options.stop_after or LONGEST_S) - (time.monotonic() - begun),
        (lambda batch: write_sheet(show, batch)) if show else None,
    )
    report(f"The networks are in {options.work}.")
    if not finished:
        report("The training is not finished: the same command goes on with it.")
    return 0


def _amounts(options: argparse.Namespace) -> JointRunOptions:
    from hand_tracking_dsp.compression.distillation.batch_maker import BatchOptions
    from hand_tracking_dsp.compression.distillation.joint_run import JointRunOptions
    from hand_tracking_dsp.compression.torch_device import choose_device

    device = choose_device(options.device, options.threads)
    hands = options.hands or _HANDS[device]
    training = read_joint_training(options, device)
    return JointRunOptions(
        hands=hands,
        empty=round(_EMPTY * hands),
        rendered=options.rendered or round(_RENDERED * hands),
        workers=options.workers,
        kept=options.kept,
        batch=BatchOptions(size=options.batch, clean=options.clean, as_seen=options.as_seen),
        training=training,
    )
