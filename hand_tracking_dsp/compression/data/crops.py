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

"""Hand crops, cut out of pictures as the tracker cuts them, to calibrate and measure networks with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.pictures import Picture, generator_of, list_pictures, spread
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.geometry import crop, region_from_landmarks, region_from_palm
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import Floats, Image, Region

MIN_CROPS = 32
"""Fewest crops that represent what a camera sees."""

SIZE = LANDMARKS.size
_PRESENCE = 0.5
_MAX_HANDS = 2
# Smaller ones would be enlarged many times and be blurred.
_SMALLEST_REGION_PX = 40

Progress = Callable[[int, int], None]
"""Called with the number of crops cut, and of those wanted."""


@dataclass(frozen=True, slots=True)
class Crops:
    """Upright hand crops.

    Attributes:
        images: uint8 [n, 224, 224, 3], RGB.
        sources: Data set of each.
        groups: Group of each; crops that look alike are in one group.
    """

    images: NDArray[np.uint8]
    sources: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, indices: Sequence[int] | NDArray[np.int64]) -> Crops:
        """Return the crops at some indices."""
        chosen = [int(i) for i in indices]
        return Crops(
            self.images[chosen],
            tuple(self.sources[i] for i in chosen),
            tuple(self.groups[i] for i in chosen),
        )


def no_crops() -> Crops:
    """Return no crops, for what looks at none."""
    return Crops(np.zeros((0, SIZE, SIZE, 3), np.uint8), (), ())


@dataclass(frozen=True, slots=True)
class Jitter:
    """Standard deviations of a region from the best one, normally distributed.

    A tracker's region comes from the frame before, so it lags behind a moving hand.

    Attributes:
        shift: Shift in shares of the region's side.
        scale: Natural logarithm of the change of its side.
        turn_deg: Rotation, degrees.
    """

    shift: float = 0.02
    scale: float = 0.05
    turn_deg: float = 4.0

    def applied(self, region: Region, random: np.random.Generator) -> Region:
        """Return a randomly displaced region."""
        x, y, scale, turn = random.normal(size=4)
        return Region(
            x=region.x + float(x) * self.shift * region.size,
            y=region.y + float(y) * self.shift * region.size,
            size=region.size * math.exp(float(scale) * self.scale),
            rotation=region.rotation + math.radians(float(turn) * self.turn_deg),
        )


@dataclass(slots=True)
class HandFinder:
    """Finds the regions of hands in single pictures.

    Attributes:
        bank: Bank whose dense level finds the landmarks.
        detector: Palm detector.
        unreadable: Number of pictures that could not be decoded.
        empty: Number of pictures without a hand.
    """

    bank: LevelBank
    detector: PalmDetector
    unreadable: int = field(default=0, init=False)
    empty: int = field(default=0, init=False)

    @classmethod
    def load(cls, bank: Manifest | Path | None = None) -> HandFinder:
        """Load a bank's dense level, of the package's own if None, and MediaPipe's full palm detector."""
        # In fp32 on every machine and whatever detectors the bank has, so that crops are the same.
        runtime = RuntimeOptions("onnxruntime", ("cpu",), precision="fp32")
        detector = PalmDetector.load(original_bank(), "full", runtime)
        return cls(LevelBank.load(bank or default_bank(), runtime), detector)

    def regions(self, image: Image | None) -> list[Region]:
        """Find the regions that the tracker would crop in the next frame.

        An image is uint8 [height, width, 3], BGR; None counts as unreadable.
        """
        if image is None:
            self.unreadable += 1
            return []
        found = []
        for palm in self.detector.detect(image, "bgr", _MAX_HANDS):
            hand = self.bank.landmarks(image, region_from_palm(palm), order="bgr")
            if hand.presence < _PRESENCE:
                continue
            region = region_from_landmarks(hand.landmarks)
            if region.size >= _SMALLEST_REGION_PX and _is_confirmed(self.bank, image, region):
                found.append(region)
        self.empty += not found
        return found


def cut(image: Image, region: Region) -> NDArray[np.uint8]:
    """Cut a region out of a picture, uint8 [height, width, 3] BGR; return uint8 [224, 224, 3] RGB."""
    patch: NDArray[np.uint8] = cv2.cvtColor(crop(image, region, SIZE), cv2.COLOR_BGRA2RGB)
    return patch


