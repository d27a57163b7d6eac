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

"""Recording of a camera into a bag, with exact truth where the camera knows it."""

from __future__ import annotations

import time
from collections.abc import Callable

from hand_tracking_dsp.cameras.camera import Frame, FrameSource
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.writer import BagWriter, profile

EPOCH_NS = 1_704_067_200_000_000_000
"""The first stamp of what is not live, 2024-01-01 00:00 UTC: the same frames give the same bytes."""

FRAME_ID = "camera_optical_frame"
_READ_TIMEOUT_S = 5.0


def record_source(
    source: FrameSource,
    writer: BagWriter,
    seconds: float,
    jpeg_quality: int | None,
    on_frame: Callable[[int, float], None] = lambda _count, _seconds: None,
    *,
    depth: bool = False,
) -> float:
    """Write the frames of a source on the topics of camera_node, as fast as they come.

    A live source's frames have the present time, others' their time in the file, from EPOCH_NS on: variable
    where the file says so, else their number divided by the rate.

    Args:
        source: Camera, read until it ends or the seconds are over.
        writer: Bag to write to.
        seconds: Longest duration of the recording; infinity: until the source ends.
        jpeg_quality: Quality 1 to 100 of image_raw/compressed; None: image_raw is written instead.
        on_frame: Function called after each frame with the number of frames and the seconds they cover.
        depth: Write depth images, their camera_info and the true hands in space, too.

    Returns:
        Duration of the recording, seconds.

    Raises:
        SourceError: The source has vanished; what was written stays. Or it gives no depth.
        OutputError: The bag cannot be written.
    """
    first_ns = time.time_ns() if source.live else EPOCH_NS
    covered_s, count = 0.0, 0
    while covered_s < seconds:
        frame = source.read(_READ_TIMEOUT_S)
        if frame is None:
            break
        stamp_ns = time.time_ns() if source.live else EPOCH_NS + round(frame.at_s(source.rate_hz) * 1e9)
        if stamp_ns - first_ns >= seconds * 1e9:
            break
        if depth:
            _write_depth(source, writer, frame, stamp_ns, compressed=jpeg_quality is not None)
        _write(source, writer, frame, stamp_ns, jpeg_quality)
        count += 1
        # The frame is seen for as long as until the next one.
        covered_s = (stamp_ns - first_ns) / 1e9 + (0.0 if source.live else 1 / source.rate_hz)
        on_frame(count, covered_s)
    return covered_s


def _write(
    source: FrameSource, writer: BagWriter, frame: Frame, stamp_ns: int, jpeg_quality: int | None
) -> None:
    height, width = frame.image.shape[:2]
    header = BAG_MESSAGES.header(stamp_ns, FRAME_ID)
    camera, truth = profile(depth=1, reliable=False), profile()
    if jpeg_quality is None:
        writer.write("/image_raw", BAG_MESSAGES.image(frame.image, header), stamp_ns, camera)
    else:
        compressed = BAG_MESSAGES.compressed_image(frame.image, jpeg_quality, header)
        writer.write("/image_raw/compressed", compressed, stamp_ns, camera)
    if source.intrinsics is not None:
        info = BAG_MESSAGES.camera_info(width, height, source.intrinsics, header)
        writer.write("/camera_info", info, stamp_ns, camera)
    if frame.truth is not None:
        writer.write("/truth", BAG_MESSAGES.truth(frame.truth, header, width, height), stamp_ns, truth)


def _write_depth(
    source: FrameSource, writer: BagWriter, frame: Frame, stamp_ns: int, *, compressed: bool
) -> None:
    if frame.depth_mm is None or source.intrinsics is None:
        msg = f"{source.name} gives no depth: record it without --depth."
        raise SourceError(msg)
    height, width = frame.depth_mm.shape
    header = BAG_MESSAGES.header(stamp_ns, FRAME_ID)
    camera = profile(depth=1, reliable=False)
    if compressed:
        topic, message = (
            "/depth/image_raw/compressedDepth",
            BAG_MESSAGES.compressed_depth(frame.depth_mm, header),
        )
    else:
        topic, message = "/depth/image_raw", BAG_MESSAGES.depth_image(frame.depth_mm, header)
    writer.write(topic, message, stamp_ns, camera)
    info = BAG_MESSAGES.camera_info(width, height, source.intrinsics, header)
    writer.write("/depth/camera_info", info, stamp_ns, camera)
    if frame.truth is not None:
        writer.write("/truth_3d", BAG_MESSAGES.truth_3d(frame.truth, header), stamp_ns, profile())
