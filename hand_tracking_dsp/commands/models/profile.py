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

"""hand-tracking-dsp models profile: the time of a bank's networks by kind of operator."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from rich.progress import track

from hand_tracking_dsp.commands.arguments import add_bank, add_option, require_at_least
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table
from hand_tracking_dsp.compression.bank.files import read_fixed_network
from hand_tracking_dsp.compression.bank.operators import KINDS, time_by_kind
from hand_tracking_dsp.compression.bank.verify import runtimes_here
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import NetworkInfo
from hand_tracking_dsp.tracking.precision import Choice, choose


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Runs every network of a bank on the processor, in each backend that is here, as the tracker would "
        "with that backend, and shows in which kinds of operators the time goes."
    )
    add_bank(parser)
    parser.add_argument("--runs", type=int, default=100, help="runs of each (default: %(default)s)")
    for name in ("precision", "threads"):
        add_option(parser, f"--{name}", declaration(RuntimeOptions, name))


def run(options: argparse.Namespace) -> int:
    """Measure and print a table."""
    require_at_least(options, runs=1)
    console = make_console()
    bank = read_manifest(options.bank or default_bank())
    runtimes = [
        RuntimeOptions(runtime.backend, ("cpu",), precision=options.precision, threads=options.threads)
        for runtime in runtimes_here()
        if runtime.backend != "onnxruntime" or runtime.providers == ("cpu",)
    ]
    choices = [choose(network, runtime) for network in bank.networks for runtime in runtimes]
    rows = track(
        _rows(bank, choices, options.runs),
        total=len(choices),
        description="profiling",
        console=console,
        transient=True,
    )
    kinds = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    title = f"Sum over the nodes, medians of {options.runs} runs, and shares of it\n{kinds}\n{machine_line()}"
    headings = ("file", "precision", "runtime", "ms", *KINDS)
    console.print(make_table(title, headings, list(rows), left=("precision", "runtime")))
    return 0


def _rows(bank: Manifest, choices: list[Choice[NetworkInfo]], runs: int) -> Iterator[tuple[str, ...]]:
    for choice in choices:
        times = time_by_kind(read_fixed_network(bank, choice.info), choice.runtime, runs)
        sum_ms = sum(times.values())
        shares = (f"{100 * ms / sum_ms:.1f} %" for ms in times.values())
        yield choice.info.file, choice.precision, choice.provider, f"{sum_ms:.2f}", *shares
