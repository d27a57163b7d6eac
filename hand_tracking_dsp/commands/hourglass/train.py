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

"""hand-tracking-dsp hourglass train: train stacked hourglasses on rendered hands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.hourglass.common import (
    add_device,
    add_samples,
    require_joints,
    require_torch,
)
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.hourglass.network import HourglassNetwork
    from hand_tracking_dsp.compression.hourglass.samples import DepthSamples

_VALIDATED = 512


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_samples(parser, "--samples", "to train on")
    add_samples(parser, "--validation", "to validate on")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="folder of checkpoints; a training is resumed"
    )
    parser.add_argument(
        "--channels",
        type=int,
        nargs=5,
        default=[32, 96, 128, 128, 128],
        metavar="N",
        help="channels of each resolution, from a quarter of the image to a sixty-fourth",
    )
    parser.add_argument("--stacks", type=int, default=1, help="number of hourglasses")
    parser.add_argument(
        "--start",
        type=Path,
        metavar="FILE",
        help="network to begin with, of prune or another training; it may have fewer stacks",
    )
    parser.add_argument("--steps", type=int, default=4000, help="batches")
    parser.add_argument("--batch", type=int, default=64, help="samples in a batch")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--hold", type=float, default=0.4, help="share of the steps before the rate falls")
    parser.add_argument("--check-every", type=int, default=200, help="batches between two validations")
    parser.add_argument("--last-exit", action="store_true", help="supervise the last exit alone")
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Train, or go on where an earlier call was stopped."""
    require_at_least(options, stacks=1, steps=1, batch=2, check_every=1)
    require_between(options, hold=(0, 1), rate=(0, 1))
    device = require_torch(options.device, options.threads)
    from hand_tracking_dsp.compression.hourglass.samples import read_samples
    from hand_tracking_dsp.compression.hourglass.train import HourglassTrainer, HourglassTrainingOptions
    from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast

    training = HourglassTrainingOptions(
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.rate,
        hold=options.hold,
        check_every=options.check_every,
        device=device,
        half=bfloat16_is_fast(device),
        deep=not options.last_exit,
        seed=options.seed,
    )
    samples = read_samples(options.samples)
    validation = read_samples(options.validation).first(_VALIDATED)
    network = _network(options, samples)
    require_joints(samples, network.options, options.samples)
    require_joints(validation, network.options, options.validation)
    console = make_console()
    with WorkProgress(console) as report:
        trainer = HourglassTrainer(network, samples, validation, options.work, training)
        errors = trainer.train(lambda done, of, line: report("training", done, of, line))
    rows = [(name, f"{error:.1f}") for name, error in errors.items()]
    console.print(make_table("Mean joint error on the validation samples", ("exit", "mm"), rows))
    console.print(f"{machine_line()}\nThe network is {options.work / 'checkpoint.pt'}.")
    return 0


def _network(options: argparse.Namespace, samples: DepthSamples) -> HourglassNetwork:
    from hand_tracking_dsp.compression.hourglass.network import HourglassNetwork, HourglassOptions
    from hand_tracking_dsp.compression.hourglass.stacks import with_stacks
    from hand_tracking_dsp.compression.hourglass.train import trained_network

    if options.start is None:
        return HourglassNetwork(
            HourglassOptions(
                tuple(options.channels),
                options.stacks,
                joints=samples.joint_count,
                skeleton=samples.skeleton,
            )
        )
    return with_stacks(trained_network(options.start), options.stacks)
