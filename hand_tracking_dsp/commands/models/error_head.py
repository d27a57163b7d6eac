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

"""hand-tracking-dsp models error-head: let the levels of a bank say how far off their landmarks are."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_out,
    add_seed,
    require_at_least,
    require_other_folder,
)
from hand_tracking_dsp.commands.models.held_out import require_images
from hand_tracking_dsp.commands.models.output import NOTE, WorkProgress
from hand_tracking_dsp.commands.models.training import require_pytorch
from hand_tracking_dsp.commands.output import make_console, require_writable
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack_with
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

_NEEDED = {PictureKind.HAND: "hands", PictureKind.EMPTY: "pictures without a hand"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Gives every file of every level of a bank the output error_percent, the deviation to be expected of "
        "its landmarks: two layers on the features that it has, fitted to its own distance from the dense "
        "network on covered and changed crops of a pack. Nothing else of what it computes changes. No GPU is "
        "needed."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    add_bank(parser)
    parser.add_argument(
        "--hands", type=int, default=8192, help="crops of real hands to cut out (default: %(default)s)"
    )
    parser.add_argument(
        "--rendered",
        type=int,
        default=1024,
        help="rendered hands, whose joints are exact; 0: none (default: %(default)s)",
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=16384,
        help="covered and changed crops to run every file on (default: %(default)s)",
    )
    add_out(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Fit the heads and write the bank.

    Raises:
        ConfigurationError: An option or the pack cannot be used, or the bank sees depth.
        ModelError: The bank cannot be used.
        OutputError: The bank cannot be written.
    """
    require_at_least(options, hands=64, rendered=0, samples=256, seed=0)
    folder = options.bank or default_bank()
    require_other_folder(options.out, folder)
    require_pytorch()
    require_writable(options.out, MANIFEST_NAME)
    from hand_tracking_dsp.compression.distillation.error_bank import ErrorFitOptions, write_error_heads

    bank = read_manifest(folder)
    require_images(bank)
    pictures = read_pack_with(options.pack, _NEEDED)
    amounts = ErrorFitOptions(options.hands, options.rendered, options.samples, options.seed)
    console = make_console()
    with WorkProgress(console) as progress:
        write_error_heads(
            bank, pictures, options.out, amounts, lambda work, done, of: progress(work, done, of, "")
        )
    console.print(
        f"{NOTE}\nThe bank is written into {options.out}. How well its levels know is printed by 'models "
        f"measure'; policies have to be trained for it again."
    )
    return 0
