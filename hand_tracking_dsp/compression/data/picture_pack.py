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

"""Small pictures of hands, and of what is none, in one file that can be carried to where training runs."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.geometry import crop
from hand_tracking_dsp.tracking.types import Image, Region

SIDE_PX = 256
"""Largest side of a packed picture."""

CONTEXT = 1.5
"""Side of a hand's packed picture in sides of its region: room to shift, turn and scale the region in."""

_HASH_SIDE = 8
_SMALLEST_PX = 64


class PictureKind(IntEnum):
    """Content of a packed picture."""

    HAND = 0
    """A hand, upright, in the middle."""

    EMPTY = 1
    """Of a picture that shows no hand."""

    BESIDE = 2
    """Of a picture that shows hands, but beside them: forearms, faces, rooms."""

    CROP = 3
    """A hand's region itself, to measure on."""

    EMPTY_CROP = 4
    """A region without a hand, to measure on."""


@dataclass(frozen=True, slots=True)
class PackedPicture:
    """A picture of at most 256 pixels.

    Attributes:
        data: Encoded image.
        kind: What it shows.
        region: Of a hand, or of what a palm detector takes for one; None: nothing does.
        source: Data set.
        group: Group of pictures that look alike.
    """

    data: bytes
    kind: PictureKind
    region: Region | None
    source: str
    group: str

    def read(self) -> Image:
        """Decode the picture: uint8 [side, side, 3], BGR.

        Raises:
            ConfigurationError: It is damaged.
        """
        image = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        if image is None or image.shape[0] != image.shape[1]:
            msg = f"A packed picture of {self.source} is damaged: pack the pictures again."
            raise ConfigurationError(msg)
        result: Image = image.astype(np.uint8, copy=False)
        return result


def hold_out_end(
    pictures: Sequence[Picture], share: float = 0.25, margin: float = 0.055
) -> tuple[list[Picture], list[Picture]]:
    """Split the pictures of a folder into a training set and the last of them by name.

    Pictures whose names are neighbours show the same person or scene, so there is one border only, and what
    lies before it within a margin belongs to neither.

    Args:
        pictures: Pictures of one folder, in the order of their names.
        share: Share of them that is held out.
        margin: Share of them between both sets.
    """
    first = round(len(pictures) * (1 - share))
    return list(pictures[: first - round(len(pictures) * margin)]), list(pictures[first:])


def pack_hand(image: Image, region: Region, picture: Picture, quality: int) -> PackedPicture:
    """Cut a hand out of a picture, upright, with room around its region.

    Args:
        image: uint8 [height, width, 3], BGR.
        region: Region of the hand.
        picture: Origin of the image.
        quality: Quality of the WebP, 1 to 100.
    """
    side = _side_of(CONTEXT * region.size)
    around = Region(region.x, region.y, CONTEXT * region.size, region.rotation)
    inside = Region(side / 2, side / 2, side / CONTEXT, 0.0)
    patch = cv2.cvtColor(crop(image, around, side), cv2.COLOR_BGRA2BGR)
    data = encoded(patch.astype(np.uint8, copy=False), quality)
    return PackedPicture(data, PictureKind.HAND, inside, picture.source, picture.group)


def pack_square(
    image: Image,
    square: Region,
    kind: PictureKind,
    picture: Picture,
    quality: int,
    region: Region | None = None,
) -> PackedPicture:
    """Cut a square out of a picture; a region in it is given in the picture's pixels."""
    side = _side_of(square.size)
    smaller = cv2.GaussianBlur(image, (0, 0), 0.4 * square.size / side) if square.size > side else image
    patch = cv2.cvtColor(crop(smaller.astype(np.uint8, copy=False), square, side), cv2.COLOR_BGRA2BGR)
    inside = None
    if region is not None:
        scale = side / square.size
        cos, sin = np.cos(square.rotation), np.sin(square.rotation)
        x, y = region.x - square.x, region.y - square.y
        inside = Region(
            float(cos * x + sin * y) * scale + side / 2,
            float(cos * y - sin * x) * scale + side / 2,
            region.size * scale,
            region.rotation - square.rotation,
        )
    return PackedPicture(
        encoded(patch.astype(np.uint8, copy=False), quality), kind, inside, picture.source, picture.group
    )


