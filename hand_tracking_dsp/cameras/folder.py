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

from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from hand_tracking_dsp.cameras.camera import (
    IMAGE_SUFFIXES,
    OTHER_IMAGE_SUFFIXES,
    SourceOptions,
    StoredSource,
)
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.decode import decode_image, to_colour
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import Values, ValueScale
from hand_tracking_dsp.tracking.types import Image

_MOST_BYTES_A_PIXEL = 16
"""Four values of 32 bits, as nothing is stored larger than it decodes to."""


class ImageFolderSource(StoredSource):
    """Source of a folder's images, each in its own size; one that cannot be decoded is skipped and counted.

    Args:
        path: Path to a folder, see list_images, or to one image.
        options: Settings, of which rate_hz and loop count.
        images: Limit, and bits of 16-bit values.

    Raises:
        SourceError: The folder cannot be read, or holds no image that can be decoded.
    """

    def __init__(self, path: Path, options: SourceOptions, images: ImageOptions | None = None) -> None:
        self._images = images
        self._paths = [path] if path.is_file() else list_images(path)
        self._place = 0
        self.name = f"images of {path}" if path.is_dir() else f"image {path}"
        self.problem = passed_over(path) if path.is_dir() else ""
        super().__init__(
            options,
            f"None of the {len(self._paths)} images in {path} can be decoded: check that they are whole.",
            f"The images in {path} cannot be decoded any more: check that they are there.",
        )

    def _next_image(self) -> Image | None:
        while self._place < len(self._paths):
            path = self._paths[self._place]
            self._place += 1
            try:
                return read_image(path, self._images)
            except FrameError as error:
                self.frames_skipped += 1
                self.problem = str(error)
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
        raise SourceError(f"{msg} {passed_over(folder)}".rstrip())
    return paths


def passed_over(folder: Path) -> str:
    """Say how many pictures of a folder and its subfolders are not read for their kind; "" where none is."""
    try:
        suffixes = Counter(path.suffix.lower() for path in _files(folder))
    except OSError:  # list_images says so
        return ""
    others = {suffix: suffixes[suffix] for suffix in OTHER_IMAGE_SUFFIXES if suffixes[suffix]}
    if not others:
        return ""
    kinds = ", ".join(f"{count} {suffix}" for suffix, count in others.items())
    return f"Pictures in {folder} are passed over for their kind ({kinds}): convert them to JPEG or PNG."


def read_image(path: Path, options: ImageOptions | None = None) -> Image:
    """Decode an image file, upright by its EXIF data.

    Args:
        path: Path to a JPEG, PNG, WebP, BMP or TIFF.
        options: Limit, and bits of 16-bit values; the defaults if None.

    Returns:
        uint8 [height, width, 3], BGR.

    Raises:
        FrameError: It cannot be read, is too large by its header, of another kind, or damaged.
    """
    options = options or ImageOptions()
    return to_colour(read_values(path, options), ValueScale(options))


def read_values(path: Path, options: ImageOptions | None = None) -> Values:
    """Decode an image file in its own depth, upright by its EXIF data.

    Args:
        path: Path to a JPEG, PNG, WebP, BMP or TIFF.
        options: Limit; the default if None.

    Returns:
        [height, width] grey, or [height, width, 3] BGR.

    Raises:
        FrameError: It cannot be read, is too large by its header, of another kind, or damaged.
    """
    options = options or ImageOptions()
    name = f"The picture {path}"
    try:
        size = path.stat().st_size
        if size > options.max_image_megapixels * 1e6 * _MOST_BYTES_A_PIXEL:
            msg = (
                f"{name} has {size * 1e-6:.0f} MB: more than an image of max_image_megapixels, "
                f"{options.max_image_megapixels:g}, can have."
            )
            raise FrameError(msg)
        data = path.read_bytes()
    except OSError as error:
        msg = f"{name} cannot be read ({error.strerror}): check that it is there and may be read."
        raise FrameError(msg) from error
    return decode_image(data, name, options)


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
