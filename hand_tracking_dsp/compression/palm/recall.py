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

"""Recall and precision of a palm detector, measured on boxes that people drew.

A person's box holds the whole hand, the detector's box the palm, so that their overlap says little. A
palm P finds a hand H where its centre lies in H and its size fits:

    centre(P) in H,  and  0.2 <= side(P) / max(width(H), height(H)) <= 1.2

with side(P) the longer side of its box. Palms choose in the order of their scores, each the free hand
with the nearest centre; a hand is found once. With t pairs, h hands and p palms

    recall = t / h,  precision = t / p.

A hand without a box counts as a false palm, so that precision says something beside another detector's only.

On pictures that show no hand every palm is false. A detector is run on each whole picture, and on nine
squares of it, as the tracker does where a hand is likely: there a face fills the input as a hand would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import add

import numpy as np

from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.palm.pictures import squares
from hand_tracking_dsp.recordings.labels import LabelledPicture
from hand_tracking_dsp.tracking.palm import SCORE_THRESHOLD, PalmDetector
from hand_tracking_dsp.tracking.types import Floats, Image, PalmDetection

MOST_PALMS = 8
"""Palms asked of a picture: more than there are hands, so that every false one counts."""

_SMALLEST_SHARE, _LARGEST_SHARE = 0.2, 1.2
# Logit -4: no detector's scores are moved by as much.
_LOW_THRESHOLD = 0.018


@dataclass(frozen=True, slots=True)
class Recall:
    """Counts of a detector on labelled pictures; sums of two are their union.

    Attributes:
        pictures: Number of pictures.
        hands: Number of boxes.
        palms: Number of palms found.
        pairs: Hands that a palm found.
    """

    pictures: int = 0
    hands: int = 0
    palms: int = 0
    pairs: int = 0

    @property
    def recall(self) -> float:
        """Share of the hands that were found, 0 to 1; 1 where there is none."""
        return self.pairs / self.hands if self.hands else 1.0

    @property
    def precision(self) -> float:
        """Share of the palms that are hands, 0 to 1; 1 where there is none."""
        return self.pairs / self.palms if self.palms else 1.0

    def __add__(self, other: Recall) -> Recall:
        return Recall(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class FalsePalms:
    """Counts of a detector on pictures without a hand; sums of two are their union.

    Attributes:
        pictures: Number of pictures.
        wrong: Number of them in which, whole, a palm is seen.
        squares: Number of squares of them.
        wrong_squares: Number of squares in which a palm is seen.
    """

    pictures: int = 0
    wrong: int = 0
    squares: int = 0
    wrong_squares: int = 0

    @property
    def share(self) -> float:
        """Share of all views, pictures and squares, in which a palm is seen, 0 to 1; 0 without any."""
        return (self.wrong + self.wrong_squares) / max(self.pictures + self.squares, 1)

    def __add__(self, other: FalsePalms) -> FalsePalms:
        return FalsePalms(*map(add, astuple(self), astuple(other)))


def count_pairs(palms: Sequence[PalmDetection], hands: Floats) -> int:
    """Count the hands, boxes float32 [n, 4], that palms, best score first, found by the rule above."""
    free = np.ones(len(hands), dtype=bool)
    sides = (hands[:, 2:] - hands[:, :2]).max(axis=1)
    centres = (hands[:, :2] + hands[:, 2:]) / 2
    for palm in palms:
        centre = (palm.box[:2] + palm.box[2:]) / 2
        share = (palm.box[2:] - palm.box[:2]).max() / np.maximum(sides, np.finfo(np.float32).tiny)
        inside = ((hands[:, :2] <= centre) & (centre <= hands[:, 2:])).all(axis=1)
        fits = free & inside & (share >= _SMALLEST_SHARE) & (share <= _LARGEST_SHARE)
        if fits.any():
            distances = np.linalg.norm(centres - centre, axis=1)
            free[int(np.argmin(np.where(fits, distances, np.inf)))] = False
    return int((~free).sum())


def measure_recall(
    detector: PalmDetector,
    pictures: Iterable[LabelledPicture],
    on_progress: Callable[[], None] | None = None,
) -> dict[str, Recall]:
    """Run a detector with its usual score threshold on labelled pictures.

    Returns:
        Results by LabelledPicture.group; total gives that of all.

    Raises:
        FrameError: A picture cannot be decoded.
        BackendError: The network failed.
    """
    found: dict[str, Recall] = {}
    for picture in pictures:
        palms = detector.detect(picture.read(), "bgr", MOST_PALMS)
        result = Recall(1, len(picture.boxes), len(palms), count_pairs(palms, picture.boxes))
        found[picture.group] = found.get(picture.group, Recall()) + result
        if on_progress:
            on_progress()
    return found


def measure_false_palms(
    detector: PalmDetector,
    pictures: Iterable[Picture],
    on_progress: Callable[[], None] | None = None,
) -> FalsePalms:
    """Run a detector with its usual score threshold on pictures without a hand, all that can be decoded.

    Raises:
        BackendError: The network failed.
    """
    found = FalsePalms()
    for picture in pictures:
        image = picture.read()
        if image is not None:
            whole, *parts = (bool(one) for one in _seen(detector, image, SCORE_THRESHOLD))
            found += FalsePalms(1, int(whole), len(parts), sum(parts))
        if on_progress:
            on_progress()
    return found


def highest_logits(detector: PalmDetector, pictures: Iterable[Picture]) -> Floats:
    """Run a detector on the views of pictures in which measure_false_palms counts.

    Returns:
        float32 [n]: the best palm's logit in each view, -inf where that is far below the usual threshold.

    Raises:
        BackendError: The network failed.
    """
    images = (image for picture in pictures if (image := picture.read()) is not None)
    views = (palms for image in images for palms in _seen(detector, image, _LOW_THRESHOLD))
    scores = np.array([palms[0].score if palms else 0.0 for palms in views], np.float32)
    with np.errstate(divide="ignore"):
        logits: Floats = np.log(scores / (1 - scores))
    return logits


def _seen(detector: PalmDetector, image: Image, score_threshold: float) -> Iterator[list[PalmDetection]]:
    """Yield the best palm, if any, in an image, BGR, and in each of its squares."""
    for place in (None, *squares(image)):
        yield detector.detect(image, "bgr", 1, score_threshold, place)


def total(results: Mapping[str, Recall]) -> Recall:
    """Add up the recordings."""
    return sum(results.values(), Recall())
