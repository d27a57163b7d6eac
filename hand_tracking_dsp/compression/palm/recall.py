"""How many hands a palm detector finds, measured on boxes that people drew.

A person's box holds the whole hand, the detector's box the palm, so that their overlap says little. A
palm P finds a hand H where its centre lies in H and its size fits:

    centre(P) in H,  and  0.2 <= side(P) / max(width(H), height(H)) <= 1.2

with side(P) the longer side of its box. Palms choose in the order of their scores, each the free hand
with the nearest centre; a hand is found once. With t pairs, h hands and p palms

    recall = t / h,  precision = t / p.

A hand without a box counts as a false palm, so that precision says something beside another detector's only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import Floats, Image, PalmDetection

MOST_PALMS = 8
"""Palms asked of a picture: more than there are hands, so that every false one counts."""

_SMALLEST_SHARE, _LARGEST_SHARE = 0.2, 1.2
_COLUMNS = ("file", "xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture whose hands a person marked.

    Attributes:
        path: Where it lies.
        group: The recording it is from: its name before "_", "" if there is none.
        boxes: float32 [n, 4]: left, top, right, bottom, pixels.
    """

    path: Path
    group: str
    boxes: Floats

    def read(self) -> Image:
        """Decode it.

        Returns:
            uint8 [height, width, 3], BGR.

        Raises:
            SourceError: It cannot be decoded.
        """
        image: Image | None = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            msg = f"The picture {self.path} cannot be read: restore it, or take it out of the boxes' file."
            raise SourceError(msg)
        return image


@dataclass(frozen=True, slots=True)
class Recall:
    """What a detector found in labelled pictures; sums of two are their union.

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
        return Recall(
            self.pictures + other.pictures,
            self.hands + other.hands,
            self.palms + other.palms,
            self.pairs + other.pairs,
        )


def read_boxes(path: Path) -> list[LabelledPicture]:
    """Read a table of hand boxes.

    Args:
        path: CSV with the columns file, xmin, ymin, xmax, ymax (pixels), a row a box; the pictures lie
            beside it.

    Returns:
        The pictures, by name.

    Raises:
        SourceError: The table cannot be read, is empty, or a row is wrong.
    """
    boxes: dict[str, list[list[float]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                boxes.setdefault(row["file"], []).append([float(row[name]) for name in _COLUMNS[1:]])
    except OSError as error:
        msg = f"The boxes {path} cannot be read ({error.strerror}): give a CSV file of hand boxes."
        raise SourceError(msg) from error
    except (KeyError, TypeError, ValueError) as error:
        msg = f"The boxes {path} cannot be used ({error}): each row needs {', '.join(_COLUMNS)}."
        raise SourceError(msg) from error
    if not boxes:
        msg = f"There is no box in {path}: give a CSV file with {', '.join(_COLUMNS)}, a row a hand."
        raise SourceError(msg)
    return [
        LabelledPicture(
            path.parent / name,
            name.partition("_")[0] if "_" in name else "",
            np.array(rows, dtype=np.float32),
        )
        for name, rows in sorted(boxes.items())
    ]


def count_pairs(palms: Sequence[PalmDetection], hands: Floats) -> int:
    """Count the hands that palms found, by the rule above.

    Args:
        palms: Best score first.
        hands: float32 [n, 4]: left, top, right, bottom, pixels of the same image.
    """
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
    """Run a detector on labelled pictures.

    Args:
        detector: Run with its usual score threshold.
        pictures: See read_boxes.
        on_progress: Called after each picture.

    Returns:
        The result of each recording, by LabelledPicture.group; total gives that of all.

    Raises:
        SourceError: A picture cannot be decoded.
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


def total(results: Mapping[str, Recall]) -> Recall:
    """Add up the recordings."""
    return sum(results.values(), Recall())


def _recording(name: str) -> str:
    before, mark, _ = name.partition("_")
    return before if mark else ""
