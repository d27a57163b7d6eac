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

"""Options that the commands of this group have in common."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.models.training import require_pytorch
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.pose_benchmark.msra import PEOPLE

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork, HourglassOptions
    from hand_tracking_dsp.compression.hourglass.samples import DepthSamples


def add_samples(parser: argparse.ArgumentParser, flag: str, use: str) -> None:
    """Declare a folder of samples; use says what for."""
    parser.add_argument(flag, type=Path, required=True, metavar="DIR", help=f"folder of samples {use}")


def add_network(parser: argparse.ArgumentParser) -> None:
    """Declare --network, a trained network."""
    parser.add_argument(
        "--network", type=Path, required=True, metavar="FILE", help="checkpoint.pt that train left in --work"
    )


def add_person(parser: argparse.ArgumentParser) -> None:
    """Declare --person, who is tested on in MSRA15."""
    parser.add_argument(
        "--person",
        choices=PEOPLE,
        default=PEOPLE[0],
        help="person of MSRA15 to test on; the others are trained on",
    )


def choose_exits(network: HourglassNetwork, names: Sequence[str]) -> list[Exit]:
    """Return exits of a network by their names.

    Raises:
        ConfigurationError: It has no such exit.
    """
    exits = {str(exit_): exit_ for exit_ in network.options.exits}
    if unknown := [name for name in names if name not in exits]:
        msg = f"The network has no exit {', '.join(unknown)}: choose from {', '.join(exits)}."
        raise ConfigurationError(msg)
    return [exits[name] for name in names]


def require_joints(samples: DepthSamples, options: HourglassOptions, folder: Path) -> None:
    """Check that samples have the joints that a network finds.

    Raises:
        ConfigurationError: They have not.
    """
    if (samples.joint_count, samples.skeleton) != (options.joints, options.skeleton):
        msg = (
            f"{folder} has {samples.joint_count} joints of {samples.skeleton or 'rendered hands'}, but the "
            f"network finds {options.joints} of {options.skeleton or 'rendered hands'}: give such samples."
        )
        raise ConfigurationError(msg)


def add_device(parser: argparse.ArgumentParser) -> None:
    """Declare --device and --threads."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    parser.add_argument("--threads", type=int, default=0, help="threads on a CPU; 0 = PyTorch's choice")


def require_torch(device: str = "cpu", threads: int = 0) -> str:
    """Load PyTorch with so many threads; 0: its own choice.

    Returns:
        The device: cpu or cuda.

    Raises:
        ConfigurationError: It is not installed.
    """
    require_pytorch()
    from hand_tracking_dsp.compression.torch_device import choose_device

    return choose_device(device, threads)
