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

"""Pictures as the palm detector meets them, to calibrate with: hands large and small, anywhere, and none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.picture_pack import hold_out_end
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures, spread
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.palm import letterboxed
from hand_tracking_dsp.tracking.types import Image

MIN_PICTURES = 32
"""Fewer pictures represent too little of what a network meets."""

# A hand that fills the picture, one at the usual distance, and one across the room.
_SCALES = (1.0, 1.0, 0.7, 0.45)
_FRAME_SHAPES = ((480, 640), (360, 640), (640, 480), (480, 480))

_SQUARE = 0.5
"""Side of a square of a picture without a hand, in shorter sides of the picture."""


def split_pictures(
    folders: Sequence[Path],
    limit: ImageOptions | None = None,
    on_unreadable: Callable[[Path], None] | None = None,
) -> tuple[list[Picture], list[Picture]]:
    """List the pictures of some folders: those to learn from, and those held out to measure on.

    The last quarter of each folder by name is held out; any beginning of a list is spread evenly over the
    folders.

    Raises:
        SourceError: A folder is missing or holds no picture.
    """
    halves = [hold_out_end(list_pictures(folder, limit, on_unreadable)) for folder in folders]
    learn, held_out = ([half[i] for half in halves] for i in range(2))
    return spread(learn), spread(held_out)


def detector_inputs(pictures: Sequence[Picture], count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Make inputs of the palm detector of pictures: uint8 [count, 192, 192, 3], RGB.

    Every fourth picture fills the input as it is, letterboxed; the others are placed anywhere in a
    camera's frame, smaller, mirrored and turned a little, on another picture's blurred pixels, so that
    hands of all sizes come in all places. A picture serves more than once where there are fewer than count.

    Raises:
        ConfigurationError: Fewer than 32 pictures can be read, or fewer inputs are wanted.
    """
    read = (picture.read() for picture in pictures[:count])
    images = [image for image in read if image is not None and min(image.shape[:2]) > 1]
    if min(len(images), count) < MIN_PICTURES:
        sources = ", ".join(sorted({picture.source for picture in pictures})) or "nothing"
        msg = (
            f"{len(images)} readable pictures of the folders {sources} and a count of {count} are too few "
            f"for a palm detector. It wants {MIN_PICTURES} to learn from, and as many in the last quarter "
            f"of the folders, which is held out: give folders with more pictures, and a count of at least "
            f"{MIN_PICTURES}."
        )
        raise ConfigurationError(msg)
    random = np.random.default_rng(seed)
    inputs = []
    for i in range(count):
        image = images[i % len(images)]
        if i % len(_SCALES):
            image = _placed(image, images[int(random.integers(len(images)))], random)
        inputs.append(cv2.cvtColor(letterboxed(image), cv2.COLOR_BGR2RGB))
    return np.stack(inputs)


def calibration_inputs(
    hands: Sequence[Picture], empty: Sequence[Picture], count: int, seed: int = 0
) -> NDArray[np.uint8]:
    """Make inputs as detector_inputs does, followed by half as many of pictures without a hand.

    These are shown whole or in one of their squares, where a face fills the input as a hand would.

    Returns:
        uint8 [n, 192, 192, 3], RGB; n is count where there is no picture without a hand.

    Raises:
        ConfigurationError: As detector_inputs.
    """
    inputs = detector_inputs(hands, count, seed)
    random = np.random.default_rng(seed)
    without = []
    for image in (one.read() for one in empty[: count // 2]):
        if image is not None:
            views = [None, *squares(image)]
            view = letterboxed(image, views[int(random.integers(len(views)))])
            without.append(cv2.cvtColor(view, cv2.COLOR_BGR2RGB))
    return np.concatenate([inputs, np.stack(without)]) if without else inputs


def squares(image: Image) -> list[Square]:
    """Return nine squares of an image, three by three, from corner to corner."""
    height, width = image.shape[:2]
    side = _SQUARE * min(height, width)
    return [
        Square(side / 2 + (width - side) * column / 2, side / 2 + (height - side) * row / 2, side)
        for row in range(3)
        for column in range(3)
    ]


def _placed(image: Image, backdrop: Image, random: np.random.Generator) -> Image:
    """Lay a picture into a frame that another one, blurred, fills."""
    height, width = _FRAME_SHAPES[int(random.integers(len(_FRAME_SHAPES)))]
    # A few pixels, enlarged: colours and light of a real place, and nothing that looks like a hand.
    few = cv2.resize(backdrop, (8, 6), interpolation=cv2.INTER_AREA)
    frame: Image = cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)
    if random.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    fit = min(width / image.shape[1], height / image.shape[0])
    scale = fit * _SCALES[int(random.integers(len(_SCALES)))]
    angle = float(random.normal()) * 15
    matrix = cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), angle, scale)
    free = np.array([width - image.shape[1] * scale, height - image.shape[0] * scale]) / 2
    shift = np.array([width, height]) / 2 + free * random.uniform(-1, 1, 2)
    matrix[:, 2] += shift - np.array([image.shape[1], image.shape[0]]) / 2
    placed: Image = cv2.warpAffine(
        image, matrix, (width, height), frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
    gain, offset = float(random.uniform(0.6, 1.3)), float(random.uniform(-20, 20))
    lit: Image = np.clip(placed * np.float32(gain) + np.float32(offset), 0, 255).astype(np.uint8)
    return lit
