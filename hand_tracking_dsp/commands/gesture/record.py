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

"""hand-tracking-dsp gesture record: learn a gesture of yours from hands that show it."""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.progress import Progress

from hand_tracking_dsp.cameras.camera import Frame, FrameSource, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.commands.arguments import add_bank
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.examples import (
    OwnGesture,
    check_name,
    learn_gesture,
    load_gestures,
    save_gestures,
)
from hand_tracking_dsp.gestures.features import measure
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Floats

# From this share of a gesture's examples on that another one would claim, people should know.
_COLLISION = 0.1
# Of videos that hold one pose 0.83 of the examples and more lie around one of them, of signs 0.73 and less.
_ONE_POSE = 0.8
# From this share of images on that show a second hand, it may not be the one that was meant.
_SECOND_HAND = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", help="name of the gesture: small letters, digits and underscores")
    parser.add_argument(
        "--source",
        default="0",
        help="camera, video file, folder of pictures or synthetic (default: %(default)s)",
    )
    parser.add_argument(
        "--start", type=float, default=0.0, metavar="S", help="leave out so many seconds at the beginning"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=5.0,
        help="time to look at a live source, seconds",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("gestures.yaml"),
        help="file to write or to add to (default: %(default)s)",
    )
    parser.add_argument("--replace", action="store_true", help="replace the gesture of that name in the file")
    parser.add_argument("--level", type=int, default=0, help="sparsity level (default: %(default)s, dense)")
    add_bank(parser)


def run(options: argparse.Namespace) -> int:
    """Look, learn, write, and report collisions with other gestures.

    Raises:
        ConfigurationError: The name cannot be used or is taken, or too few hands were seen.
    """
    check_name(options.name)
    if not (options.seconds > 0 and 0 <= options.start < math.inf):
        msg = "--seconds must be above 0 and --start at least 0: correct them."
        raise ConfigurationError(msg)
    known = load_gestures(options.out) if options.out.exists() else ()
    others = tuple(gesture for gesture in known if gesture.name != options.name)
    if len(others) < len(known) and not options.replace:
        msg = f"{options.out} has a gesture {options.name} already: give --replace, or choose another name."
        raise ConfigurationError(msg)
    hands, with_second = _look(options)
    gesture = learn_gesture(options.name, [measure(landmarks) for landmarks in hands])
    save_gestures(options.out, (*others, gesture))
    print(
        f"{options.name}: {len(gesture.examples)} examples of {len(hands)} images with a hand, "
        f"tolerance {gesture.tolerance_deg:g} degrees, in {options.out}"
    )
    if with_second >= _SECOND_HAND * len(hands):
        print(
            f"Warning: {with_second} of {len(hands)} images show two hands, and the examples are of the one "
            "that was seen first, which may be the idle one: keep the other out of the picture."
        )
    for warning in (*_mixture(gesture), *_collisions(gesture, others, hands)):
        print(f"Warning: {warning}")
    return 0


def _look(options: argparse.Namespace) -> tuple[list[Floats], int]:
    """Collect the landmarks of the hand that was seen first, and count the images that show another, too."""
    folder = options.bank or default_bank()
    bank, detector = LevelBank.load(folder), PalmDetector.load(folder)
    if not 0 <= options.level < len(bank.levels):
        msg = f"--level is {options.level}: the bank has levels 0 to {len(bank.levels) - 1}."
        raise ConfigurationError(msg)
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=2))
    hands: list[Floats] = []
    with_second = 0
    with open_source(options.source, SourceOptions()) as source, Progress(transient=True) as progress:
        print(f"Show {options.name} to {source.name}, and turn the hand a little meanwhile.")
        task = progress.add_task("looking", total=options.seconds)
        for time_s, frame in _frames(source, options.start + options.seconds):
            found = tracker.track(frame.image, time_s, options.level, "bgr").hands
            if time_s >= options.start and found:
                hands.append(min(found, key=lambda hand: hand.track_id).landmarks)
                with_second += len(found) > 1
            progress.update(task, completed=time_s - options.start, description=f"{len(hands)} hands seen")
    return hands, with_second


def _frames(source: FrameSource, seconds: float) -> Iterator[tuple[float, Frame]]:
    """Yield frames with their times from the first one on, until these are over."""
    begin_s = time.monotonic()
    while (frame := source.read()) is not None:
        time_s = time.monotonic() - begin_s if source.live else frame.index / source.rate_hz
        if time_s > seconds:
            return
        yield time_s, frame


def _mixture(gesture: OwnGesture) -> Iterator[str]:
    """Yield a warning where the examples show several poses, each of which would be read as the gesture."""
    share = gesture.consistency()
    if share < _ONE_POSE:
        yield (
            f"only {100 * share:.0f} % of the examples show one pose: every other pose among them is read as "
            f"{gesture.name}, too. Hold one pose, or choose its part of a video by --start and --seconds."
        )


def _collisions(gesture: OwnGesture, others: Sequence[OwnGesture], hands: Sequence[Floats]) -> Iterator[str]:
    """Yield a warning for each other gesture that these hands show as well."""
    read = Counter(read_gesture(landmarks, GestureOptions()).name for landmarks in hands)
    for name, count in sorted(read.items()):
        if name and count >= _COLLISION * len(hands):
            yield (
                f"{count} of {len(hands)} images also show the built-in {name}: the one that fits better is "
                f"reported. Record a pose that differs more."
            )
    for other in others:
        pairs = ((gesture, other), (other, gesture))
        share, wide, narrow = max((one.overlap(two), one.name, two.name) for one, two in pairs)
        if share >= _COLLISION:
            yield (
                f"{100 * share:.0f} % of the examples of {narrow} fit {wide}, too: the nearer one is "
                f"reported. Record poses that differ more."
            )
