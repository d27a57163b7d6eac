"""hand-tracking-dsp models list: print the networks of a bank."""

from __future__ import annotations

import argparse
from statistics import mean
from typing import Literal

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank
from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import NetworkInfo, files_of
from hand_tracking_dsp.tracking.precision import DEVIATION, RECALL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bank(parser)


def run(options: argparse.Namespace) -> int:
    """Print the networks."""
    print_bank(read_manifest(options.bank or default_bank()))
    return 0


def print_bank(bank: Manifest) -> None:
    """Print a table of the networks of a bank."""
    table = Table(title=f"Bank {bank.name} in {bank.folder}")
    for heading in ("network", "file", "precision", "sparsity", "parameters", "MMACs", "measured", "ms here"):
        justify: Literal["left", "right"] = "left" if heading in {"network", "file"} else "right"
        table.add_column(heading, justify=justify, overflow="fold")
    for level in bank.levels:
        _add_rows(table, level, f"level {level.index} ({level.name})", f"{level.sparsity:.3f}")
    for detector in bank.detectors:
        _add_rows(table, detector, f"palm detector {detector.name}", "")
    make_console().print(table)


def _add_rows(table: Table, network: NetworkInfo, name: str, sparsity: str) -> None:
    """Add a row for each of a network's files."""
    size = sparsity, f"{network.parameters:,}", f"{network.macs / 1e6:.1f}"
    for info in files_of(network):
        table.add_row(name, info.file, info.precision, *size, _accuracy(info), _time(info))
        name, size = "", ("", "", "")


def _accuracy(info: NetworkInfo) -> str:
    """Show the mean over the data sets of what was measured of a network, with the first provider."""
    for metric, name in ((DEVIATION, "deviation"), (RECALL, "recall")):
        if found := [one for one in info.accuracy if one.metric == metric]:
            values = [one.value for one in found if one.provider == found[0].provider]
            return f"{name} {mean(values):.2f} %"
    return ""


def _time(info: NetworkInfo) -> str:
    """Show the least time of a network that was measured on this machine."""
    times = [one.p50_ms for one in info.latency if one.device == device_name()]
    return f"{min(times):.2f}" if times else ""
