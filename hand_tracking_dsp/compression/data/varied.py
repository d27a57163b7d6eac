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

"""Endless supply of augmented crops: photos, synthetic hands and crops without a hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.compression.data.augment import (
    Augmentation,
    before_background,
    changed,
    jittered,
    moved,
    occluded,
)
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, SIZE, HandFinder, cut, to_crop
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.geometry import overlap, region_from_landmarks
from hand_tracking_dsp.tracking.types import Floats, Image, Region

LandmarkFinder = Callable[[Image], Floats]
"""Function that returns the landmarks, float32 [21, 3] in pixels, of a crop, uint8 [224, 224, 3] RGB."""

# A synthetic scene's frames this far apart differ in gesture and view.
_SCENE_STEP = 15
_SCENE_FRAMES = 200


@dataclass(frozen=True, slots=True)
class LocatedHands:
    """Picture and the regions of its hands."""

    picture: Picture
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class VariedHand:
    """Augmented crop, uint8 [224, 224, 3] RGB, and exact joints, float32 [21, 2], its pixels, where known."""

    image: Image
    truth: Floats | None


def locate_hands(
    pictures: Sequence[Picture], index: Path, on_progress: Callable[[int, int], None] | None = None
) -> list[LocatedHands]:
    """Find the hands of pictures once and keep them in a JSON file, so that the search can be resumed.

    Returns:
        Readable pictures, including those without a hand.

    Raises:
        OutputError: The file cannot be written.
        ConfigurationError: Fewer than 32 hands were found, or the file is not such an index.
    """
    known = _read_index(index)
    finder: HandFinder | None = None
    for number, picture in enumerate(pictures):
        if on_progress:
            on_progress(number, len(pictures))
        if str(picture.path) in known:
            continue
        finder = finder or HandFinder.load()
        image = picture.read()
        found = finder.regions(image)
        known[str(picture.path)] = None if image is None else [[r.x, r.y, r.size, r.rotation] for r in found]
        if number % 500 == 499:
            write_text(index, json.dumps(known))
    write_text(index, json.dumps(known))
    located = [
        LocatedHands(picture, tuple(Region(*values) for values in regions))
        for picture in pictures
        if (regions := known[str(picture.path)]) is not None
    ]
    hands = sum(len(place.regions) for place in located)
    if hands < MIN_CROPS:
        msg = (
            f"Only {hands} hands were found in {len(pictures)} pictures "
            f"({len(pictures) - len(located)} of them unreadable): "
            f"give pictures with at least {MIN_CROPS} hands."
        )
        raise ConfigurationError(msg)
    return located


@dataclass(slots=True)
class VariedHands:
    """Makes augmented crops; crop i depends on the arguments and i alone.

    Attributes:
        located: Pictures and their hands.
        find_landmarks: Finder of the joints of a photo's hand, to put it before another background.
        options: Strength of the augmentation.
        synthetic: Share of synthetic hands, 0 to 1.
        empty: Share of crops cut without regard to hands, 0 to 1.
        seed: Random seed.
    """

    located: Sequence[LocatedHands]
    find_landmarks: LandmarkFinder
    options: Augmentation = field(default_factory=Augmentation)
    synthetic: float = 0.1
    empty: float = 0.06
    seed: int = 0
    _with_hands: list[LocatedHands] = field(init=False)
    _chances: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Give each data set a share that grows with the square root of its size, so that none dominates."""
        self._with_hands = [place for place in self.located if place.regions]
        sizes: dict[str, int] = {}
        for place in self._with_hands:
            sizes[place.picture.source] = sizes.get(place.picture.source, 0) + 1
        weights = np.array([1 / math.sqrt(sizes[place.picture.source]) for place in self._with_hands])
        self._chances = weights / weights.sum()

    def make(self, index: int) -> VariedHand:
        """Make crop number index."""
        random = np.random.default_rng((self.seed, index))
        kind = random.random()
        if kind < self.synthetic:
            crop, truth = self._synthetic(random)
        elif kind < self.synthetic + self.empty:
            crop, truth = self._anywhere(random), None
        else:
            crop, truth = self._photo(random), None
        if random.random() < self.options.occlusion:
            crop = occluded(crop, self._anywhere(random), random)
        if random.random() < self.options.mirrored:
            crop = np.ascontiguousarray(crop[:, ::-1])
            if truth is not None:
                truth[:, 0] = SIZE - 1 - truth[:, 0]
        return VariedHand(changed(crop, self.options, random), truth)

    def _photo(self, random: np.random.Generator) -> Image:
        crop = self._hand(random)
        if random.random() < self.options.background:
            crop = before_background(crop, self.find_landmarks(crop), self._anywhere(random), random)
        if random.random() < self.options.second_hand:
            other = self._hand(random)
            crop = before_background(*moved(other, self.find_landmarks(other), random), crop, random)
        return crop

    def _hand(self, random: np.random.Generator) -> Image:
        place = self._with_hands[int(random.choice(len(self._with_hands), p=self._chances))]
        region = place.regions[int(random.integers(len(place.regions)))]
        return cut(_read(place.picture), jittered(region, self.options, random))

    def _synthetic(self, random: np.random.Generator) -> tuple[Image, Floats]:
        while True:
            scene = int(random.integers(1 << 16))
            frame = _synthetic_frame(scene, int(random.integers(_SCENE_FRAMES)))
            if frame.truth:
                break
        hand = frame.truth[int(random.integers(len(frame.truth)))]
        region = jittered(region_from_landmarks(hand.joints_px), self.options, random)
        crop = cut(frame.image, region)
        if random.random() < self.options.background:
            points = to_crop(hand.joints_px, region)
            crop = before_background(crop, points, self._anywhere(random), random)
        return crop, to_crop(hand.joints_px, region)

    def _anywhere(self, random: np.random.Generator) -> Image:
        """Cut a square out of any picture, beside its hands if one is found in a few tries."""
        place = self.located[int(random.integers(len(self.located)))]
        image = _read(place.picture)
        height, width = image.shape[:2]
        region = Region(width / 2, height / 2, min(height, width), 0.0)
        for _ in range(6):
            region = Region(
                random.uniform(0, width),
                random.uniform(0, height),
                random.uniform(0.25, 0.9) * min(height, width),
                random.uniform(-math.pi, math.pi),
            )
            if all(overlap(region, hand) < 0.05 for hand in place.regions):
                break
        return cut(image, region)


def truth_or_nan(truth: Floats | None) -> Floats:
    """Return exact joints as float32 [21, 2], NaN where they are not known."""
    return np.full((JOINT_COUNT, 2), np.nan, np.float32) if truth is None else truth


def _read(picture: Picture) -> Image:
    image = picture.read()
    if image is None:
        msg = f"The picture {picture.path} can no longer be read: change no folder while samples are made."
        raise ConfigurationError(msg)
    return image


def _synthetic_frame(scene: int, step: int) -> Frame:
    return _scene(scene).frame(step * _SCENE_STEP)


@lru_cache(maxsize=8)
def _scene(seed: int) -> SyntheticScene:
    return SyntheticScene(SourceOptions(seed=seed, absence_s=0.0, hands=1 + seed % 2))


def _read_index(path: Path) -> dict[str, list[list[float]] | None]:
    if not path.exists():
        return {}
    try:
        index: dict[str, list[list[float]] | None] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"The list of hands {path} cannot be read ({error}): delete it, and it is made again."
        raise ConfigurationError(msg) from error
    return index
