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

"""Images in a folder: their listing, their decoding, and a source of frames made of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES, SourceOptions, StoredSource
from hand_tracking_dsp.errors import SourceError


class ImageFolderSource(StoredSource):
    """Source of a folder's images, each in its own size; one that cannot be decoded is skipped and counted.

    The path is that of a folder, see list_images, or of one image; of the options rate_hz and loop count.

    Raises:
        SourceError: The folder cannot be read, or holds no image that can be decoded.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._paths = [path] if path.is_file() else list_images(path)
        self._place = 0
        self.name = f"images of {path}" if path.is_dir() else f"image {path}"
        super().__init__(
            options,
            f"None of the {len(self._paths)} images in {path} can be decoded: check that they are whole.",
            f"The images in {path} cannot be decoded any more: check that they are there.",
        )

    def _next_image(self) -> NDArray[np.uint8] | None:
        while self._place < len(self._paths):
            path = self._paths[self._place]
            self._place += 1
            if (image := read_image(path)) is not None:
                return image
            self.frames_skipped += 1
        return None

    def _restart(self) -> None:
        self._place = 0


def list_images(folder: Path) -> list[Path]:
    """List the image files of a folder and its subfolders.

    Hidden files and folders are skipped. Links are followed, but each folder is listed once, whatever links
    lead to it: a link to a parent makes no loop, and images are not repeated.

    Args:
        folder: Path to the folder, which may be hidden or a link itself.

    Returns:
        Paths below the folder, sorted.

    Raises:
        SourceError: The folder or one below it cannot be read, or there is no image.
    """
    try:
        if not folder.is_dir():
            msg = f"There is no folder {folder}: name one that holds images."
            raise SourceError(msg)
        paths = sorted(path for path in _files(folder) if path.suffix.lower() in IMAGE_SUFFIXES)
    except OSError as error:
        msg = (
            f"The folder {error.filename or folder} cannot be read ({error.strerror}): make it readable or "
            f"name another one."
        )
        raise SourceError(msg) from error
    if not paths:
        msg = f"There is no image ({', '.join(IMAGE_SUFFIXES)}) in {folder}: name a folder that holds some."
        raise SourceError(msg)
    return paths


def read_image(path: Path) -> NDArray[np.uint8] | None:
    """Decode an image file.

    Returns:
        uint8 [height, width, 3], BGR; None where it cannot be read or decoded.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None
    return None if image is None else image.astype(np.uint8, copy=False)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files, and dangling links to count as unreadable; reading pipes and devices would not end."""
    listed: set[Path] = set()
    # Folders before links: an image is named by its own folder, not by a link to it.
    folders, links = [folder], deque[Path]()
    while folders or links:
        current = folders.pop() if folders else links.popleft()
        if (real := current.resolve()) in listed:
            continue
        listed.add(real)
        for path in sorted(current.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                (links if path.is_symlink() else folders).append(path)
            elif path.is_file() or not path.exists():
                yield path
