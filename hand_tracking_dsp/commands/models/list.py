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

"""hand-tracking-dsp models list: print the networks of a bank."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from statistics import mean

from hand_tracking_dsp.commands.arguments import add_bank
from hand_tracking_dsp.commands.output import make_console, make_table
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.losses import DEVIATION, RECALL
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, NearInfo, NetworkInfo, files_of
from hand_tracking_dsp.tracking.profiles import on_this_device


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bank(parser)


def run(options: argparse.Namespace) -> int:
    """Print the networks."""
    print_bank(read_manifest(options.bank or default_bank()))
    return 0


def print_bank(bank: Manifest) -> None:
    """Print a table of the networks of a bank, and which of their files are missing."""
    rows = [row for network in bank.networks for row in _rows(network)]
    headings = ("network", "file", "precision", "sparsity", "parameters", "MMACs", "measured", "ms here")
    console = make_console()
    console.print(make_table(f"Bank {bank.name} in {bank.folder}", headings, rows, left=("file",)))
    for info in bank.files:
        if not os.path.isfile(bank.folder / info.file):  # noqa: PTH113 (says no more where none may be read)
            console.print(f"The network {bank.folder / info.file} is missing: restore the bank's folder.")


def _rows(network: NetworkInfo) -> Iterator[tuple[str, ...]]:
    """Yield a row for each of a network's files; the first has its name and size, too."""
    what = "near palm detector" if isinstance(network, NearInfo) else "palm detector"
    name, sparsity = f"{what} {network.name}", ""
    if isinstance(network, LevelInfo):
        name, sparsity = f"level {network.index} ({network.name})", f"{network.sparsity:.3f}"
    size = [sparsity, f"{network.parameters:,}", f"{network.macs / 1e6:.1f}"]
    for info in files_of(network):
        yield name, info.file, info.precision, *size, _accuracy(info), _time(info)
        name, size = "", [""] * len(size)


def _accuracy(info: NetworkInfo) -> str:
    """Show the mean over the data sets of what was measured of a network, with the first provider."""
    for metric, name in ((DEVIATION, "deviation"), (RECALL, "recall")):
        if found := [one for one in info.accuracy if one.metric == metric]:
            values = [one.value for one in found if one.provider == found[0].provider]
            return f"{name} {mean(values):.2f} %"
    return ""


def _time(info: NetworkInfo) -> str:
    """Show the least time of a network that was measured on this machine, and with which provider."""
    times = [(one.p50_ms, one.provider) for one in info.latency if on_this_device(one)]
    if not times:
        return ""
    least_ms, provider = min(times)
    return f"{least_ms:.2f} {provider.removesuffix('ExecutionProvider')}"
