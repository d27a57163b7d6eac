"""Which pictures a folder holds, and which of them belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.tracking.types import Image

# Neighbours by name are mostly neighbours in time; this many runs of them make a folder's groups.
_GROUPS = 20
# Roboflow writes several variants of one original, told apart by what follows this.
_VARIANT_MARK = ".rf."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file.

    Attributes:
        path: Where it lies.
        source: Name of the data set: of the folder that was asked for.
        group: What looks alike: pictures of one group are not split between learning and measuring.
    """

    path: Path
    source: str
    group: str

    def read(self) -> Image | None:
        """Decode it.

        Returns:
            uint8 [height, width, 3], BGR; None where the file cannot be decoded.
        """
        image: Image | None = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        return image


def list_pictures(folder: Path) -> list[Picture]:
    """List a folder's pictures, also those of its subfolders, by name.

    Raises:
        SourceError: The folder is missing, or no picture is in it.
    """
    if not folder.is_dir():
        msg = f"There is no folder {folder}: give a folder with .jpg or .png pictures of hands."
        raise SourceError(msg)
    # Symbolic links are followed, so that a folder of links to folders is a collection of data sets.
    paths = sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder, followlinks=True)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES
    )
    if not paths:
        msg = f"There is no picture in {folder}: give a folder with .jpg or .png pictures of hands."
        raise SourceError(msg)
    originals = sorted({_original(path) for path in paths})
    place = {original: i * _GROUPS // len(originals) for i, original in enumerate(originals)}
    source = folder.resolve().name
    return [Picture(path, source, f"{source}/{place[_original(path)]}") for path in paths]


def spread(pictures: Sequence[Sequence[Picture]]) -> list[Picture]:
    """Order the pictures of several folders so that any beginning of the list is spread evenly.

    The folders take turns; within a folder the order is that of the van der Corput sequence (base 2):
    first the ends and the middle, then what lies between.

    Args:
        pictures: The pictures of each folder.
    """
    orders = [[folder[i] for i in _van_der_corput(len(folder))] for folder in pictures]
    longest = max(map(len, orders), default=0)
    return [order[i] for i in range(longest) for order in orders if i < len(order)]


def _van_der_corput(count: int) -> list[int]:
    """Return 0 … count - 1, ordered by the bit-reversed index."""
    bits = max(count - 1, 1).bit_length()
    reverse = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(1 << bits))
    return [i for i in reverse if i < count]


def _original(path: Path) -> str:
    return str(path.with_name(path.name.split(_VARIANT_MARK)[0]))
