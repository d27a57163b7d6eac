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

"""hand-tracking-dsp models train-palm: train a palm detector that is smaller than the dense one.

It prints plain lines and needs neither rich nor matplotlib, so that it runs where little but PyTorch is.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from hand_tracking_dsp.commands.arguments import (
    add_images,
    add_original_bank,
    add_seed,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.commands.models.training import LONGEST_S, add_end, check_end, read_joint_training
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Prunes a bank's first palm detector and trains the smaller one towards it, on frames of "
        "192 and 128 pixels; where no hand is, it learns to see none. The last quarter of each folder is "
        "held out to measure on. The same command goes on where it was stopped; 'models prune-palm "
        "--trained' makes a bank of what it leaves."
    )
    add_original_bank(parser)
    add_images(parser)
    parser.add_argument(
        "--empty",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders of pictures without a hand, faces above all",
    )
    add_end(parser)
    parser.add_argument(
        "--without",
        nargs="*",
        default=["block01", "block03"],
        metavar="BLOCK",
        help="residual blocks to take out first; block01 block03 if not given",
    )
    parser.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="work folder of an earlier training, with whose detector to begin instead of pruning one",
    )
    parser.add_argument(
        "--depthwise", action="store_true", help="train depthwise kernels, too; slow on a CPU"
    )
    parser.add_argument("--pictures", type=int, default=6000, help="pictures of hands at most")
    parser.add_argument("--batch", type=int, default=64, help="frames in a batch")
    parser.add_argument("--rate", type=float, default=1e-4, help="highest learning rate")
    parser.add_argument("--checks", type=int, default=8, help="validations, evenly spread over the training")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to train on"
    )
    parser.add_argument("--threads", type=int, default=0, help="threads on a CPU; 0 = PyTorch's choice")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train for as long as there is time, and write the detector into the work folder."""
    begun = time.monotonic()
    require_at_least(options, batch=4, pictures=32, checks=1, threads=0)
    check_end(options)
    from hand_tracking_dsp.compression.distillation.palm_frames import FrameOptions
    from hand_tracking_dsp.compression.distillation.palm_run import PalmTraining, PalmTrainingOptions
    from hand_tracking_dsp.compression.torch_device import choose_device

    def report(line: str) -> None:
        print(f"[{time.monotonic() - begun:7.1f} s] {line}", flush=True)

    settings = PalmTrainingOptions(
        without=tuple(options.without),
        depthwise=options.depthwise,
        pictures=options.pictures,
        start=options.start,
        frames=FrameOptions(size=options.batch),
        training=read_joint_training(options, choose_device(options.device, options.threads)),
        limit=read_image_limit(options, *options.images, *options.empty),
    )
    bank = read_manifest(options.bank or original_bank())
    training = PalmTraining(bank, options.images, options.empty, options.work, settings, report)
    finished = training.run((options.stop_after or LONGEST_S) - (time.monotonic() - begun))
    report(f"The detector is in {options.work}.")
    if not finished:
        report("The training is not finished: the same command goes on with it.")
    return 0
