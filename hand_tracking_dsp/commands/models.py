"""hand-tracking-dsp models: import, list and verify the networks of a level bank."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from hand_tracking_dsp.commands.output import machine, machine_line
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


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
    bank.add_argument("--bank", type=Path, help="folder of the bank; the package's own if not given")
    make = actions.add_parser("import", parents=[wheel], help="rewrite MediaPipe's networks as ONNX")
    make.add_argument("--out", type=Path, default=Path("models/mediapipe"), help="folder of the new bank")
    actions.add_parser("list", parents=[bank], help="print what a bank holds")
    check = actions.add_parser(
        "verify",
        parents=[bank, wheel],
        help="compare the networks with MediaPipe's own files, and time them on this machine",
    )
    check.add_argument("--images", type=Path, help="folder of pictures; synthetic hands if not given")
    check.add_argument("--count", type=int, default=20, help="pictures and noise inputs of each network")
    check.add_argument("--runs", type=int, default=100, help="timed runs of each network")
    check.add_argument("--threads", type=int, default=1, help="threads of a timed network")
    check.add_argument("--update", action="store_true", help="write the times into bank.json")


def run(options: argparse.Namespace) -> int:
    """Run a sub-command; 1 if a network differs from its original by more than is allowed."""
    actions = {"import": _import, "list": _list, "verify": _verify}
    return actions[options.action](options)


def _import(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.lab.mediapipe_bank import make_bank, read_originals

    make_bank(read_originals(options.wheel), options.out)
    options.bank = options.out
    return _list(options)


def _list(options: argparse.Namespace) -> int:
    folder = _folder(options)
    manifest = read_manifest(folder)
    table = Table(title=f"Bank {manifest.name} in {folder}")
    for heading in ("network", "file", "precision", "sparsity", "parameters", "MMACs"):
        table.add_column(heading, justify="left" if heading in {"network", "file"} else "right")
    for level in manifest.levels:
        name = f"level {level.index} ({level.name})"
        table.add_row(name, level.file, level.precision, f"{level.sparsity:.3f}", *_size(level))
    for info in manifest.detectors:
        table.add_row(f"palm detector {info.name}", info.file, info.precision, "", *_size(info))
    Console().print(table)
    return 0


def _size(info: Any) -> tuple[str, str]:  # noqa: ANN401 (a level or a detector)
    return f"{info.parameters:,}", f"{info.macs / 1e6:.1f}"


def _verify(options: argparse.Namespace) -> int:
    from hand_tracking_dsp.lab.mediapipe_bank import read_originals
    from hand_tracking_dsp.lab.verify import LIMITS, compare

    for name in ("count", "runs"):
        if getattr(options, name) < 1:
            msg = f"--{name} is {getattr(options, name)}: it must be at least 1."
            raise ConfigurationError(msg)
    folder = _folder(options)
    console = Console()
    images = _images(options.images, options.count)
    originals = read_originals(options.wheel)
    deviations = compare(folder, originals, images, options.count)
    found = list(track(deviations, description="comparing", console=console, transient=True))
    kind = "pictures" if options.images else "pictures of a synthetic hand"
    inputs = f"{options.count} noise inputs, {len(images)} {kind}"
    table = Table(title=f"Largest deviation from the TensorFlow Lite interpreter, {inputs}")
    for heading in ("network", "runtime", "output", "deviation", "limit", ""):
        table.add_column(heading)
    for item in found:
        limit, unit = LIMITS[item.output]
        verdict = "ok" if item.accepted else "TOO LARGE"
        table.add_row(
            item.file, item.provider, item.output, f"{item.value:.1e} {unit}", f"{limit:.0e}", verdict
        )
    console.print(table)
    _time(options, folder, originals, console)
    return 0 if all(item.accepted for item in found) else 1


def _time(options: argparse.Namespace, folder: Path, originals: dict[str, bytes], console: Console) -> None:
    from hand_tracking_dsp.lab.bank_file import read_bank, write_bank
    from hand_tracking_dsp.lab.verify import TFLITE, installed_backends, time_networks
    from hand_tracking_dsp.tracking.backends import RuntimeOptions

    runtimes = [RuntimeOptions(backend=name, threads=options.threads) for name in installed_backends()]
    if "openvino" in installed_backends():
        runtimes.append(RuntimeOptions(backend="openvino", threads=options.threads, precision="bf16"))
    profiles = list(
        track(
            time_networks(folder, originals, runtimes, options.runs),
            description="timing",
            console=console,
            transient=True,
        )
    )
    table = Table(
        title=f"Time of one run, {options.threads} thread(s), {options.runs} runs in turn\n{machine_line()}"
    )
    for heading in ("network", "runtime", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(heading, justify="right" if heading.endswith("ms") else "left")
    for item in profiles:
        values = (item.p50_ms, item.p95_ms, item.p99_ms)
        table.add_row(item.file, item.provider, *(f"{value:.2f}" for value in values))
    console.print(table)
    if not options.update:
        return
    bank = read_bank(folder)
    for entry in (*bank["levels"], *bank["detectors"]):
        mine = [asdict(item) for item in profiles if item.file == entry["file"] and item.provider != TFLITE]
        entry["latency"] = _merged(entry["latency"], mine, machine()["cpu"])
    write_bank(folder, bank)
    console.print(f"The times are written into {folder / 'bank.json'}.")


def _merged(old: list[dict[str, Any]], new: list[dict[str, Any]], device: str) -> list[dict[str, Any]]:
    """Put new profiles in the place of old ones of the same device, runtime and threads."""

    def key(entry: dict[str, Any]) -> tuple[Any, ...]:
        return entry["device"], entry["provider"], entry["threads"]

    fresh = [{"device": device, **{k: v for k, v in entry.items() if k != "file"}} for entry in new]
    replaced = {key(entry) for entry in fresh}
    return [entry for entry in old if key(entry) not in replaced] + fresh


def _images(folder: Path | None, count: int) -> list[Any]:
    """Read pictures from a folder, or draw synthetic hands."""
    import cv2

    from hand_tracking_dsp.sources.frames import SourceOptions, open_source

    if folder is None:
        # A frame a second: gestures and views differ.
        with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
            frames = [source.read(1.0) for _ in range(count)]
        return [frame.image for frame in frames if frame is not None]
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _IMAGE_SUFFIXES)
    chosen = paths[:: max(1, len(paths) // count)][:count]
    images = [image for path in chosen if (image := cv2.imread(str(path))) is not None]
    if not images:
        msg = f"There is no picture in {folder}: give a folder with .jpg or .png files."
        raise ConfigurationError(msg)
    return images


def _folder(options: argparse.Namespace) -> Path:
    return options.bank or default_bank()
