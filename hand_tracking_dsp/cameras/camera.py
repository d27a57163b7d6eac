"""Interface of sources of frames, and the values that they give."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import Handedness

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion, pixels; axes of the optical frame (x right, y down, z forward)."""

    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True, slots=True)
class HandTruth:
    """Exact joints of a hand in a picture.

    Attributes:
        handedness: Side of the person's body.
        joints_px: float32 [21, 3]: x, y in pixels, z in the same scale relative to the wrist, smaller is
            nearer.
        joints_m: float32 [21, 3]: metres from the mean of the joints, axes of the optical frame.
        centre_m: float32 [3]: that mean, metres in the optical frame.
    """

    handedness: Handedness
    joints_px: NDArray[np.float32]
    joints_m: NDArray[np.float32]
    centre_m: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    Attributes:
        index: Counts from 0 at opening; a live source leaves out the numbers of frames nobody read.
        image: uint8 [height, width, 3], BGR.
        truth: The hands it shows; None where the source does not know.
        depth_mm: uint16 [height, width], 0 = unknown; None where the source has no depth.
    """

    index: int
    image: NDArray[np.uint8]
    truth: tuple[HandTruth, ...] | None = None
    depth_mm: NDArray[np.uint16] | None = None


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Wishes of a user; a source heeds those that concern it.

    Attributes:
        width: Pixels, of devices and the synthetic hand (a device may choose its nearest).
        height: Pixels, likewise.
        rate_hz: Frames a second, of devices, folders and the synthetic hand; files and streams have theirs.
        loop: Begin files and folders again at their end.
        seed: Of the synthetic hand.
        hands: 1 or 2 synthetic hands.
        speed: Of the synthetic hand's movement; 1 = unhurried.
        absence_s: For how long the synthetic hands leave the view, in every absence_every_s; 0 = never.
        absence_every_s: Period of these absences.
        noise: Standard deviation of the synthetic sensor's noise, grey levels.
        blur_px: Standard deviation of the synthetic lens's blur, pixels; 0 = sharp.
    """

    width: int = 640
    height: int = 480
    rate_hz: float = 30.0
    loop: bool = False
    seed: int = 0
    hands: int = 1
    speed: float = 1.0
    absence_s: float = 1.5
    absence_every_s: float = 20.0
    noise: float = 2.0
    blur_px: float = 0.0

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        limits: dict[str, tuple[float, float]] = {
            "width": (16, 16384),
            "height": (16, 16384),
            "rate_hz": (0.1, 1000.0),
            "seed": (0, 2**32 - 1),
            "hands": (1, 2),
            "speed": (0.0, 100.0),
            "absence_s": (0.0, 3600.0),
            "absence_every_s": (self.absence_s, 3600.0),
            "noise": (0.0, 64.0),
            "blur_px": (0.0, 20.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                msg = f"The source's option {name} is {value}; choose a value from {low:g} to {high:g}."
                raise ConfigurationError(msg)


@runtime_checkable
class FrameSource(Protocol):
    """Gives frames one after the other; use it as a context manager, or close it.

    Attributes:
        name: For people: what is read.
        live: Frames come at their own pace, read() waits for the newest; else the caller sets the pace.
        rate_hz: Frames a second.
        width: Pixels of the first frame.
        height: Pixels of the first frame.
        intrinsics: The camera's, where they are known.
        frames_skipped: Frames left out so far because they could not be decoded.
    """

    name: str
    live: bool
    rate_hz: float
    width: int
    height: int
    intrinsics: Intrinsics | None
    frames_skipped: int

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Give the next frame, or None at the end.

        Raises:
            SourceError: The source has vanished, or gave nothing within timeout_s; open it again.
        """

    def close(self) -> None:
        """Release the source; may be called twice."""

    def __enter__(self) -> FrameSource:
        """Give the source itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""


class ClosingSource:
    """The context manager of every source."""

    def close(self) -> None:
        """Release the source; may be called twice."""

    def __enter__(self) -> FrameSource:
        """Give the source itself."""
        if not isinstance(self, FrameSource):
            raise TypeError(type(self).__name__)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
