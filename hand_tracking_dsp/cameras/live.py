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

"""Live sources: V4L2 devices and network streams, of which only the newest frame counts."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import Frame, FrameSource, SourceOptions
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.codec_messages import collect_codec_messages, damage
from hand_tracking_dsp.images.decode import check_capture
from hand_tracking_dsp.images.options import ImageOptions

_OPEN_TIMEOUT_S = 8.0
_CLOSE_TIMEOUT_S = 2.0
_RAW_LIMIT_PIXELS_HZ = 640 * 480 * 30
"""Pixels a second above which raw pictures overfill USB 2, so that a camera is asked for MJPEG."""


class LiveSource(FrameSource):
    """Reads a capture in a thread of its own and keeps the newest frame, so that nothing here can hang.

    Args:
        name: Name for people; holds no password.
        rate_hz: Rate where the capture reports none.
        open_capture: Function that opens it; runs in the thread, as it may block.
        remedy: Advice where it does not open, the end of a sentence.
        open_timeout_s: Time that the first frame may take.
        images: Limit of the images' size.

    Raises:
        SourceError: It does not open, gives no first frame, or its frames are too large.
    """

    def __init__(
        self,
        name: str,
        rate_hz: float,
        open_capture: Callable[[], cv2.VideoCapture],
        remedy: str,
        open_timeout_s: float = _OPEN_TIMEOUT_S,
        images: ImageOptions | None = None,
    ) -> None:
        self.name = name
        self._images = images or ImageOptions()
        self._refused = ""
        self.live = True
        self.rate_hz = rate_hz
        self._open_capture = open_capture
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._image: NDArray[np.uint8] | None = None
        self._grabbed = 0
        self._given = 0
        self._opened = False
        self._ended = False
        self._thread = threading.Thread(target=self._grab, name=f"grab {name}", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._grabbed > 0 or self._ended, open_timeout_s)
        first = self._newest()
        if first is None:
            self.close()
            if self._refused:
                raise SourceError(self._refused)
            msg = f"The {name} {self._trouble(open_timeout_s)}: {remedy}."
            raise SourceError(msg)
        self.height, self.width = first.shape[:2]

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        """Wait for a frame newer than the last one given.

        Raises:
            SourceError: The source has vanished or gave none within timeout_s.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._grabbed > self._given or self._ended, timeout_s)
            image = self._image if self._grabbed > self._given else None
            self._given = self._grabbed
        if image is None:
            what = "has ended or vanished" if self._ended else f"gave no frame for {timeout_s:g} s"
            msg = f"The {self.name} {what}: check it; it can be opened again when it is back."
            raise SourceError(msg)
        return Frame(self._given - 1, image)

    def close(self) -> None:
        """Stop the thread; a capture that blocks is left to end by itself."""
        self._closing.set()
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _newest(self) -> NDArray[np.uint8] | None:
        with self._changed:
            return self._image

    def _trouble(self, timeout_s: float) -> str:
        """Say why there is no first frame."""
        if self._opened:
            return "opens but gives no frame"
        return "does not open" if self._ended else f"does not open within {timeout_s:g} s"

    def _grab(self) -> None:
        capture: cv2.VideoCapture | None = None
        try:
            capture = self._open_capture()
            self._opened = bool(capture.isOpened())
            check_capture(capture, f"The {self.name}", self._images)
            rate_hz = float(capture.get(cv2.CAP_PROP_FPS)) if self._opened else 0.0
            if 1.0 <= rate_hz <= 1000.0:
                self.rate_hz = rate_hz
            while self._opened and not self._closing.is_set():
                if not capture.grab():
                    break
                if (image := self._retrieve(capture)) is None:
                    continue
                with self._changed:
                    self._image = image
                    self._grabbed += 1
                    self._changed.notify_all()
        except FrameError as error:
            self._refused = str(error)
        except cv2.error:
            pass
        finally:
            if capture is not None:
                capture.release()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _retrieve(self, capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
        """Decode the frame grabbed; None where it is damaged, as the JPEGs of cameras on a full bus are."""
        image: NDArray[np.uint8] | None
        with collect_codec_messages() as lines:
            done, image = capture.retrieve()
        trouble = damage(lines)
        if done and image is not None and not trouble:
            return image
        self.frames_skipped += 1
        reason = trouble or "it cannot be decoded"
        self.problem = f"A frame of the {self.name} is damaged ({reason}): check its cable and its rate."
        return None


class DeviceSource(LiveSource):
    """A V4L2 camera.

    Args:
        spec: Its number ("0") or path ("/dev/video0", "/dev/v4l/by-id/…").
        options: Width, height and rate_hz; the camera takes its nearest.
        images: Limit of the images' size.

    Raises:
        SourceError: There is no such camera, it may not be read, or it gives no frame.
    """

    def __init__(self, spec: str, options: SourceOptions, images: ImageOptions | None = None) -> None:
        path = Path(f"/dev/video{spec}" if spec.isdecimal() else spec)
        if not path.exists():
            msg = f"There is no camera {path}: connect one, or name another (ls /dev/video*)."
            raise SourceError(msg)
        if not os.access(path, os.R_OK | os.W_OK):
            msg = f"This user may not read the camera {path}: join the group video and log in again."
            raise SourceError(msg)
        super().__init__(
            f"camera {path}",
            options.rate_hz,
            lambda: _open_device(path, options),
            "see that no other program holds it, and that it is a camera (v4l2-ctl --list-devices)",
            images=images,
        )


class StreamSource(LiveSource):
    """A network stream.

    Args:
        address: "rtsp://…", "http://…", …, or "gst:" and a GStreamer pipeline that ends in appsink.
        open_timeout_s: Time that the first frame may take.
        images: Limit of the images' size.

    Raises:
        SourceError: It does not open, gives no frame, or this OpenCV has no GStreamer.
    """

    def __init__(
        self, address: str, open_timeout_s: float = _OPEN_TIMEOUT_S, images: ImageOptions | None = None
    ) -> None:
        if address.startswith("gst:") and not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            msg = (
                f"'{_public(address)}' needs GStreamer, which this OpenCV {cv2.__version__} lacks: "
                f"install the distribution's python3-opencv, or give an rtsp:// or http:// address."
            )
            raise SourceError(msg)
        super().__init__(
            f"stream {_public(address)}",
            30.0,
            lambda: _open_stream(address, open_timeout_s),
            "check the address and the network",
            open_timeout_s,
            images,
        )


def _open_device(path: Path, options: SourceOptions) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
    if options.width * options.height * options.rate_hz > _RAW_LIMIT_PIXELS_HZ:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.height)
    capture.set(cv2.CAP_PROP_FPS, options.rate_hz)
    return capture


def _open_stream(address: str, timeout_s: float) -> cv2.VideoCapture:
    if address.startswith("gst:"):
        return cv2.VideoCapture(address.removeprefix("gst:").strip(), cv2.CAP_GSTREAMER)
    limit_ms = round(1000.0 * timeout_s)
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit_ms)
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)


def _public(address: str) -> str:
    """Hide user and password of an address."""
    return re.sub(r"//[^/@\s]*@", "//…@", address)
