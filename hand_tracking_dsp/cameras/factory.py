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

"""Opens the source of frames named by the user."""

from __future__ import annotations

import os
from pathlib import Path

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES, FrameSource, SourceOptions
from hand_tracking_dsp.cameras.folder import ImageFolderSource
from hand_tracking_dsp.cameras.live import DeviceSource, StreamSource
from hand_tracking_dsp.cameras.mesh.source import MeshHandSource
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cameras.video import VideoFileSource
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.decode import check_size
from hand_tracking_dsp.images.header import foreign_kind, is_image
from hand_tracking_dsp.images.jpeg import read_jpeg
from hand_tracking_dsp.images.options import ImageOptions

_START_BYTES = 1 << 20
"""Bytes in which a video of JPEGs states the size of its first."""

DRAWN_SOURCES = ("synthetic", "mesh")
"""Sources that draw their hands: without end, with truth, and of no person."""

GSTREAMER_PREFIX = "gst:"
STREAM_PREFIXES = (
    "rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", GSTREAMER_PREFIX,
)  # fmt: skip


def open_source(
    spec: str, options: SourceOptions | None = None, images: ImageOptions | None = None
) -> FrameSource:
    """Open a source of frames.

    Args:
        spec: "synthetic" or "mesh"; a V4L2 device ("0", "/dev/video0"); a video file; a folder of images;
            or a stream: "rtsp://…", "http://…" or "gst:" and a GStreamer pipeline that ends in appsink.
        options: Size, rate and more; the defaults if None.
        images: Limit of the images' size, and more; the defaults if None.

    Raises:
        SourceError: There is no such source, it does not open, or it is a pipeline where none is allowed.
    """
    options = options or SourceOptions()
    spec = spec.strip()
    if spec == "synthetic":
        return SyntheticHandSource(options)
    if spec == "mesh":
        return MeshHandSource(options)
    if spec.lower().startswith(GSTREAMER_PREFIX) and not options.allow_gstreamer:
        msg = (
            f"The source '{spec}' is a GStreamer pipeline, which can do more than read a camera: set "
            f"allow_gstreamer where the node is started, or give another source."
        )
        raise SourceError(msg)
    if spec.lower().startswith(STREAM_PREFIXES):
        return StreamSource(spec, images=images)
    # Not through Path, whose methods raise errors without a home, and on names that are too long.
    path = Path(os.path.expanduser(spec))  # noqa: PTH111
    if spec.isdecimal() or str(path).startswith("/dev/"):
        return DeviceSource(spec, options, images)
    is_file = os.path.isfile(path)  # noqa: PTH113
    if os.path.isdir(path) or (is_file and path.suffix.lower() in IMAGE_SUFFIXES):  # noqa: PTH112
        return ImageFolderSource(path, options, images)
    if is_file:
        return _open_file(path, options, images)
    msg = (
        f"There is no camera, file or folder '{spec}': give 'synthetic', 'mesh', a device (0 or "
        f"/dev/video0), a video file, a folder of images or a stream's address."
    )
    raise SourceError(msg)


def _open_file(path: Path, options: SourceOptions, images: ImageOptions | None) -> FrameSource:
    """Open a video, or a picture whose name does not say so: FFmpeg would decode it to find its size.

    Raises:
        SourceError: It cannot be read, is a picture of a kind that is not read, or is too large.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except OSError as error:
        msg = f"The file {path} cannot be read ({error.strerror}): make it readable or name another one."
        raise SourceError(msg) from error
    kind = foreign_kind(start)
    if kind and kind != "GIF":  # which may move
        msg = f"The picture {path} is {kind}, which is not read: convert it to JPEG or PNG."
        raise SourceError(msg)
    if is_image(start):
        return ImageFolderSource(path, options, images)
    if start.startswith(b"\xff\xd8\xff") and (frame := read_jpeg(start)) is not None:
        try:
            check_size(f"The video {path}", frame.width, frame.height, images or ImageOptions())
        except FrameError as error:
            raise SourceError(str(error)) from error
    return VideoFileSource(path, options, images)
