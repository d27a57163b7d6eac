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

"""Pictures gathered into a pack: hands, places beside them, places without a hand, and sets to measure on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hand_tracking_dsp.compression.data.crops import HandFinder, Jitter
from hand_tracking_dsp.compression.data.picture_pack import (
    PackedPicture,
    PictureKind,
    pack_hand,
    pack_square,
    thinned,
)
from hand_tracking_dsp.compression.data.pictures import Picture, generator_of, spread
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.geometry import overlap, region_from_palm
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import Image, Region

# Fewest bits of 64 by which two kept pictures of a source differ.
_HANDS_DIFFER, _PLACES_DIFFER = 3, 5
# A place beside hands overlaps none of them by more.
_APART = 0.03
_MEETS = 0.25
_TRIES, _BESIDE_EACH = 12, 2
_EDGE = 0.15
_PALMS, _PALM_SCORE = 4, 0.1
_WIDE = 1.15
_MEASURED_REGIONS = 3
_HAND_JITTER, _PLACE_JITTER = Jitter(), Jitter(0.05, 0.15, 15.0)
_SMALLEST_PX = 40.0


@dataclass(frozen=True, slots=True)
class PackOptions:
    """Amounts of a pack.

    Attributes:
        most: Most hands, and most places without one, of each source.
        beside: Most places beside hands of each source.
        measured: Most regions of each set to measure on.
        quality: Quality of the WebP, 1 to 100.
        seed: Seed of all that is drawn.
    """

    most: int = 1500
    beside: int = 300
    measured: int = 200
    quality: int = 87
    seed: int = 0


@dataclass(slots=True)
class SourceCounts:
    """Report on one source.

    Attributes:
        source: Its name.
        use: What it is used for.
        pictures: Pictures that were read.
        unreadable: Files that were passed over.
        empty: Pictures without a hand, where hands are wanted.
        found: Regions found in them.
        kept: Those that are in the pack; the others look like one of these, or are more than wanted.
        size_bytes: Size of these.
    """

    source: str
    use: str
    pictures: int = 0
    unreadable: list[Path] = field(default_factory=list)
    empty: int = 0
    found: int = 0
    kept: int = 0
    size_bytes: int = 0

    def take(self, found: Sequence[PackedPicture], kept: list[PackedPicture]) -> list[PackedPicture]:
        """Count what was found and what is kept, and return that."""
        self.found, self.kept = len(found), len(kept)
        self.size_bytes = sum(len(picture.data) for picture in kept)
        return kept


class PicturePacker:
    """Packs the pictures of one source after another.

    Args:
        options: Amounts.
        finder: Finder of hands.
        detectors: Palm detectors; what they take for a palm where none is, is packed with its region.
        on_progress: Called with the name of a source, the pictures done, and their number.
    """

    def __init__(
        self,
        options: PackOptions,
        finder: HandFinder,
        detectors: Sequence[PalmDetector],
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self._options, self._finder, self._detectors = options, finder, detectors
        self._report = on_progress or (lambda *_: None)
        self.pictures: list[PackedPicture] = []
        self.counts: list[SourceCounts] = []

    @classmethod
    def load(
        cls, options: PackOptions, on_progress: Callable[[str, int, int], None] | None = None
    ) -> PicturePacker:
        """Load MediaPipe's detector and the default bank's, which is easier to deceive."""
        finder = HandFinder.load()
        runtime = RuntimeOptions("onnxruntime", ("cpu",), precision="fp32")
        detectors = (finder.detector, PalmDetector.load(default_bank(), "", runtime))
        return cls(options, finder, detectors, on_progress)

    def add_hands(self, pictures: Sequence[Picture]) -> None:
        """Add the hands of pictures to train on, and places beside them: forearms, faces, rooms."""
        hands, beside = (self._counts(pictures[0].source, use) for use in ("hands", "beside hands"))
        found: list[PackedPicture] = []
        places: list[PackedPicture] = []
        for picture, image in self._read(pictures, hands):
            regions = self._finder.regions(image)
            hands.empty += not regions
            found += [pack_hand(image, region, picture, self._options.quality) for region in regions]
            if regions and len(places) < 2 * self._options.beside:
                places += self._beside(image, regions, picture)
        self.pictures += hands.take(found, thinned(found, self._options.most, _HANDS_DIFFER))
        self.pictures += beside.take(places, thinned(places, self._options.beside, _PLACES_DIFFER))

    def add_empty(self, pictures: Sequence[Picture]) -> None:
        """Add pictures without a hand to train on."""
        counts = self._counts(pictures[0].source, "no hand")
        found: list[PackedPicture] = []
        for picture, image in self._read(pictures, counts):
            found += self._squares(image, picture)
        self.pictures += counts.take(found, thinned(found, self._options.most, _PLACES_DIFFER))

    def add_frames(self, source: str, frames: Iterable[tuple[Picture, Image]]) -> None:
        """Add frames of a video without a hand to train on."""
        counts = self._counts(source, "no hand")
        found: list[PackedPicture] = []
        for picture, image in frames:
            counts.pictures += 1
            self._report(f"{source}: {counts.use}", counts.pictures, 0)
            found += self._squares(image, picture)
        self.pictures += counts.take(found, thinned(found, self._options.most, _PLACES_DIFFER))

    def measure_hands(self, pictures: Sequence[Picture]) -> None:
        """Add hands to measure on, as the tracker would cut them."""
        counts = self._counts(pictures[0].source, "measured")
        found: list[PackedPicture] = []
        for picture, image in self._read(spread([pictures]), counts):
            if len(found) >= self._options.measured:
                break
            regions = self._finder.regions(image)
            counts.empty += not regions
            found += [self._region(image, r, _HAND_JITTER, PictureKind.CROP, picture) for r in regions]
        self.pictures += counts.take(found, found[: self._options.measured])

    def measure_empty(self, pictures: Sequence[Picture]) -> None:
        """Add regions without a hand to measure on: what looks like a palm to a detector, and any other."""
        counts = self._counts(pictures[0].source, "measured, no hand")
        found: list[PackedPicture] = []
        for picture, image in self._read(spread([pictures]), counts):
            if len(found) >= self._options.measured:
                break
            regions = self._like_palms(image)[:_MEASURED_REGIONS]
            height, width = image.shape[:2]
            while len(regions) < _MEASURED_REGIONS:
                x, y = self._random.uniform(0.3, 0.7, 2)
                size = self._random.uniform(0.35, 0.95) * min(height, width)
                regions.append(Region(x * width, y * height, size, self._random.normal(0, 0.6)))
            found += [
                self._region(image, region, _PLACE_JITTER, PictureKind.EMPTY_CROP, picture)
                for region in regions
            ]
        self.pictures += counts.take(found, found[: self._options.measured])

    def _counts(self, source: str, use: str) -> SourceCounts:
        """Begin with a source, of which what is drawn does not depend on the others."""
        self._random = generator_of(self._options.seed, source, use)
        self.counts.append(SourceCounts(source, use))
        return self.counts[-1]

    def _read(self, pictures: Sequence[Picture], counts: SourceCounts) -> Iterator[tuple[Picture, Image]]:
        """Read pictures one after another; what cannot be read is named in the counts."""
        for number, picture in enumerate(pictures, 1):
            self._report(f"{counts.source}: {counts.use}", number, len(pictures))
            if (image := picture.read()) is None:
                counts.unreadable.append(picture.path)
            else:
                counts.pictures += 1
                yield picture, image

    def _like_palms(self, image: Image) -> list[Region]:
        """Return the regions of what a detector takes for a palm, far below the tracker's threshold."""
        palms = [
            palm
            for detector in self._detectors
            for palm in detector.detect(image, "bgr", _PALMS, score_threshold=_PALM_SCORE)
        ]
        return [region_from_palm(palm) for palm in palms]

    def _beside(self, image: Image, hands: Sequence[Region], picture: Picture) -> list[PackedPicture]:
        """Cut out a forearm and another place of a picture, away from its hands."""
        height, width = image.shape[:2]
        places = [_forearm(hand, self._random) for hand in hands]
        for _ in range(_TRIES):
            size = self._random.uniform(0.35, 0.7) * min(height, width)
            x, y = (self._random.uniform(size / 2, side - size / 2) for side in (width, height))
            places.append(Region(x, y, size, 0.0))
        free = [
            place
            for place in places
            if _inside(place, width, height) and all(overlap(place, hand) < _APART for hand in hands)
        ][:_BESIDE_EACH]
        like_palms = self._like_palms(image) if free else []
        return [
            self._square(
                image,
                place,
                PictureKind.BESIDE,
                picture,
                [
                    palm
                    for palm in like_palms
                    if overlap(palm, place) > _MEETS and all(overlap(palm, hand) < _APART for hand in hands)
                ],
            )
            for place in free
        ]

    def _squares(self, image: Image, picture: Picture) -> list[PackedPicture]:
        """Cut the largest squares out of a picture without a hand: one, or one at each end of a long one."""
        height, width = image.shape[:2]
        side = float(min(height, width))
        ends = [(width / 2, height / 2)]
        if max(height, width) >= _WIDE * side:
            across = [(side / 2, height / 2), (width - side / 2, height / 2)]
            ends = across if width > height else [(width / 2, side / 2), (width / 2, height - side / 2)]
        like_palms = self._like_palms(image)
        return [
            self._square(
                image,
                Region(x, y, side, 0.0),
                PictureKind.EMPTY,
                picture,
                [palm for palm in like_palms if max(abs(palm.x - x), abs(palm.y - y)) < side / 2],
            )
            for x, y in ends
        ]

    def _square(
        self, image: Image, square: Region, kind: PictureKind, picture: Picture, like_palms: Sequence[Region]
    ) -> PackedPicture:
        """Pack a square with one of the regions in it that look like a palm."""
        chosen = like_palms[int(self._random.integers(len(like_palms)))] if like_palms else None
        return pack_square(image, square, kind, picture, self._options.quality, chosen)

    def _region(
        self, image: Image, region: Region, jitter: Jitter, kind: PictureKind, picture: Picture
    ) -> PackedPicture:
        """Pack a region to measure on, beside the best one as a tracker's would lie."""
        near = jitter.applied(region, self._random)
        whole = Region(near.x, near.y, max(near.size, _SMALLEST_PX), near.rotation)
        return pack_square(image, whole, kind, picture, self._options.quality)


def _forearm(hand: Region, random: np.random.Generator) -> Region:
    """Return a place beyond the wrist."""
    away, turn = hand.size * random.uniform(0.9, 1.2), hand.rotation + random.normal(0, 0.35)
    x, y = hand.x - math.sin(turn) * away, hand.y + math.cos(turn) * away
    return Region(x, y, hand.size * random.uniform(0.9, 1.2), hand.rotation + random.normal(0, 0.3))


def _inside(place: Region, width: int, height: int) -> bool:
    """Tell whether most of a place lies in a picture."""
    edge = _EDGE * place.size
    return edge < place.x < width - edge and edge < place.y < height - edge