def to_crop(points: Floats, region: Region) -> Floats:
    """Transform points from a picture to the crop of a region: the inverse of tracking.geometry.to_image.

    Args:
        points: float32 [n, 2 or more], pixels of the picture; only x and y count.
        region: Region of the crop.

    Returns:
        float32 [n, 2], pixels of the crop.
    """
    cos, sin = math.cos(region.rotation), math.sin(region.rotation)
    away = (points[:, :2] - np.array([region.x, region.y], np.float32)) / np.float32(region.size)
    turned = away @ np.array([[cos, -sin], [sin, cos]], np.float32)
    result: Floats = ((turned + np.float32(0.5)) * np.float32(SIZE)).astype(np.float32)
    return result


def collect_crops(
    folders: Sequence[Path],
    count: int,
    seed: int = 0,
    *,
    finder: HandFinder | None = None,
    on_progress: Progress | None = None,
    limit: ImageOptions | None = None,
    on_unreadable: Callable[[Path], None] | None = None,
) -> Crops:
    """Cut hands out of the pictures of some folders, spread evenly over both; see cut_crops, list_pictures.

    Pictures above the limit count as unreadable.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures show fewer than 32 usable hands.
    """
    pictures = spread([list_pictures(folder, limit, on_unreadable) for folder in folders])
    return cut_crops(pictures, count, seed, finder=finder, on_progress=on_progress)


def cut_crops(
    pictures: Sequence[Picture],
    count: int,
    seed: int = 0,
    *,
    least: int = MIN_CROPS,
    finder: HandFinder | None = None,
    on_progress: Progress | None = None,
) -> Crops:
    """Cut hands out of pictures, in their order, until there are enough; each data set has its own jitter.

    Args:
        pictures: Pictures to search.
        count: Number of crops wanted; fewer are returned where the pictures show fewer hands.
        seed: Seed of the regions' jitter.
        least: Fewest crops needed.
        finder: Finder of the hands; None = one with the dense networks of the package's bank.
        on_progress: Called after every crop.

    Raises:
        ConfigurationError: The pictures show fewer usable hands than least.
    """
    finder = finder or HandFinder.load()
    jitter = Jitter()
    report = on_progress or (lambda *_: None)
    randoms = {source: generator_of(seed, source) for source in {picture.source for picture in pictures}}
    images: list[NDArray[np.uint8]] = []
    chosen: list[Picture] = []
    for picture in pictures:
        if len(images) >= count:
            break
        image = picture.read()
        for region in finder.regions(image):
            if image is not None and len(images) < count:
                images.append(cut(image, jitter.applied(region, randoms[picture.source])))
                chosen.append(picture)
                report(len(images), count)
    if len(images) < least:
        where = ", ".join(sorted({picture.source for picture in pictures}))
        msg = (
            f"Only {len(images)} usable hands were found in {len(pictures)} pictures of {where} "
            f"({finder.unreadable} unreadable, {finder.empty} without a hand of {_SMALLEST_REGION_PX} pixels "
            f"or more): give pictures with at least {least} hands."
        )
        raise ConfigurationError(msg)
    return Crops(
        np.stack(images),
        tuple(picture.source for picture in chosen),
        tuple(picture.group for picture in chosen),
    )


def split(crops: Crops, held_back: float, seed: int = 0) -> tuple[Crops, Crops]:
    """Split crops by group into those to calibrate with and those held back to measure on.

    Args:
        crops: Crops of at least two groups.
        held_back: Share of the crops to hold back, above 0, below 1; reached to within a group.
        seed: Seed of the choice of groups.

    Raises:
        ConfigurationError: All crops are of one group.
    """
    groups = sorted(set(crops.groups))
    if len(groups) <= 1:
        msg = f"The {len(crops)} crops cannot be split: they are of one picture or scene; give more pictures."
        raise ConfigurationError(msg)
    order = np.random.default_rng(seed).permutation(len(groups))
    back: set[str] = set()
    members = {group: [i for i, name in enumerate(crops.groups) if name == group] for group in groups}
    held = 0
    for index in order[:-1]:
        if back and held >= held_back * len(crops):
            break
        back.add(groups[index])
        held += len(members[groups[index]])
    return (
        crops.subset([i for i, name in enumerate(crops.groups) if name not in back]),
        crops.subset([i for i, name in enumerate(crops.groups) if name in back]),
    )


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Choose at most so many of the indices 0 to count - 1, evenly spread, with both ends."""
    places: NDArray[np.int64] = np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)
    return places


def data_name(crops: Crops, seed: int, kind: str = "held back") -> str:
    """Name crops in figures.

    The number of crops and the seed are part of the name, because figures of other hands of the same
    pictures must not be compared.
    """
    return f"{', '.join(sorted(set(crops.sources)))} ({len(crops)} {kind}, seed {seed})"


def _is_confirmed(bank: LevelBank, image: Image, region: Region) -> bool:
    return bank.landmarks(image, region, order="bgr").presence >= _PRESENCE
