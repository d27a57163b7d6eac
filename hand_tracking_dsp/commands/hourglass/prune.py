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

"""hand-tracking-dsp hourglass prune: take stacks and channels out of a network, by their L1 norms."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import require_at_least, require_between
from hand_tracking_dsp.commands.hourglass.common import add_network, require_torch
from hand_tracking_dsp.commands.output import make_console, make_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_network(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="pruned network, for --start of train"
    )
    parser.add_argument("--stacks", type=int, default=1, help="stacks to keep, those of the largest norms")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the blocks' channels to keep")


def run(options: argparse.Namespace) -> int:
    """Print the norms of each stack's blocks, and write the pruned network."""
    require_at_least(options, stacks=1)
    require_between(options, keep=(0.01, 1))
    require_torch()
    from hand_tracking_dsp.compression.hourglass.network import count_parameters
    from hand_tracking_dsp.compression.hourglass.stacks import (
        block_norms,
        narrowed,
        weakest_stack,
        without_stack,
    )
    from hand_tracking_dsp.compression.hourglass.train import trained_network, write_network

    network = trained_network(options.network)
    before = count_parameters(network)
    norms = block_norms(network)
    rows = [(name, *(f"{blocks[name]:.0f}" for blocks in norms)) for name in norms[0]]
    rows.append(("all", *(f"{sum(blocks.values()):.0f}" for blocks in norms)))
    headings = ("block", *(f"stack {number}" for number in range(1, len(norms) + 1)))
    console = make_console()
    console.print(make_table("L1 norms of the blocks", headings, rows))
    while network.options.stacks > options.stacks:
        network = without_stack(network, weakest_stack(network))
    if options.keep < 1:
        network = narrowed(network, options.keep)
    write_network(network, options.out)
    after = count_parameters(network)
    console.print(
        f"{after:,} of {before:,} parameters are left in {options.out}: train it with --start {options.out}."
    )
    return 0
