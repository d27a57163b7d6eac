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

"""Options that several sub-commands have, declared and checked alike."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.options import OptionsType, Parameter, Value, declaration, make_options
from hand_tracking_dsp.resources import default_device_model, named_bank
from hand_tracking_dsp.tracking.manifest import Manifest

if TYPE_CHECKING:
    from rich.progress import Progress

    from hand_tracking_dsp.compression.data.crops import Crops, HandFinder
    from hand_tracking_dsp.rl.simulation.device import DeviceModel

_LONGEST_UNIT = 2


def add_option(
    parser: argparse._ActionsContainer,
    flag: str,
    declared: Parameter,
    **changes: Any,  # noqa: ANN401 (whatever add_argument takes)
) -> None:
    """Declare an option whose type, help, default, range and choices are those of a declared value.

    It is parsed into the attribute of the value's name, and a value out of range is refused in the sentence
    that nodes and dataclasses use.

    Args:
        parser: Parser, or a group of its options.
        flag: Option, for example "--rate".
        declared: Declaration, as options.declaration gives it.
        changes: Arguments of add_argument that shall differ.
    """
    default = declared.default
    text = f"{declared.description[0].lower()}{declared.description[1:].rstrip('.')}".replace("%", "%%")
    arguments: dict[str, Any] = {"dest": declared.name, "default": default, "help": text}
    if isinstance(default, bool):
        arguments["action"] = "store_false" if default else "store_true"
    else:
        given = changes.get("default") or default
        shown = f"{given:.10g}" if isinstance(given, float) else given
        limits = [] if declared.choices or not declared.allowed else [declared.allowed]
        arguments["help"] = f"{text} ({'; '.join([*limits, f'default: {shown}'])})".replace(" %", " %%")
        if declared.choices:
            arguments["choices"] = declared.choices
        else:
            unit = declared.unit.upper()
            arguments["metavar"] = unit if 0 < len(unit) <= _LONGEST_UNIT else "N"
            arguments["type"] = _reader(flag, declared)
    parser.add_argument(flag, **{**arguments, **changes})


def _reader(flag: str, declared: Parameter) -> Callable[[str], Value]:
    kind = type(declared.default)

    def read(text: str) -> Value:
        return declared.accept(kind(text), flag)

    read.__name__ = kind.__name__  # argparse names it where the text is not of this type
    return read


def options_from(parsed: argparse.Namespace, kind: type[OptionsType]) -> OptionsType:
    """Make a dataclass of what was given by options that add_option declared for its fields.

    Raises:
        ConfigurationError: The values do not fit each other.
    """
    return make_options(kind, {name: value for name, value in vars(parsed).items() if value is not None})


def add_bank(parser: argparse.ArgumentParser, default: str = "the package's own") -> None:
    """Declare --bank, the bank that is read; default says which one that is where none is given."""
    parser.add_argument(
        "--bank",
        type=named_bank,
        help=f"folder of the bank, or depth or hourglass for one of the package's; {default} if not given",
    )


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
    # A robot's commands need not wait for this import.
    from hand_tracking_dsp.rl.simulation.default_device import default_device
    from hand_tracking_dsp.rl.simulation.device import DeviceModel

    if options.device or not options.bank:
        device = DeviceModel.from_json(options.device or default_device_model())
        return replace(device, bank_points=bank.operating_points or ())
    return default_device(bank)


def add_images(parser: argparse.ArgumentParser, use: str = "") -> None:
    """Declare --images, one folder or more; use says what for."""
    meaning = f"folders of pictures of hands{use and '; '}{use}"
    parser.add_argument("--images", type=Path, nargs="+", required=True, metavar="DIR", help=meaning)
    add_image_limit(parser)


def add_clips(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Declare --clips, none or more paths, which mean something."""
    parser.add_argument("--clips", type=Path, nargs="+", default=[], metavar="PATH", help=meaning)


def add_image_options(parser: argparse._ActionsContainer) -> None:
    """Declare the limit of the images that are read, and their conversions: the fields of ImageOptions."""
    for name in ("max_image_megapixels", "value_bits", "range_images", "depth_near_m", "depth_far_m"):
        add_option(parser, f"--{name.replace('_', '-')}", declaration(ImageOptions, name))


def add_image_limit(parser: argparse._ActionsContainer) -> None:
    """Declare the limit of the pictures that are read, alone."""
    add_option(parser, "--max-image-megapixels", declaration(ImageOptions, "max_image_megapixels"))


