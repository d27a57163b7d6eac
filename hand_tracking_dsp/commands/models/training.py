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

"""Options of the commands that train networks in PyTorch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_between
from hand_tracking_dsp.errors import ConfigurationError

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions
    from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions

LONGEST_S = 1e9
"""Longest time of a training, seconds."""


def add_training(
    parser: argparse.ArgumentParser, levels: str, samples: str, *, steps: int, rate: float
) -> None:
    """Declare the options of training.

    Args:
        parser: Parser of the command.
        levels: Levels that are trained if none are given, for the help.
        samples: Help of --samples: what they are.
        steps: Default of --steps.
        rate: Default of --rate.
    """
    parser.add_argument("--levels", type=int, nargs="+", help=f"levels to train; {levels} if not given")
    parser.add_argument("--samples", type=int, default=40960, help=samples)
    parser.add_argument("--steps", type=int, default=steps, help="batches of training for each level")
    parser.add_argument("--batch", type=int, default=64, help="pictures in a batch")
    parser.add_argument("--rate", type=float, default=rate, help="highest learning rate")
    parser.add_argument("--frozen", default="block05", help='last frozen block; "" = train all blocks')
    parser.add_argument("--depthwise", action="store_true", help="train depthwise kernels, too")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=0, help="threads on a CPU; 0 = PyTorch's choice")
    parser.add_argument("--workers", type=int, default=2, help="processes that make samples")
    add_seed(parser)


def check_training(options: argparse.Namespace) -> None:
    """Check the options of training, and that PyTorch is there.

    Raises:
        ConfigurationError: An option is out of range, or PyTorch is not installed.
    """
    require_at_least(options, samples=64, steps=1, batch=1, workers=1)
    require_pytorch()


def require_pytorch() -> None:
    """Check that PyTorch is there.

    Raises:
        ConfigurationError: It is not installed.
    """
    if find_spec("torch") is None:
        msg = "Training needs PyTorch, which is not installed: run 'make setup-lab', or pip install torch."
        raise ConfigurationError(msg)


def read_training(options: argparse.Namespace, *, alpha: float, exact: bool) -> DistillationTrainingOptions:
    """Read the options of training.

    Args:
        options: Parsed options.
        alpha: Weight of exact joints beside a teacher's.
        exact: Whether the labels are no teacher's but exact.
    """
    from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
    from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast, choose_device

    device = choose_device(options.device, options.threads)
    return DistillationTrainingOptions(
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.rate,
        warmup=min(200, options.steps // 4 + 1),
        alpha=alpha,
        device=device,
        half=bfloat16_is_fast(device),
        seed=options.seed,
        exact=exact,
    )


def add_end(parser: argparse.ArgumentParser) -> None:
    """Declare the work folder of a training that goes on where it was stopped, and its end."""
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of what is made; a training is resumed",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="training time of all calls together, at whose end the learning rate is 0; "
        "if neither it nor --steps is given, the training ends with this call",
    )
    parser.add_argument("--steps", type=int, help="batches of training, instead of --minutes")
    parser.add_argument(
        "--stop-after",
        type=float,
        metavar="S",
        help="seconds after which this call ends, with all that it does",
    )


def check_end(options: argparse.Namespace) -> None:
    """Check the end of such a training, its learning rate, and that PyTorch is there.

    Raises:
        ConfigurationError: An option is out of range, there is no end, or PyTorch is not installed.
    """
    require_at_least(options, steps=1)
    require_between(options, minutes=(0.01, 1e6), rate=(1e-7, 1.0), stop_after=(1.0, LONGEST_S))
    if options.minutes is None and options.steps is None and options.stop_after is None:
        msg = "The training has no end: give --minutes, --steps or --stop-after."
        raise ConfigurationError(msg)
    require_pytorch()


def read_joint_training(options: argparse.Namespace, device: str) -> JointTrainingOptions:
    """Read the options of such a training on a device."""
    from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions
    from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast

    training = JointTrainingOptions(
        seconds=LONGEST_S if options.steps else 60 * (options.minutes or 0.0),
        steps=options.steps or 0,
        learning_rate=options.rate,
        checks=options.checks,
        device=device,
        half=bfloat16_is_fast(device),
        seed=options.seed,
    )
    if not options.steps:
        return training
    return replace(training, warmup=min(training.warmup, options.steps // 4 + 1))
