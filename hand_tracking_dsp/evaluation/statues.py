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

"""Hands found in depth alone: depth images drawn as statues before the tracker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.cameras.folder import list_images, read_values
from hand_tracking_dsp.cameras.mesh.pictures import PictureStream
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.stills import find_hand
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import TrackedHand


@dataclass(frozen=True, slots=True)
class DepthPicture:
    """A depth image with one hand to find.

    Attributes:
        view: The depth image.
        side: The hand's side; UNKNOWN where nobody says it.
        truth: The hand; None where its joints are not known, and any hand counts as found.
    """

    view: DepthView
    side: Handedness = Handedness.UNKNOWN
    truth: HandTruth | None = None


@dataclass(frozen=True, slots=True)
class HandInStatue:
    """Find of a tracker in a depth picture.

    Attributes:
        picture: The picture.
        hand: Its hand, in the pixels of the depth image; None: it was not found.
        lifted: The hand in space.
    """

    picture: DepthPicture
    hand: TrackedHand | None
    lifted: Hand3d | None


@dataclass(frozen=True, slots=True)
class FoundInDepth:
    """Results of a tracker on depth pictures.

    Attributes:
        pictures: Pictures shown.
        found: Pictures whose hand was found.
        sides: Pictures among these whose hand's side was right.
        error_mm: Median over these of the mean distance of the joints, lifted into space; NaN without truth.
    """

    pictures: int
    found: int
    sides: int
    error_mm: float


def open_tracker(bank: Path) -> HandTracker:
    """Open a bank for pictures of one hand each.

    Raises:
        ModelError: The bank is missing or damaged.
    """
    options = TrackerOptions(max_hands=1, smoothing=False)
    return HandTracker(LevelBank.load(bank), PalmDetector.load(bank), options)


def hands_in_statues(
    tracker: HandTracker, pictures: Iterable[DepthPicture], level: int = 0, *, one_person: bool = False
) -> Iterator[HandInStatue]:
    """Show depth pictures to a tracker, drawn as statues, each on its own.

    Args:
        tracker: The tracker.
        pictures: Pictures to show.
        level: Sparsity level.
        one_person: Whether all show one person, whose bones are learned from picture to picture.
    """
    painter, lifter = StatuePainter(), HandLifter(LiftOptions(smoothing=False))
    for picture in pictures:
        truth_px = None if picture.truth is None else picture.truth.joints_px
        statue = painter.draw(picture.view)
        hand = find_hand(tracker, statue, truth_px, level=level, depth=picture.view)
        lifted = None
        if hand is not None:
            hand = replace(hand, track_id=1) if one_person else hand
            (lifted,) = lifter.lift([hand], picture.view, 0.0)
        yield HandInStatue(picture, hand, lifted)


def find_in_depth(tracker: HandTracker, level: int, pictures: Iterable[DepthPicture]) -> FoundInDepth:
    """Show depth pictures to a tracker, each on its own.

    Args:
        tracker: Tracker of one hand.
        level: Sparsity level.
        pictures: Pictures to show.
    """
    shown, sides, errors = 0, 0, []
    for one in hands_in_statues(tracker, pictures, level):
        shown += 1
        if one.hand is None or one.lifted is None:
            continue
        sides += one.hand.handedness is one.picture.side
        truth = one.picture.truth
        exact = np.nan if truth is None else truth.joints_m + truth.centre_m
        errors.append(1000 * float(np.linalg.norm(one.lifted.joints_m - exact, axis=1).mean()))
    known = [error for error in errors if np.isfinite(error)]
    return FoundInDepth(shown, len(errors), sides, float(np.median(known)) if known else float("nan"))


def rendered_pictures(stream: PictureStream, count: int) -> Iterator[DepthPicture]:
    """Give the first pictures of a stream, and their first hand."""
    for index in range(count):
        picture = stream.picture(index)
        hand = picture.truth[0]
        yield DepthPicture(DepthView(picture.metres, picture.camera), hand.handedness, hand)


def recorded_pictures(folder: Path, unit_m: float, camera: Intrinsics) -> Iterator[DepthPicture]:
    """Read the 16-bit images of a folder and of those in it, by name.

    Args:
        folder: Folder.
        unit_m: Metres of one step; 0 means unknown.
        camera: Camera of all.

    Raises:
        SourceError: There is no image, or one is no 16-bit picture.
        FrameError: One cannot be decoded.
    """
    for path in list_images(folder):
        values = read_values(path)
        if values.dtype != np.uint16 or values.ndim != 2:
            msg = f"{path} is not a 16-bit picture of one channel: give depth images as PNG."
            raise SourceError(msg)
        yield DepthPicture(DepthView(values.astype(np.float32) * np.float32(unit_m), camera))
