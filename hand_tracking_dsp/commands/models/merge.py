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

"""hand-tracking-dsp models merge: put the levels and palm detectors of several banks into one."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import add_out
from hand_tracking_dsp.commands.models.list import print_bank
from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.merge import merge_banks
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("banks", type=Path, nargs="+", metavar="BANK", help="folders; the last counts most")
    parser.add_argument("--levels", nargs="+", metavar="NAME", help="levels wanted; all if not given")
    parser.add_argument(
        "--detectors", nargs="+", metavar="NAME", help="palm detectors wanted, the default one first"
    )
    parser.add_argument("--name", help="name of the new bank; its folder's if not given")
    add_out(parser)


def run(options: argparse.Namespace) -> int:
    """Make the bank and print it."""
    require_writable(options.out, MANIFEST_NAME)
    bank, files = merge_banks(
        options.banks, options.name or options.out.resolve().name, options.levels, options.detectors
    )
    print_bank(write_bank(options.out, bank, files))
    return 0
