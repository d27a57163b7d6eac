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

"""Pictures of signs with their classes, split so that no person or original is in two parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.folder import list_images, read_image
from hand_tracking_dsp.compression.data.pictures import generator_of
from hand_tracking_dsp.errors import ConfigurationError, FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.types import Image

PARTS = {"train": 0.6, "validation": 0.2, "test": 0.2}
"""Shares of the pictures."""

_VARIANT_MARK = ".rf."
# Pictures of one recording: their thumbnails of 8 x 8 pixels differ by less than this, grey levels of 255.
_ALIKE = 10.0
_THUMBNAIL = 8


@dataclass(frozen=True, slots=True, eq=False)
class SignPart:
    """Images uint8 [n, side, side, 3], RGB, and their classes int64 [n]."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SignSet:
    """Data set of signs.

    Attributes:
        name: Name of its folder.
        classes: Names of the signs.
        split_by: Kind of group that is in one part only: "folder", "original", "person" or "look-alike".
        groups: Number of groups.
        parts: Parts by the names of PARTS.
    """

    name: str
    classes: tuple[str, ...]
    split_by: str
    groups: int
    parts: dict[str, SignPart]


def read_signs(
    folder: Path,
    side: int,
    count: int,
    seed: int,
    limit: ImageOptions | None = None,
    on_unreadable: Callable[[Path], None] | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SignSet:
    """Read a folder of pictures whose classes are named by subfolders, or by the beginnings of file names.

    A class is the first subfolder; where there is none, the words of the file's name before the first with
    a digit ("video_pause_8a85b9df.jpg": video_pause), or the letters or digits that it begins with
    ("A12_jpg.rf.292a.jpg": A; "7_IMG_1125.jpg": 7).

    Groups that are in one part only are the second subfolder (a person's); else variants of one original,
    where names have Roboflow's mark; else persons, where names end with a number: a person shows the signs in
    order, so that the next begins where the order falls; else pictures of one class that look alike, in
    chains: neighbours in a recording.

    Args:
        folder: The folder.
        side: Height and width of the images, pixels; pictures are stretched to it.
        count: Pictures to read at most, whole groups drawn at random; 0: all.
        seed: Seed of what is drawn, and of the split.
        limit: Limit of the pictures' size, which their headers state.
        on_unreadable: Called with each file that cannot be decoded; it is left out.
        on_progress: Called with the files read and to read.

    Raises:
        SourceError: The folder cannot be read, or holds no picture.
        ConfigurationError: There are fewer than two classes, or a part lacks one.
    """
    paths = list_images(folder)
    found: dict[Path, Image] = {}
    for number, path in enumerate(paths, 1):
        image = _read(path, side, limit, on_unreadable)
        if image is not None:
            found[path.relative_to(folder)] = image
        on_progress(number, len(paths))
    read, images = list(found), list(found.values())
    names = [class_of(path) for path in read]
    classes = tuple(sorted(set(names)))
    split_by, groups = groups_of(read, names, images)
    random = generator_of(seed, folder.resolve().name, "split of signs")
    parts = _split(names, _drawn(groups, count, random), random)
    _check(folder, classes, split_by, set(parts.values()))
    contents = {
        part: _part(images, names, classes, [i for i, one in parts.items() if one[0] == part])
        for part in PARTS
    }
    return SignSet(folder.resolve().name, classes, split_by, len(set(groups)), contents)


def class_of(path: Path) -> str:
    """Return the sign that a picture shows, by its path below the folder of the data set."""
    if len(path.parts) > 1:
        return path.parts[0]
    words = path.stem.split("_")
    numbered = next((i for i, word in enumerate(words) if re.search(r"\d", word)), len(words))
    if numbered:
        return "_".join(words[:numbered])
    found = re.match(r"[^\W\d]+|\d+", words[0])
    return found[0] if found else words[0]


def groups_of(
    paths: Sequence[Path], classes: Sequence[str], images: Sequence[Image]
) -> tuple[str, list[str]]:
    """Find the groups of pictures that have to stay together, see read_signs.

    Args:
        paths: Paths below the folder of the data set, sorted.
        classes: Class of each.
        images: Pixels of each, all of one size.

    Returns:
        What a group is, and the name of each picture's.
    """
    if all(len(path.parts) > 2 for path in paths):
        return "folder", [path.parts[1] for path in paths]
    if any(_VARIANT_MARK in path.name for path in paths):
        return "original", [path.name.split(_VARIANT_MARK)[0] for path in paths]
    numbers = [re.search(r"(?:^|\D)(\d+)$", path.stem) for path in paths]
    known = [int(found[1]) for found in numbers if found]
    if len(known) == len(paths) == len(set(known)):
        return "person", _runs(known, classes)
    return "look-alike", _alike(classes, images)


def _read(
    path: Path, side: int, limit: ImageOptions | None, on_unreadable: Callable[[Path], None] | None
) -> Image | None:
    """Decode a picture to uint8 [side, side, 3], RGB; None where it cannot be decoded."""
    try:
        image = read_image(path, limit)
    except FrameError:
        if on_unreadable is not None:
            on_unreadable(path)
        return None
    resized: Image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return resized[..., ::-1]


def _check(folder: Path, classes: Sequence[str], split_by: str, there: set[tuple[str, str]]) -> None:
    """Check that there is something to tell apart, and that every part has pictures of every class."""
    if len(classes) < 2:
        msg = (
            f"The pictures in {folder} are of {len(classes)} class(es): name a folder with a subfolder for "
            f"each sign, or whose files' names begin with the sign."
        )
        raise ConfigurationError(msg)
    for part in PARTS:
        for name in classes:
            if (part, name) not in there:
                msg = (
                    f"No picture of {name} in {folder} is left for {part}, which has to be of another "
                    f"{split_by} than the rest: add pictures of it, or raise --count."
                )
                raise ConfigurationError(msg)


def _runs(numbers: Sequence[int], classes: Sequence[str]) -> list[str]:
    """Number the runs in which classes do not fall, in the order of the pictures' numbers."""
    run, last = 0, ""
    found = [""] * len(numbers)
    for index in sorted(range(len(numbers)), key=numbers.__getitem__):
        run += classes[index] < last
        last, found[index] = classes[index], str(run)
    return found


def _alike(classes: Sequence[str], images: Sequence[Image]) -> list[str]:
    """Chain pictures of a class whose thumbnails hardly differ."""
    from scipy.sparse.csgraph import connected_components

    found = [""] * len(images)
    size = (_THUMBNAIL, _THUMBNAIL)
    for name in sorted(set(classes)):
        own = [i for i, one in enumerate(classes) if one == name]
        small = np.stack([cv2.resize(images[i], size, interpolation=cv2.INTER_AREA).ravel() for i in own])
        values = small.astype(np.float32)
        squares = (values**2).sum(axis=1)
        distances = (squares[:, None] + squares - 2 * values @ values.T) / values.shape[1]
        _, chains = connected_components(distances < _ALIKE**2, directed=False)
        for index, chain in zip(own, chains, strict=True):
            found[index] = f"{name}/{chain}"
    return found


def _drawn(groups: Sequence[str], count: int, random: np.random.Generator) -> dict[str, list[int]]:
    """Draw whole groups until there are count pictures: their indices by group, in a random order."""
    found: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        found.setdefault(group, []).append(index)
    names = sorted(found)
    chosen: dict[str, list[int]] = {}
    for place in random.permutation(len(names)):
        if count and sum(map(len, chosen.values())) >= count:
            break
        chosen[names[place]] = found[names[place]]
    return chosen


def _split(
    names: Sequence[str], groups: dict[str, list[int]], random: np.random.Generator
) -> dict[int, tuple[str, str]]:
    """Give each group to the part that lacks most of its first class; returns part and class by picture."""
    given: Counter[tuple[str, str]] = Counter()
    # Large groups first: the later ones even out what they leave.
    order = sorted(groups.values(), key=lambda own: (-len(own), random.random()))
    parts = {}
    for own in order:
        name = names[own[0]]
        part = min(PARTS, key=lambda one: given[one, name] / PARTS[one])
        for index in own:
            given[part, names[index]] += 1
            parts[index] = (part, names[index])
    return parts


def _part(
    images: Sequence[Image], names: Sequence[str], classes: Sequence[str], chosen: Sequence[int]
) -> SignPart:
    side = images[0].shape[0]
    pixels = np.stack([images[i] for i in chosen]) if chosen else np.zeros((0, side, side, 3), np.uint8)
    labels = np.array([classes.index(names[i]) for i in chosen], dtype=np.int64)
    return SignPart(np.ascontiguousarray(pixels), labels)
