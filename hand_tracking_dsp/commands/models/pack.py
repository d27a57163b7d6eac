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

"""hand-tracking-dsp models pack: gather pictures of hands, and of what is none, in one file to train on."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_image_limit,
    add_seed,
    read_image_limit,
    require_at_least,
    require_between,
)
from hand_tracking_dsp.commands.output import (
    make_console,
    make_table,
    print_problems,
    progress_bars,
    require_writable,
)
from hand_tracking_dsp.compression.data.pack_pictures import PackOptions, PicturePacker, SourceCounts
from hand_tracking_dsp.compression.data.picture_pack import hold_out_end, write_pack
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.workload.clips import Clip
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.types import Image

_FRAME_EVERY_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Gathers small pictures of hands, of places beside them and of what is no hand, and sets to measure "
        "on, in one file for 'models train'. The last pictures of each folder are held out to measure on."
    )
    for flag, meaning in (
        ("--hands", "folders of pictures of hands, each a data set"),
        ("--empty", "folders of pictures without a hand: faces, arms, feet, rooms"),
        ("--videos", "videos without a hand"),
    ):
        metavar = "FILE" if flag == "--videos" else "DIR"
        parser.add_argument(flag, type=Path, nargs="+", default=[], metavar=metavar, help=meaning)
    for flag, meaning in (
        ("--validation", "further folders of pictures of hands, to measure on alone"),
        ("--empty-validation", "the same of pictures without a hand"),
    ):
        parser.add_argument(flag, nargs="+", default=[], metavar="NAME=DIR", help=meaning)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the pack, .npz")
    parser.add_argument("--most", type=int, default=1500, help="hands, or places without one, of each folder")
    parser.add_argument("--beside", type=int, default=300, help="places beside hands of each folder")
    parser.add_argument("--measured", type=int, default=200, help="regions of each set to measure on")
    parser.add_argument(
        "--held-out",
        type=float,
        default=0.15,
        metavar="SHARE",
        help="share of each folder, 0 to 0.5; 0: none",
    )
    add_image_limit(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Pack folder after folder, print what was taken and what was left out, and write the file."""
    require_at_least(options, most=1, beside=0, measured=1)
    require_between(options, held_out=(0, 0.5))
    if not options.hands:
        msg = "There is nothing to train on: give folders of pictures of hands with --hands."
        raise ConfigurationError(msg)
    named = [_named(text) for text in options.validation]
    named_empty = [_named(text) for text in options.empty_validation]
    require_writable(options.out)
    limit = read_image_limit(options, *options.hands, *options.empty)
    hands = [list_pictures(folder, limit) for folder in options.hands]
    empty = [list_pictures(folder, limit) for folder in options.empty]
    console = make_console()
    amounts = PackOptions(options.most, options.beside, options.measured, seed=options.seed)
    with progress_bars(console) as report:
        packer = PicturePacker.load(amounts, report)
        held = _held_out_and_packed(hands, packer.add_hands, options.held_out)
        held_empty = _held_out_and_packed(empty, packer.add_empty, options.held_out)
        for video in options.videos:
            packer.add_frames(video.stem, _frames(video, limit))
        for pictures in (*held, *(_listed(name, folder, limit) for name, folder in named)):
            packer.measure_hands(pictures)
        for pictures in (*held_empty, *(_listed(name, folder, limit) for name, folder in named_empty)):
            packer.measure_empty(pictures)
    write_pack(options.out, packer.pictures)
    console.print(_table(packer.counts))
    for path in chain.from_iterable(one.unreadable for one in packer.counts):
        console.print(f"{path} cannot be read, and is left out.")
    size = sum(one.size_bytes for one in packer.counts) / 1e6
    console.print(f"{len(packer.pictures)} pictures, {size:.1f} MB, are written into {options.out}.")
    return 0


def _named(text: str) -> tuple[str, Path]:
    """Read NAME=DIR."""
    name, mark, folder = text.partition("=")
    if not (name and mark and folder):
        msg = f"{text!r} names no set to measure on: give NAME=DIR, for example letters=pictures/letters."
        raise ConfigurationError(msg)
    return name, Path(folder)


def _listed(name: str, folder: Path, limit: ImageOptions) -> list[Picture]:
    """List a folder's pictures as a set of a name."""
    return [replace(picture, source=name) for picture in list_pictures(folder, limit)]


def _held_out_and_packed(
    sets: Sequence[list[Picture]], pack: Callable[[Sequence[Picture]], None], share: float
) -> list[list[Picture]]:
    """Pack folders but for the last of their pictures; return those."""
    held = []
    for pictures in sets:
        train, back = hold_out_end(pictures, share) if share else (pictures, [])
        if train:
            pack(train)
        if back:
            held.append([replace(picture, source=f"{picture.source} held out") for picture in back])
    return held


def _frames(video: Path, limit: ImageOptions) -> Iterator[tuple[Picture, Image]]:
    """Read two frames a second of a video."""
    next_s = 0.0
    clip = Clip(video.stem, video)
    for frame in clip.frames():
        if frame.stamp_s >= next_s:
            next_s = frame.stamp_s + _FRAME_EVERY_S
            picture = Picture(video, video.stem, video.stem, limit)
            yield picture, cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)
    print_problems(video.name, clip.problems)


def _table(counts: Sequence[SourceCounts]) -> Table:
    """Show what of each source is in the pack, and what is not."""
    rows = [
        (
            one.source,
            one.use,
            str(one.pictures),
            str(len(one.unreadable) or ""),
            str(one.empty or ""),
            str(one.found),
            str(one.kept),
            f"{one.size_bytes / 1e6:.2f}",
        )
        for one in counts
    ]
    headings = ("source", "use", "pictures", "unreadable", "no hand seen", "found", "kept", "MB")
    title = "Pictures in the pack; left out is what looks like another, and what is more than was asked for"
    return make_table(title, headings, rows, left=("use",))
