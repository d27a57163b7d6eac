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

"""hand-tracking-dsp gesture measure: measure how well and how often wrongly gestures are read."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from rich.progress import Progress

from hand_tracking_dsp.commands.arguments import add_bank, add_image_limit, read_image_limit
from hand_tracking_dsp.commands.gesture.labelled import add_labelled_pictures, read_labelled_pictures
from hand_tracking_dsp.commands.output import (
    machine,
    markdown_table,
    print_problems,
    require_writable,
    write_json,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.gestures.confusion import percent
from hand_tracking_dsp.evaluation.gestures.pictures import (
    PictureReader,
    Tally,
    measure_pictures,
)
from hand_tracking_dsp.evaluation.gestures.videos import VideoEvents, count_events, sum_of, table
from hand_tracking_dsp.gestures.examples import load_gestures
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import BUILT_IN
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

_NOTE = (
    "In pictures each hand is read alone, without smoothing or debouncing; the labels are what people say. "
    "In videos every gesture or movement that begins is counted, whether or not the person meant it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_labelled_pictures(parser, required=False)
    parser.add_argument(
        "--world", action="store_true", help="in pictures read the world landmarks instead, to compare"
    )
    parser.add_argument("--video", type=Path, nargs="+", default=[], metavar="FILE", help="videos to watch")
    parser.add_argument(
        "--levels", default="0", help="sparsity levels, as 0,3 or all (default: %(default)s, dense)"
    )
    parser.add_argument("--gestures", type=Path, metavar="FILE", help="gestures by example, YAML")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a threshold of gesture_node's"
    )
    add_image_limit(parser)
    add_bank(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON, too")


def run(options: argparse.Namespace) -> int:
    """Measure, print tables, and write the figures where asked.

    Raises:
        ConfigurationError: Nothing to measure is named, or an option or label cannot be used.
    """
    if (options.images is None) != (options.labels is None) or not (options.images or options.video):
        msg = "There is nothing to measure: give --images with --labels, or --video, or all of them."
        raise ConfigurationError(msg)
    require_writable(options.out)
    thresholds = read_thresholds(options.set)
    limit = read_image_limit(options)
    own = load_gestures(options.gestures) if options.gestures else ()
    labelled = read_labelled_pictures(options, [*BUILT_IN, *(gesture.name for gesture in own)])
    folder = options.bank or default_bank()
    bank, detector = LevelBank.load(folder), PalmDetector.load(folder)
    levels = _levels(options.levels, len(bank.levels))
    tallies: Mapping[int, Tally] = {}
    videos: dict[int, list[VideoEvents]] = {}
    with Progress(transient=True) as progress:
        if labelled:
            task = progress.add_task("reading pictures", total=len(labelled) * len(levels))
            # Each picture alone: nothing is smoothed.
            alone = HandTracker(bank, detector, TrackerOptions(smoothing=False))
            reader = PictureReader(alone, thresholds, own, options.margin, options.world, limit)
            tallies = measure_pictures(reader, labelled, levels, lambda: progress.advance(task))
        if options.video:
            task = progress.add_task("watching videos", total=len(options.video) * len(levels))
            for level in levels:
                videos[level] = []
                for path in options.video:
                    videos[level].append(
                        count_events(path, HandTracker(bank, detector), level, thresholds, own, limit=limit)
                    )
                    progress.advance(task)
    names = {info.index: info.name for info in bank.levels}
    print("\n\n".join([*_picture_tables(tallies, names), *_video_tables(videos, names), _NOTE]))
    for video in next(iter(videos.values()), []):
        if video.problem:
            print_problems(video.name, {video.problem: 1})
    if options.out:
        write_json(options.out, _figures(options, bank, tallies, videos))
    return 0


def read_thresholds(settings: Sequence[str]) -> GestureOptions:
    """Read --set NAME=VALUE.

    Raises:
        ConfigurationError: There is no such threshold, or the value lies outside its range.
    """
    known = {field.name for field in fields(GestureOptions)}
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            number = float(text)
        except ValueError as error:
            msg = f"--set {setting} is not NAME=VALUE: give a number, as in min_score=0.7."
            raise ConfigurationError(msg) from error
        if name not in known:
            msg = f"There is no threshold {name}: choose one of {', '.join(sorted(known))}."
            raise ConfigurationError(msg)
        values[name] = declaration(GestureOptions, name).accept(number, f"--set {name}")
    return GestureOptions(**values)


def _levels(text: str, count: int) -> list[int]:
    if text == "all":
        return list(range(count))
    words = text.split(",")
    if not all(word.isdecimal() and int(word) < count for word in words):
        msg = f"--levels is '{text}': give all, or numbers below {count} with commas between."
        raise ConfigurationError(msg)
    return sorted({int(word) for word in words})


def _picture_tables(tallies: Mapping[int, Tally], names: Mapping[int, str]) -> list[str]:
    tables = []
    for kind, title in (("counts", "Open fingers"), ("names", "Gestures")):
        by_level = {level: getattr(tally, kind) for level, tally in tallies.items()}
        if not any(confusion.hands for confusion in by_level.values()):
            continue
        headings = ("level", "hands", "found", "right", "right, of found", "right, of all")
        rows = [
            (
                f"{level} `{names[level]}`",
                *map(str, (confusion.hands, confusion.found, confusion.right)),
                percent(confusion.accuracy),
                percent(confusion.right / confusion.hands),
            )
            for level, confusion in by_level.items()
        ]
        tables.append(f"{title}, by level:\n\n{markdown_table(headings, rows)}")
        tables += [f"{title}, level {level}:\n\n{confusion.table()}" for level, confusion in by_level.items()]
    return tables


def _video_tables(videos: Mapping[int, Sequence[VideoEvents]], names: Mapping[int, str]) -> list[str]:
    return [
        f"Events that begin in videos, level {level} `{names[level]}`:\n\n{table(watched)}"
        for level, watched in videos.items()
    ]


def _figures(
    options: argparse.Namespace,
    bank: LevelBank,
    tallies: Mapping[int, Tally],
    videos: Mapping[int, Sequence[VideoEvents]],
) -> dict[str, Any]:
    return {
        "machine": machine(),
        "note": _NOTE,
        "files": [choice.info.file for choice in bank.choices],
        "provider": bank.provider,
        "split": options.split,
        "landmarks": "world" if options.world else "image",
        "thresholds_set": options.set,
        "levels": {
            level: {"open_fingers": tally.counts.figures(), "gestures": tally.names.figures()}
            for level, tally in tallies.items()
        },
        "videos": {
            level: [video.figures() for video in (*watched, sum_of(watched))]
            for level, watched in videos.items()
        },
    }
