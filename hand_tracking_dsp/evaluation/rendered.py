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

"""Rendered hands before the tracker: how many it finds in colour, and how fast they are drawn."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES
from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream, DepthCrop
from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.evaluation.stills import find_hand
from hand_tracking_dsp.hand import BONES
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.draw import bone_colour, write_caption
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions


@dataclass(frozen=True, slots=True)
class FoundInColour:
    """Finds of a bank in rendered pictures.

    Attributes:
        pictures: Pictures shown.
        found: Pictures whose first hand was found.
        error_percent: Median over these of the mean distance of its landmarks, % of the palm's size.
        sides: Pictures among these whose hand's side was right.
    """

    pictures: int
    found: int
    error_percent: float
    sides: int


def find_in_colour(bank: Path, stream: PictureStream, count: int) -> FoundInColour:
    """Show pictures to the tracker, each on its own, at the dense level.

    Args:
        bank: Folder of the level bank.
        stream: Pictures to show.
        count: Number of pictures.
    """
    tracker = HandTracker(
        LevelBank.load(bank), PalmDetector.load(bank), TrackerOptions(max_hands=1, smoothing=False)
    )
    errors, sides = [], 0
    for index in range(count):
        picture, truth = (one := stream.picture(index)), one.truth[0]
        hand = find_hand(tracker, picture.image, truth.joints_px, order="bgr")
        if hand is not None:
            errors.append(mean_distance_palm_percent(hand.landmarks, truth.joints_px))
            sides += hand.handedness == truth.handedness
    return FoundInColour(count, len(errors), float(np.median(errors)) if errors else float("nan"), sides)


def crops_per_second(options: CropOptions, count: int) -> float:
    """Measure how many crops one core makes in a second of processor time.

    Args:
        options: Kind of crops.
        count: Number of crops to make.
    """
    stream = CropStream(0, options)
    stream.crop(count)
    start_s = time.process_time()
    for index in range(count):
        stream.crop(index)
    return count / (time.process_time() - start_s)


def draw_sheet(seed: int, columns: int = 6) -> NDArray[np.uint8]:
    """Draw examples, uint8 [h, w, 3] BGR: a row of pictures in colour, then one of crops a kind of noise.

    Args:
        seed: Seed of all.
        columns: Examples in a row.
    """
    pictures = PictureStream(seed, PictureOptions(views="palm", farthest_m=0.5, second_share=0.3))
    size = 160
    rows = [np.hstack([_square(pictures.picture(index).image, size) for index in range(columns)])]
    for noise in DEPTH_NOISES:
        stream = CropStream(seed, CropOptions(size=size, noise=noise))
        crops = [_grey_crop(stream.crop(index), with_joints=index % 2 == 1) for index in range(columns)]
        write_caption(crops[0], noise.replace("_", " "))
        rows.append(np.hstack(crops))
    return np.vstack(rows)


def _square(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Cut the middle out of a picture."""
    height, width = image.shape[:2]
    left = (width - height) // 2
    middle = image[:, left : left + height]
    smaller: NDArray[np.uint8] = cv2.resize(middle, (size, size), interpolation=cv2.INTER_AREA)
    return smaller


def _grey_crop(crop: DepthCrop, *, with_joints: bool) -> NDArray[np.uint8]:
    """Show depth around the hand as grey, near ones bright; unknown is black."""
    behind = crop.metres - float(np.median(crop.joints_m[:, 2]))
    grey = np.where(crop.metres > 0, np.clip(150 - 700 * behind, 25, 255), 0).astype(np.uint8)
    image: NDArray[np.uint8] = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if with_joints:
        points = np.rint(np.clip(crop.joints_px, -9999, 9999)).astype(int).tolist()
        for start, end in BONES:
            colour = bone_colour(start, end, crop.handedness)
            cv2.line(image, tuple(points[start]), tuple(points[end]), colour, 1, cv2.LINE_AA)
    return image
