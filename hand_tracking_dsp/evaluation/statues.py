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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.cameras.folder import list_images, read_values
from hand_tracking_dsp.cameras.mesh.pictures import PictureStream
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.rendered import FOUND_PERCENT, LOOKS
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions


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


def find_in_depth(tracker: HandTracker, level: int, pictures: Iterable[DepthPicture]) -> FoundInDepth:
    """Show depth pictures to a tracker, each on its own.

    Args:
        tracker: Tracker of one hand.
        level: Sparsity level.
        pictures: Pictures to show.
    """
    painter, lifter = StatuePainter(), HandLifter(LiftOptions(smoothing=False))
    shown, sides, errors = 0, 0, []
    for picture in pictures:
        shown += 1
        statue = painter.draw(picture.view)
        tracker.reset()
        for look in range(LOOKS):
            hands = tracker.track(statue, look / 30.0, level, order="rgb", depth=picture.view).hands
        truth = picture.truth
        if not hands or not _lies_there(hands[0].landmarks, truth):
            continue
        sides += hands[0].handedness is picture.side
        (lifted,) = lifter.lift(hands[:1], picture.view, 0.0)
        exact = np.nan if truth is None else truth.joints_m + truth.centre_m
        errors.append(1000 * float(np.linalg.norm(lifted.joints_m - exact, axis=1).mean()))
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


def _lies_there(landmarks: np.ndarray, truth: HandTruth | None) -> bool:
    return truth is None or mean_distance_palm_percent(landmarks, truth.joints_px) < FOUND_PERCENT
