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

"""hand-tracking-dsp hourglass export: make a bank whose levels are the exits of a trained network."""

from __future__ import annotations

import argparse

from hand_tracking_dsp.commands.arguments import add_out, require_at_least
from hand_tracking_dsp.commands.hourglass.common import (
    add_network,
    add_samples,
    choose_exits,
    require_joints,
    require_torch,
)
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_writable
from hand_tracking_dsp.compression.bank.entries import with_latency
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.resources import default_bank, named_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest

_PROVIDER = "onnxruntime/CPUExecutionProvider"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_network(parser)
    add_samples(parser, "--samples", "to measure errors on")
    parser.add_argument(
        "--exits", nargs="+", metavar="NAME", help="exits, for example stack1_l4; all if not given"
    )
    parser.add_argument(
        "--detectors",
        type=named_bank,
        metavar="BANK",
        help="bank whose default palm detector to take; the package's own if not given",
    )
    add_out(parser)
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each exit")


def run(options: argparse.Namespace) -> int:
    """Export the exits and print a table of them."""
    require_at_least(options, runs=1)
    require_writable(options.out, MANIFEST_NAME)
    require_torch()
    from hand_tracking_dsp.compression.hourglass.export import ERROR, export_bank
    from hand_tracking_dsp.compression.hourglass.measure import measure_exits
    from hand_tracking_dsp.compression.hourglass.samples import read_samples
    from hand_tracking_dsp.compression.hourglass.train import trained_network

    network = trained_network(options.network)
    exits = choose_exits(network, options.exits or [str(exit_) for exit_ in network.options.exits])
    samples = read_samples(options.samples)
    require_joints(samples, network.options, options.samples)
    source = read_manifest(options.detectors or default_bank())
    palm = source.detector("")
    palms = {info.file for info in (palm, *palm.variants)}
    files = {name: data for name, data in read_files(source).items() if name in palms}
    bank, levels = export_bank(
        network,
        exits,
        samples,
        f"{options.samples.name}: {samples.skeleton or 'rendered hands'}",
        [palm],
    )
    times = {str(one.exit): one.times for one in measure_exits(network, options.runs)}
    bank = bank.with_levels(
        [with_latency(level, times[level.name].profile(_PROVIDER, 1)) for level in bank.levels]
    )
    write_bank(options.out, bank, {**files, **levels})
    console = make_console()
    rows = [
        (
            str(level.index),
            level.name,
            f"{level.parameters:,}",
            f"{level.macs / 1e6:.1f}",
            f"{next(one.value for one in level.accuracy if one.metric == ERROR):.1f}",
            f"{times[level.name].p50_ms:.2f}",
        )
        for level in bank.levels
    ]
    headings = ("level", "exit", "parameters", "million macs", "error, mm", "ms")
    console.print(make_table(f"Exits, errors on {options.samples}", headings, rows, left=("exit",)))
    console.print(f"{machine_line()}\nThe bank is written into {options.out}.")
    return 0
