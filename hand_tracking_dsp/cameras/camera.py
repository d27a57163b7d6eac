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

"""Interface of sources of frames, and the values that they give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.options import check_options, check_order, option
from hand_tracking_dsp.tracking.depth_view import Intrinsics

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
OTHER_IMAGE_SUFFIXES = (
    *(".heic", ".heif", ".avif", ".gif", ".jp2", ".jxl", ".ppm", ".pgm", ".pbm", ".pnm", ".exr", ".hdr"),
    *(".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw"),
)
"""Pictures that are not read."""


@dataclass(frozen=True, slots=True)
class HandTruth:
    """Exact joints of a hand in a picture.

    Attributes:
        handedness: Side of the person's body.
        joints_px: float32 [21, 3]: x, y in pixels, z in the same scale relative to the wrist, smaller is
            nearer.
        joints_m: float32 [21, 3]: metres from the mean of the joints, axes of the optical frame.
        centre_m: float32 [3]: that mean, metres in the optical frame.
        visible: bool [21]: whether the camera sees the skin before each joint; None: not known.
    """

    handedness: Handedness
    joints_px: NDArray[np.float32]
    joints_m: NDArray[np.float32]
    centre_m: NDArray[np.float32]
    visible: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    Attributes:
        index: Counts from 0 at opening; a live source leaves out the numbers of frames nobody read.
        image: uint8 [height, width, 3], BGR.
        truth: The hands it shows; None where the source does not know.
        depth_mm: uint16 [height, width], 0 = unknown; None where the source has no depth.
        time_s: Time since the first frame as the file tells it, seconds; None where it tells a rate alone.
    """

    index: int
    image: NDArray[np.uint8]
    truth: tuple[HandTruth, ...] | None = None
    depth_mm: NDArray[np.uint16] | None = None
    time_s: float | None = None

    def at_s(self, rate_hz: float) -> float:
        """Return the time since the first frame, seconds; where it is not told, that at a constant rate."""
        return self.index / rate_hz if self.time_s is None else self.time_s


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Settings of a source; a source heeds those that concern it."""

    width: int = option(640, "Image width asked of the source.", "px", 16, 8192)
    height: int = option(480, "Image height asked of the source.", "px", 16, 8192)
    rate_hz: float = option(
        30.0,
        "Images a second asked of a device, a folder, synthetic or rendered hands; video files and streams "
        "have their own.",
        "Hz",
        0.1,
        500,
    )
    loop: bool = option(False, "Restart the file or folder at its end.")
    allow_gstreamer: bool = option(
        True,
        "Open sources that begin with gst:, whose pipelines can do all that GStreamer can, as write files.",
        fixed=True,
    )
    seed: int = option(0, "Seed of the synthetic hand's motion and background.", "", 0, 2**31 - 1)
    hands: int = option(1, "Hands in the synthetic picture.", "hands", 1, 2)
    speed: float = option(
        1.0, "Speed of the synthetic hands' movement; 1: unhurried.", "", 0, 100, parameter=False
    )
    absence_s: float = option(
        1.5, "Time that the synthetic hands are out of view; 0: never.", "s", 0, 3600, parameter=False
    )
    absence_every_s: float = option(20.0, "Period of these absences.", "s", 0, 3600, parameter=False)
    noise: float = option(
        2.0, "Standard deviation of the synthetic sensor's noise.", "grey levels", 0, 64, parameter=False
    )
    depth_noise: str = option(
        "none",
        "Sensor whose noise the synthetic depth has: holes, jittered edges, quantisation, multipath.",
        choices=DEPTH_NOISES,
    )
    blur_px: float = option(
        0.0, "Standard deviation of the synthetic lens's blur; 0: sharp.", "px", 0, 20, parameter=False
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "absence_s", "absence_every_s", equal=True)


class FrameSource(ABC):
    """Gives frames one after the other; use it as a context manager, or close it.

    Attributes:
        name: For people: what is read.
        live: Frames come at their own pace, read() waits for the newest; else the caller sets the pace.
        rate_hz: Frames a second.
        width: Pixels of the first frame.
        height: Pixels of the first frame.
        intrinsics: The camera's, where they are known.
        frames_skipped: Frames left out so far because they could not be decoded.
        problem: Reason of the last of them, or what else of the source is not given; a sentence, "" for none.
    """

    name: str
    live: bool = False
    rate_hz: float
    width: int
    height: int
    intrinsics: Intrinsics | None = None
    frames_skipped: int = 0
    problem: str = ""

    @abstractmethod
    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Give the next frame, or None at the end.

        Raises:
            SourceError: The source has vanished, or gave nothing within timeout_s; open it again.
        """

    def close(self) -> None:  # noqa: B027 (most sources hold nothing open)
        """Release the source; may be called twice."""

    def __enter__(self) -> FrameSource:
        """Give the source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class StoredSource(FrameSource):
    """Gives pictures that are stored, in order, perhaps again and again; the caller sets the pace.

    Args:
        options: Settings, of which rate_hz and loop count.
        unreadable: Sentence for the user where there is no picture; the problem follows it.
        lost: Sentence for the user where the pictures cannot be read once more.

    Raises:
        SourceError: There is no picture.
    """

    # Frame.time_s of the image that _next_image read last.
    _time_s: float | None = None

    def __init__(self, options: SourceOptions, unreadable: str, lost: str) -> None:
        self.rate_hz = options.rate_hz
        self._loop = options.loop
        self._lost = lost
        self._index = 0
        self._ahead = self._next_image()
        if self._ahead is None:
            self.close()
            raise SourceError(f"{unreadable} {self.problem}".rstrip())
        self.height, self.width = self._ahead.shape[:2]

    def read(self, timeout_s: float = 1.0) -> Frame | None:  # noqa: ARG002
        """Give the next picture; None behind the last one unless the source loops.

        Raises:
            SourceError: It loops, but the pictures cannot be read once more.
        """
        image, self._ahead = self._ahead, None
        if image is None:
            image = self._next_image()
        if image is None and self._loop:
            self._restart()
            if (image := self._next_image()) is None:
                raise SourceError(self._lost)
        if image is None:
            return None
        frame = Frame(self._index, image, time_s=self._time_s)
        self._index += 1
        return frame

    @abstractmethod
    def _next_image(self) -> NDArray[np.uint8] | None:
        """Read a picture, BGR; None behind the last one."""

    @abstractmethod
    def _restart(self) -> None:
        """Go back before the first picture."""
