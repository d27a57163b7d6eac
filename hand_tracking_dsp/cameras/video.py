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

"""Frames of a video file, every one in order."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import SourceOptions, StoredSource
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.decode import check_capture
from hand_tracking_dsp.images.options import ImageOptions

_RATES_HZ = (0.1, 1000.0)
# Kinds of files that count their frames. Of others the number is computed from duration and rate, so that
# time must be missing, too, seconds.
_COUNTED = (".avi", ".m4v", ".mov", ".mp4")
_MISSING_S = 0.3
# Frames, and share of all, that a decoder may leave out of a file that is whole.
_LEFT_OUT, _LEFT_OUT_SHARE = 2, 0.02


class VideoFileSource(StoredSource):
    """Gives a file's frames; rate_hz is the file's own (else the options'), the caller sets the pace.

    Args:
        path: Path to the file.
        options: Settings, of which rate_hz and loop count.
        images: Limit.

    Raises:
        SourceError: OpenCV cannot decode it, or its frames are too large by its header.
    """

    def __init__(self, path: Path, options: SourceOptions, images: ImageOptions | None = None) -> None:
        self._path = path
        self._images = images or ImageOptions()
        self.name = f"video {path}"
        self._first_s = 0.0
        self._frames = 0
        self._begun_s = self._gap_s = 0.0
        self._video = self._open()
        super().__init__(
            options,
            f"The file {path} is not a video that OpenCV can decode: check it, or convert it to H.264.",
            f"The video {path} cannot be opened again: check that it is still there.",
        )
        rate_hz = float(self._video.get(cv2.CAP_PROP_FPS))
        if _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1]:
            self.rate_hz = rate_hz

    def close(self) -> None:
        """Release the file."""
        self._video.release()

    def _restart(self) -> None:
        self._frames, self._gap_s = 0, 0.0
        self._video.release()
        self._video = self._open()

    def _open(self) -> cv2.VideoCapture:
        try:
            video = cv2.VideoCapture(str(self._path))
            check_capture(video, f"The {self.name}", self._images)
        except FrameError as error:
            raise SourceError(str(error)) from error
        return video

    def _next_image(self) -> NDArray[np.uint8] | None:
        image: NDArray[np.uint8] | None
        done, image = self._video.read()
        if not done:
            self._note_missing()
            return None
        before_s, self._time_s = self._time_s, self._next_time_s()
        if self._frames == 0 or before_s is None:
            self._begun_s = self._time_s
        else:
            self._gap_s = max(self._gap_s, self._time_s - before_s)
        self._frames += 1
        return image

    def _note_missing(self) -> None:
        """Note where the file tells of more frames than it gave, since decoding ends without an error."""
        count = float(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        if not self._frames + max(_LEFT_OUT, _LEFT_OUT_SHARE * count) < count < math.inf:
            return
        step_s = 1 / self.rate_hz
        short_s = count * step_s - ((self._time_s or 0.0) - self._begun_s + step_s)
        if self._path.suffix.lower() in _COUNTED or max(short_s, self._gap_s - step_s) > _MISSING_S:
            self.problem = (
                f"The {self.name} gave {self._frames} of the {count:.0f} frames that it tells of: it may be "
                f"cut off or damaged; copy or record it again."
            )

    def _next_time_s(self) -> float:
        """Return the time of the frame just read since the first one, which rises whatever the file says."""
        position_s = float(self._video.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
        if self._time_s is None:
            self._first_s = position_s
            return 0.0
        time_s = position_s - self._first_s
        if not self._time_s < time_s < math.inf:
            # No time is known, or the file was begun again.
            self._first_s = position_s - self._time_s - 1 / self.rate_hz
            return self._time_s + 1 / self.rate_hz
        return time_s
