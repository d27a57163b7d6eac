"""hand-tracking-dsp models: import, list, merge and verify the networks of a level bank."""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean
from typing import Literal

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank, add_out
from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import NetworkInfo, files_of
from hand_tracking_dsp.tracking.precision import DEVIATION, RECALL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    wheel = argparse.ArgumentParser(add_help=False)
    wheel.add_argument(
        "--wheel",
        type=Path,
        help="mediapipe 0.10.21's wheel, or a folder it is unpacked in; fetched with pip if not given",
    )
    bank = argparse.ArgumentParser(add_help=False)
    add_bank(bank)
    make = actions.add_parser("import", parents=[wheel], help="rewrite MediaPipe's networks as ONNX")
    make.add_argument("--out", type=Path, default=Path("models/mediapipe"), help="folder of the new bank")
    actions.add_parser("list", parents=[bank], help="print what a bank holds")
    merge = actions.add_parser("merge", help="put the levels and palm detectors of several banks into one")
    merge.add_argument("banks", type=Path, nargs="+", metavar="BANK", help="folders; the last counts most")
    merge.add_argument("--levels", nargs="+", metavar="NAME", help="levels wanted; all if not given")
    merge.add_argument(
        "--detectors", nargs="+", metavar="NAME", help="palm detectors wanted, the default one first"
    )
    merge.add_argument("--name", help="of the new bank; its folder's if not given")
    add_out(merge)
    check = actions.add_parser(
        "verify",
        parents=[bank, wheel],
        help="compare what the networks say on this machine with what bank.json says of them, and time them",
        description="Runs every network of a bank in each of its files on each backend and in each "
        "arithmetic that is here, compares it with the bank's dense network and times it. The networks of "
        "MediaPipe's own bank are compared with the original TensorFlow Lite files, too.",
    )
    check.add_argument("--images", type=Path, help="folder of pictures; synthetic hands if not given")
    check.add_argument("--count", type=int, default=40, help="pictures (default: %(default)s)")
    check.add_argument("--runs", type=int, default=100, help="timed runs of each (default: %(default)s)")
    check.add_argument(
        "--threads", type=int, nargs="+", default=[1], help="threads of a timed network, one or more numbers"
    )
    check.add_argument(
        "--update", action="store_true", help="write this machine's times and results into bank.json"
    )


def run(options: argparse.Namespace) -> int:
    """Run a sub-command; 1 if a network does not do what it should."""
    actions = {"import": _import, "list": _list, "merge": _merge, "verify": _verify}
    return actions[options.action](options)


def _import(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.lab.mediapipe_bank import make_bank, read_originals

    make_bank(read_originals(options.wheel), options.out)
    options.bank = options.out
    return _list(options)


def _merge(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.lab.bank_file import write_bank_files
    from hand_tracking_dsp.lab.bank_merge import merge_banks

    bank, files = merge_banks(
        options.banks, options.name or options.out.resolve().name, options.levels, options.detectors
    )
    write_bank_files(options.out, bank, files)
    options.bank = options.out
    return _list(options)


def _list(options: argparse.Namespace) -> int:
    folder = _folder(options)
    manifest = read_manifest(folder)
    table = Table(title=f"Bank {manifest.name} in {folder}")
    for heading in ("network", "file", "precision", "sparsity", "parameters", "MMACs", "measured", "ms here"):
        justify: Literal["left", "right"] = "left" if heading in {"network", "file"} else "right"
        table.add_column(heading, justify=justify, overflow="fold")
    for level in manifest.levels:
        _add_rows(table, level, f"level {level.index} ({level.name})", f"{level.sparsity:.3f}")
    for detector in manifest.detectors:
        _add_rows(table, detector, f"palm detector {detector.name}", "")
    make_console().print(table)
    return 0


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


def _verify(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.commands.models_verify import verify

    return verify(_folder(options), options)


def _folder(options: argparse.Namespace) -> Path:
    return options.bank or default_bank()