def encoded(image: Image, quality: int) -> bytes:
    """Encode an image, uint8 [height, width, 3], BGR, as WebP."""
    _, data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return data.tobytes()


def difference_hash(image: Image) -> NDArray[np.bool_]:
    """Hash an image, uint8 [height, width, 3]: where brightness rises from left to right, bool [64]."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    rising: NDArray[np.bool_] = (np.diff(small, axis=1) > 0).reshape(-1)
    return rising


def thinned(pictures: Sequence[PackedPicture], most: int, nearest: int = 7) -> list[PackedPicture]:
    """Choose pictures that differ: farthest first by the hash, until all others are as near as that.

    Args:
        pictures: Pictures of one source.
        most: Most pictures to keep.
        nearest: Fewest bits of 64 by which two kept ones differ.
    """
    if not pictures:
        return []
    hashes = np.stack([difference_hash(picture.read()) for picture in pictures])
    distance = (hashes != hashes[0]).sum(1)
    chosen = [0]
    while len(chosen) < min(most, len(pictures)):
        farthest = int(distance.argmax())
        if distance[farthest] < nearest:
            break
        chosen.append(farthest)
        distance = np.minimum(distance, (hashes != hashes[farthest]).sum(1))
    return [pictures[i] for i in sorted(chosen)]


def write_pack(path: Path, pictures: Sequence[PackedPicture]) -> None:
    """Write pictures into one file; whatever fails, an older one of that name stays whole.

    Raises:
        OutputError: The file cannot be written.
    """
    nowhere = Region(np.nan, np.nan, np.nan, np.nan)
    regions = [picture.region or nowhere for picture in pictures]
    packed = io.BytesIO()
    np.savez(
        packed,
        data=np.frombuffer(b"".join(picture.data for picture in pictures), np.uint8),
        ends=np.cumsum([len(picture.data) for picture in pictures]),
        kinds=np.array([picture.kind for picture in pictures], np.uint8),
        regions=np.array([[r.x, r.y, r.size, r.rotation] for r in regions], np.float32),
        sources=np.array([picture.source for picture in pictures]),
        groups=np.array([picture.group for picture in pictures]),
    )
    write_bytes(path, packed.getvalue())


def read_pack(path: Path, kinds: Iterable[PictureKind] = tuple(PictureKind)) -> list[PackedPicture]:
    """Read the pictures of some kinds.

    Raises:
        ConfigurationError: The file is missing or damaged.
    """
    wanted = set(kinds)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            data, ends = found["data"].tobytes(), found["ends"].tolist()
            columns = [found[name].tolist() for name in ("kinds", "regions", "sources", "groups")]
        return [
            PackedPicture(data[start:end], PictureKind(kind), _region(values), source, group)
            for start, end, kind, values, source, group in zip([0, *ends[:-1]], ends, *columns, strict=True)
            if kind in wanted
        ]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        # What numpy says of another file is about its own options.
        reason = error.strerror if isinstance(error, OSError) else None
        reason = reason or "it is damaged, or no pack of 'models pack'"
        msg = f"The packed pictures {path} cannot be read ({reason}): pack them again."
        raise ConfigurationError(msg) from error


def read_pack_with(path: Path, needed: Mapping[PictureKind, str]) -> list[PackedPicture]:
    """Read all pictures of a pack that must hold some kinds.

    Args:
        path: The pack.
        needed: What it must hold, in words, by kind.

    Raises:
        ConfigurationError: The file is missing or damaged, or holds none of a kind.
    """
    pictures = read_pack(path)
    found = {picture.kind for picture in pictures}
    for kind, name in needed.items():
        if kind not in found:
            msg = f"The pack {path} holds no {name}: pack some, see 'models pack'."
            raise ConfigurationError(msg)
    return pictures


def _region(values: Sequence[float]) -> Region | None:
    x, y, size, rotation = values
    return Region(x, y, size, rotation) if np.isfinite(size) else None


def _side_of(size: float) -> int:
    return int(np.clip(round(size), _SMALLEST_PX, SIDE_PX))
