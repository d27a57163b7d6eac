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

"""Pictures of data sets, and the groups of those that look alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hand_tracking_dsp.cameras.folder import list_images, read_image
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.types import Image

# Neighbours by name are mostly neighbours in time: a folder's groups are this many runs of them.
_GROUPS = 20
# Roboflow writes several variants of one original, which differ in what follows this.
_VARIANT_MARK = ".rf."


@dataclass(frozen=True, slots=True)
class Picture:
    """Picture file of a data set.

    Attributes:
        path: Path to the file.
        source: Name of the data set: that of the folder that was listed.
        group: Name shared by pictures that look alike, which are not split between training and measuring.
        limit: Limit of its size.
        on_unreadable: Called with the path whenever the file is read and cannot be decoded; None: nothing is.
    """

    path: Path
    source: str
    group: str
    limit: ImageOptions = field(default_factory=ImageOptions)
    on_unreadable: Callable[[Path], None] | None = field(default=None, compare=False, repr=False)

    def read(self) -> Image | None:
        """Decode the picture: uint8 [height, width, 3], BGR; None where the file cannot be decoded."""
        try:
            return read_image(self.path, self.limit)
        except FrameError:
            if self.on_unreadable is not None:
                self.on_unreadable(self.path)
            return None


def list_pictures(
    folder: Path,
    limit: ImageOptions | None = None,
    on_unreadable: Callable[[Path], None] | None = None,
) -> list[Picture]:
    """List a folder's pictures, see cameras.folder.list_images, with their groups.

    Args:
        folder: The folder.
        limit: Limit of their size.
        on_unreadable: See Picture.

    Raises:
        SourceError: The folder cannot be read, or no picture is in it.
    """
    paths = list_images(folder)
    originals = sorted({_original(path) for path in paths})
    place = {original: i * _GROUPS // len(originals) for i, original in enumerate(originals)}
    source = folder.resolve().name
    return [
        Picture(path, source, f"{source}/{place[_original(path)]}", limit or ImageOptions(), on_unreadable)
        for path in paths
    ]


def spread(pictures: Sequence[Sequence[Picture]]) -> list[Picture]:
    """Order the pictures of several folders so that any beginning of the list is spread evenly.

    The folders take turns; within a folder the order is that of the van der Corput sequence (base 2):
    first the ends and the middle, then what lies between.
    """
    orders = [[folder[i] for i in _van_der_corput(len(folder))] for folder in pictures]
    longest = max(map(len, orders), default=0)
    return [order[i] for i in range(longest) for order in orders if i < len(order)]


def generator_of(seed: int, *names: str) -> np.random.Generator:
    """Return the random generator of what has these names: the same whatever else is drawn beside it.

    Args:
        seed: Seed of the command, at least 0.
        names: Name of a data set, and what is drawn for it.
    """
    digest = hashlib.sha256("\0".join(names).encode(errors="surrogateescape")).digest()
    return np.random.default_rng([seed, *digest])


def _van_der_corput(count: int) -> list[int]:
    """Return 0 … count - 1, ordered by the bit-reversed index."""
    bits = max(count - 1, 1).bit_length()
    reverse = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(1 << bits))
    return [i for i in reverse if i < count]


def _original(path: Path) -> str:
    return str(path.with_name(path.name.split(_VARIANT_MARK)[0]))
