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

"""hand-tracking-dsp models convert: let the networks of a bank take a camera's bytes instead of floats."""

from __future__ import annotations

import argparse
from dataclasses import replace

from rich.progress import track

from hand_tracking_dsp.commands.arguments import add_bank, add_out
from hand_tracking_dsp.commands.output import make_console, require_writable
from hand_tracking_dsp.compression.bank.byte_input import largest_difference, with_byte_input
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Writes a bank whose networks take a camera's bytes instead of floats, so that the tracker has less "
        "to do for each hand. What they compute stays the same to the last bit, and policies that were "
        "trained for the bank stay usable."
    )
    add_bank(parser)
    add_out(parser)
    parser.add_argument(
        "--keep", nargs="+", default=[], metavar="FILE", help="files of the bank that go on taking floats"
    )


def run(options: argparse.Namespace) -> int:
    """Convert every network, check that it computes the same, and write the bank."""
    require_writable(options.out, MANIFEST_NAME)
    console = make_console()
    bank = read_manifest(options.bank or default_bank())
    files = read_files(bank)
    if unknown := sorted(set(options.keep) - set(files)):
        msg = f"The bank {bank.name} has no {', '.join(unknown)} to keep: choose from {', '.join(files)}."
        raise ConfigurationError(msg)
    changed = {name: data for name, data in files.items() if name not in options.keep}
    for name, data in track(changed.items(), description="converting", console=console, transient=True):
        difference = largest_difference(data, with_byte_input(data, name), name)
        if difference != 0:
            msg = (
                f"The network {name} changes by {difference:.2g} where it takes bytes, so that nothing is "
                f"written: keep the bank as it is, and report this network."
            )
            raise ModelError(msg)
    write_bank(options.out, replace(bank, schema=BYTE_INPUT), files, options.keep)
    console.print(
        f"{len(changed)} networks take bytes and compute the same to the last bit; the bank is written into "
        f"{options.out}."
    )
    return 0
