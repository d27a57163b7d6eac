"""Pictures of a folder, in the order of their names."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES, ClosingSource, Frame, Intrinsics, SourceOptions
from hand_tracking_dsp.errors import SourceError


class ImageFolderSource(ClosingSource):
    """Gives a folder's images, each in its own size; one that cannot be decoded is skipped and counted.

    Args:
        path: A folder (its subfolders are not looked at), or one image.
        options: rate_hz and loop.

    Raises:
        SourceError: There is no image in it that can be decoded.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._paths = [path] if path.is_file() else _images(path)
        self._where = path
        self._loop = options.loop
        self._place = 0
        self._index = 0
        self.name = f"images of {path}" if path.is_dir() else f"image {path}"
        self.live = False
        self.rate_hz = options.rate_hz
        self.intrinsics: Intrinsics | None = None
        self.frames_skipped = 0
        self._ahead: NDArray[np.uint8] | None = self._next_image()
        if self._ahead is None:
            msg = (
                f"None of the {len(self._paths)} images in {path} can be decoded: check that they are whole."
            )
            raise SourceError(msg)
        self.height, self.width = self._ahead.shape[:2]

    def read(self, timeout_s: float = 1.0) -> Frame | None:  # noqa: ARG002
        """Decode the next image; None behind the last one unless the folder loops.

        Raises:
            SourceError: No image can be decoded any more.
        """
        image, self._ahead = self._ahead, None
        if image is None:
            image = self._next_image()
        if image is None and self._loop:
            self._place = 0
            image = self._next_image()
            if image is None:
                msg = f"The images in {self._where} cannot be decoded any more: check that they are there."
                raise SourceError(msg)
        if image is None:
            return None
        frame = Frame(self._index, image)
        self._index += 1
        return frame

    def _next_image(self) -> NDArray[np.uint8] | None:
        while self._place < len(self._paths):
            path = self._paths[self._place]
            self._place += 1
            try:
                image: NDArray[np.uint8] | None = cv2.imread(str(path), cv2.IMREAD_COLOR)
            except cv2.error:
                image = None
            if image is not None:
                return image
            self.frames_skipped += 1
        return None


def _images(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        msg = f"The folder {folder} holds no image ({', '.join(IMAGE_SUFFIXES)}): name one that does."
        raise SourceError(msg)
    return paths
