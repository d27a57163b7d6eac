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

"""Pictures that nothing is learned from, as options of the commands that measure a bank on them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    add_seed,
    name_unreadable,
    read_image_limit,
    require_at_least,
)
from hand_tracking_dsp.compression.bank.hold_out import FileOutputs, HoldOutCrops, dense_file, level_files
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops, HandFinder, cut_crops
from hand_tracking_dsp.compression.data.empty_crops import cut_empty
from hand_tracking_dsp.compression.data.packed_crops import packed_crops
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.compression.data.pictures import list_pictures, spread
from hand_tracking_dsp.compression.statues.pictures import sees_statues
from hand_tracking_dsp.compression.statues.rendered_hands import exact_crops
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network


def add_held_out(parser: argparse.ArgumentParser) -> None:
    """Declare the bank, its pictures, and the folder of the results."""
    add_bank(parser)
    for name, meaning in (
        ("--hands", "folders of pictures of hands, a data set each"),
        ("--empty", "folders of pictures without a hand: faces, arms, animals, rooms"),
    ):
        parser.add_argument(name, type=Path, nargs="+", default=[], metavar="DIR", help=meaning)
    parser.add_argument(
        "--pack", type=Path, metavar="FILE", help="packed pictures, of which those to measure on are used"
    )
    add_image_limit(parser)
    parser.add_argument("--count", type=int, default=200, help="crops of each folder (default: %(default)s)")
    parser.add_argument(
        "--rendered", type=int, default=100, help="rendered hands, whose joints are exact; 0: none"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the results as JSON and plots; not written if not given",
    )
    add_seed(parser)


def read_held_out(options: argparse.Namespace, bank: Manifest, *, needs_empty: bool = False) -> HoldOutCrops:
    """Cut the crops out.

    Raises:
        ConfigurationError: There are no pictures of hands, or none without where they are needed, or the bank
            sees depth.
        SourceError: A folder is missing or holds no picture.
    """
    require_at_least(options, count=1, rendered=0, seed=0)
    require_images(bank)
    hands, empty = _crops(options, read_image_limit(options, *options.hands, *options.empty))
    if hands is None:
        msg = "There are no pictures of hands: give folders by --hands, or packed pictures by --pack."
        raise ConfigurationError(msg)
    if empty is None and needs_empty:
        msg = "There are no pictures without a hand: give folders by --empty, or packed pictures by --pack."
        raise ConfigurationError(msg)
    info = dense_file(bank)
    dense = open_exact(read_network(bank, info), info.file)
    rendered = exact_crops(options.rendered, options.seed) if options.rendered else None
    return HoldOutCrops.make(hands, empty, dense, rendered, options.seed)


def require_images(bank: Manifest) -> None:
    """Check that the levels of a bank see images.

    Raises:
        ConfigurationError: They see depth.
    """
    if sees_statues(bank) or any(level.depth for level in bank.levels):
        msg = (
            f"The bank {bank.name} sees depth, which pictures have not: give a bank whose levels see images."
        )
        raise ConfigurationError(msg)


def run_files(bank: Manifest, held_out: HoldOutCrops, console: Console) -> list[FileOutputs]:
    """Run every file of every level on the crops, in the arithmetic that it is written in.

    Outputs that cannot be used are told on the console.

    Raises:
        ModelError: A file is missing, damaged or another one.
        BackendError: ONNX Runtime refuses a file.
    """
    files = track(level_files(bank), "measuring", console=console, transient=True)
    found = [
        FileOutputs.of(info, open_exact(read_network(bank, info), info.file), held_out) for info in files
    ]
    for one in found:
        if one.unusable:
            console.print(
                f"Level {one.info.index} ({one.info.name}) answers {one.unusable} of {len(one.presence)} "
                f"regions with unusable outputs in {one.info.file}, which count as no hand: export it again.",
                highlight=False,
            )
    return found


def _crops(options: argparse.Namespace, limit: ImageOptions) -> tuple[Crops | None, Crops | None]:
    """Cut hands, and regions without one."""
    hands, empty = _packed(options.pack) if options.pack else ([], [])
    if options.hands or options.empty:
        finder, say = HandFinder.load(), name_unreadable()
        for folder in options.hands:
            pictures = spread([list_pictures(folder, limit, say)])
            hands.append(cut_crops(pictures, options.count, options.seed, least=1, finder=finder))
        for folder in options.empty:
            pictures = spread([list_pictures(folder, limit, say)])
            empty.append(cut_empty(pictures, options.count, options.seed, finder))
    return _together(hands), _together(empty)


def _packed(path: Path) -> tuple[list[Crops], list[Crops]]:
    kinds = (PictureKind.CROP, PictureKind.EMPTY_CROP)
    pictures = read_pack(path, kinds)
    hands, empty = ([*packed_crops(pictures, kind).values()] for kind in kinds)
    return hands, empty


def _together(parts: list[Crops]) -> Crops | None:
    if not parts:
        return None
    return Crops(
        np.concatenate([part.images for part in parts]),
        tuple(name for part in parts for name in part.sources),
        tuple(name for part in parts for name in part.groups),
    )
