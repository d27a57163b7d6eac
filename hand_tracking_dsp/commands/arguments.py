"""Options that several sub-commands have, declared and checked alike."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import Progress

from hand_tracking_dsp.compression.data.crops import Crops, HandFinder, collect_crops
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_device_model
from hand_tracking_dsp.rl.simulation.default_device import default_device
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.tracking.manifest import Manifest


def add_bank(parser: argparse.ArgumentParser, default: str = "the package's own") -> None:
    """Declare --bank, the bank that is read; default says which one that is where none is given."""
    parser.add_argument("--bank", type=Path, help=f"folder of the bank; {default} if not given")


def add_wheel(parser: argparse.ArgumentParser) -> None:
    """Declare --wheel, where MediaPipe's own networks come from."""
    parser.add_argument(
        "--wheel",
        type=Path,
        help="mediapipe 0.10.21's wheel, or a folder it is unpacked in; fetched with pip if not given",
    )


def add_original_bank(parser: argparse.ArgumentParser) -> None:
    """Declare --bank for what begins with networks that nothing was taken from."""
    add_bank(parser, "that of MediaPipe's networks")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Declare --device, the simulated device that policies are trained and evaluated on."""
    parser.add_argument(
        "--device",
        type=Path,
        help="device.json of 'policy fit-device'; if not given, the package's own, or --bank's",
    )


def read_device(options: argparse.Namespace, bank: Manifest) -> DeviceModel:
    """Read --device.

    Raises:
        ModelError: It cannot be used, or the bank lacks the figures to make one.
    """
    if options.device or not options.bank:
        return DeviceModel.from_json(options.device or default_device_model())
    return default_device(bank)


def add_images(parser: argparse.ArgumentParser, use: str = "") -> None:
    """Declare --images, one folder or more; use says what for."""
    meaning = f"folders of pictures of hands{use and '; '}{use}"
    parser.add_argument("--images", type=Path, nargs="+", required=True, metavar="DIR", help=meaning)


def add_out(parser: argparse.ArgumentParser) -> None:
    """Declare --out, the bank that is written."""
    parser.add_argument("--out", type=Path, required=True, metavar="BANK", help="folder of the new bank")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Declare --seed."""
    parser.add_argument("--seed", type=int, default=0, help="of everything random")


def require_at_least(options: argparse.Namespace, **least: float) -> None:
    """Check options that count something; one that was not given passes.

    Args:
        options: As parsed.
        least: The smallest number allowed, by the option's name.

    Raises:
        ConfigurationError: An option is smaller.
    """
    for name, value in least.items():
        given = getattr(options, name)
        if given is not None and given < value:
            msg = f"--{name.replace('_', '-')} is {given}: it must be at least {value}."
            raise ConfigurationError(msg)


def require_threads(options: argparse.Namespace) -> None:
    """Check --threads, a list in which 0 is the backend's choice.

    Raises:
        ConfigurationError: One is negative.
    """
    if min(options.threads) < 0:
        msg = f"--threads is {min(options.threads)}: it must be at least 0 (the backend's choice)."
        raise ConfigurationError(msg)


def cut_hands(options: argparse.Namespace, progress: Progress, finder: HandFinder | None = None) -> Crops:
    """Cut --count hands out of --images, by --seed, and show how far it is.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures show too few hands.
    """
    task = progress.add_task("cutting hands out", total=options.count)
    crops = collect_crops(
        options.images,
        options.count,
        options.seed,
        finder=finder,
        on_progress=lambda done, _: progress.update(task, completed=done),
    )
    progress.remove_task(task)
    return crops
