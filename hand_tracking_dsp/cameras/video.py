"""Frames of a video file, every one in order."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import Frame, FrameSource, SourceOptions
from hand_tracking_dsp.errors import SourceError

_RATES_HZ = (0.1, 1000.0)


class VideoFileSource(FrameSource):
    """Gives a file's frames; rate_hz is the file's own (else the options'), the caller sets the pace.

    Raises:
        SourceError: OpenCV cannot decode it.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._path = path
        self._loop = options.loop
        self._index = 0
        self._video = cv2.VideoCapture(str(path))
        self._ahead: NDArray[np.uint8] | None = self._decode()
        if self._ahead is None:
            self.close()
            msg = f"The file {path} is not a video that OpenCV can decode: check it, or convert it to H.264."
            raise SourceError(msg)
        rate_hz = float(self._video.get(cv2.CAP_PROP_FPS))
        self.name = f"video {path}"
        self.rate_hz = rate_hz if _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1] else options.rate_hz
        self.height, self.width = self._ahead.shape[:2]

    def read(self, timeout_s: float = 1.0) -> Frame | None:  # noqa: ARG002
        """Decode the next frame; None at the end unless the file loops.

        Raises:
            SourceError: A looping file cannot be opened again.
        """
        image, self._ahead = self._ahead, None
        if image is None:
            image = self._decode()
        if image is None and self._loop:
            self._video.release()
            self._video = cv2.VideoCapture(str(self._path))
            image = self._decode()
            if image is None:
                msg = f"The video {self._path} cannot be opened again: check that it is still there."
                raise SourceError(msg)
        if image is None:
            return None
        frame = Frame(self._index, image)
        self._index += 1
        return frame

    def close(self) -> None:
        """Release the file."""
        self._video.release()

    def _decode(self) -> NDArray[np.uint8] | None:
        image: NDArray[np.uint8] | None
        done, image = self._video.read()
        return image if done else None