def read_image_limit(options: argparse.Namespace, *folders: Path) -> ImageOptions:
    """Read --max-image-megapixels, and print which pictures of folders are passed over for their kind."""
    # A robot's commands need not wait for this import.
    from hand_tracking_dsp.cameras.folder import passed_over

    for folder in folders:
        if sentence := passed_over(folder):
            print(f"hand-tracking-dsp: {sentence}", file=sys.stderr)
    return options_from(options, ImageOptions)


def name_unreadable() -> Callable[[Path], None]:
    """Return a function that says of a picture that it cannot be read; it says so once of each."""
    named: set[Path] = set()

    def say(path: Path) -> None:
        if path not in named:
            named.add(path)
            print(f"{visible(str(path))} cannot be read, and is left out.")

    return say


def add_out(parser: argparse.ArgumentParser) -> None:
    """Declare --out, the bank that is written."""
    parser.add_argument("--out", type=Path, required=True, metavar="BANK", help="folder of the new bank")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Declare --seed."""
    parser.add_argument("--seed", type=int, default=0, help="seed of all random numbers")


def add_cluster(parser: argparse._ActionsContainer, work: str) -> None:
    """Declare --cluster; work says what runs there."""
    parser.add_argument(
        "--cluster", default="", metavar="ADDRESS", help=f"address of a Dask scheduler to run {work} on"
    )


def add_executor(parser: argparse.ArgumentParser, work: str) -> None:
    """Declare --workers and --cluster, where work runs."""
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: one for each core")
    add_cluster(parser, work)


def read_executor(options: argparse.Namespace) -> Executor:
    """Read --workers and --cluster.

    Raises:
        ConfigurationError: The number of processes is negative.
    """
    require_at_least(options, workers=0)
    return Executor(options.workers, options.cluster)


def require_at_least(options: argparse.Namespace, **least: float) -> None:
    """Check options that count something; one that was not given passes.

    Raises:
        ConfigurationError: An option is smaller.
    """
    for name, value in least.items():
        given = getattr(options, name)
        if given is not None and given < value:
            msg = f"--{name.replace('_', '-')} is {given}: it must be at least {value}."
            raise ConfigurationError(msg)


def require_between(options: argparse.Namespace, **limits: tuple[float, float]) -> None:
    """Check that options lie within limits; one that was not given passes.

    Raises:
        ConfigurationError: An option lies outside them.
    """
    for name, (low, high) in limits.items():
        given = getattr(options, name)
        if given is not None and not low <= given <= high:
            msg = f"--{name.replace('_', '-')} is {given:g}: choose {low:g} to {high:g}."
            raise ConfigurationError(msg)


def require_other_folder(out: Path, bank: Path, option: str = "--out") -> None:
    """Check that the folder that an option names is not the bank that is read.

    Raises:
        ConfigurationError: It is.
    """
    if out.resolve() == bank.resolve():
        msg = f"{option} {out} is the bank that is read: choose another folder."
        raise ConfigurationError(msg)


def require_threads(options: argparse.Namespace) -> None:
    """Check --threads, a list in which 0 is the backend's choice.

    Raises:
        ConfigurationError: One is negative, or more than a backend is given.
    """
    # A robot's commands need not wait for this import.
    from hand_tracking_dsp.tracking.backends import RuntimeOptions

    most = declaration(RuntimeOptions, "threads").high
    if max(options.threads) > most:
        msg = f"--threads is {max(options.threads)}: it must be at most {most:g}."
        raise ConfigurationError(msg)
    if min(options.threads) < 0:
        msg = f"--threads is {min(options.threads)}: it must be at least 0 (the backend's choice)."
        raise ConfigurationError(msg)


def cut_hands(options: argparse.Namespace, progress: Progress, finder: HandFinder | None = None) -> Crops:
    """Cut --count hands out of --images, by --seed, and show how far it is.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures show too few hands.
    """
    # A robot's commands need not wait for this import.
    from hand_tracking_dsp.compression.data.crops import collect_crops

    task = progress.add_task("cutting hands out", total=options.count)
    crops = collect_crops(
        options.images,
        options.count,
        options.seed,
        finder=finder,
        on_progress=lambda done, _: progress.update(task, completed=done),
        limit=read_image_limit(options, *options.images),
        on_unreadable=name_unreadable(),
    )
    progress.remove_task(task)
    return crops
