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

"""Pixels out of image messages.

Neither cv_bridge nor rosbags-image is needed: the usual encodings are views or one OpenCV call, and
bgr8 and rgb8 pass without a copy.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.tracking.types import ChannelOrder
from hand_tracking_dsp.tracking.types import Image as Pixels

# Encodings of sensor_msgs/image_encodings.hpp: bytes a pixel, and OpenCV's way to BGR (None: as it is).
_ENCODINGS: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None),
    "rgb8": (3, None),
    "8UC3": (3, None),
    "mono8": (1, cv2.COLOR_GRAY2BGR),
    "8UC1": (1, cv2.COLOR_GRAY2BGR),
    "mono16": (2, cv2.COLOR_GRAY2BGR),
    "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR),
    "8UC4": (4, cv2.COLOR_BGRA2BGR),
    "yuv422": (2, cv2.COLOR_YUV2BGR_UYVY),
    "uyvy": (2, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422_yuy2": (2, cv2.COLOR_YUV2BGR_YUY2),
    "yuyv": (2, cv2.COLOR_YUV2BGR_YUY2),
    # ROS names a Bayer pattern by its first two pixels, OpenCV by the second row's.
    "bayer_rggb8": (1, cv2.COLOR_BayerBG2BGR),
    "bayer_bggr8": (1, cv2.COLOR_BayerRG2BGR),
    "bayer_gbrg8": (1, cv2.COLOR_BayerGR2BGR),
    "bayer_grbg8": (1, cv2.COLOR_BayerGB2BGR),
}


def image_to_pixels(message: Message) -> tuple[Pixels, ChannelOrder]:
    """Give the pixels of a sensor_msgs/Image, uint8 [height, width, 3], and the order of their channels.

    bgr8 and rgb8 are views of the message's own memory.

    Raises:
        FrameError: Zero size, unknown encoding, wrong step, or too little data.
    """
    height, width, step = message.height, message.width, message.step
    if height < 1 or width < 1:
        msg = f"The image is {width}x{height} pixels: it needs at least one row and one column."
        raise FrameError(msg)
    if message.encoding not in _ENCODINGS:
        msg = f"The image's encoding is {message.encoding!r}: use one of {', '.join(_ENCODINGS)}."
        raise FrameError(msg)
    size, conversion = _ENCODINGS[message.encoding]
    row = width * size
    if step < row:
        msg = (
            f"The image's step is {step} bytes, but {width} pixels of {message.encoding} need {row}: "
            f"fix its publisher."
        )
        raise FrameError(msg)
    needed = (height - 1) * step + row
    data = np.frombuffer(message.data, dtype=np.uint8)
    if len(data) < needed:
        msg = (
            f"The image is truncated: {height} rows of {step} bytes need {needed} bytes, but it holds "
            f"{len(data)}; fix its publisher."
        )
        raise FrameError(msg)
    rows = np.lib.stride_tricks.as_strided(data, (height, row), (step, 1), writeable=False)
    pixels = np.ascontiguousarray(rows).reshape(height, width, size)
    if conversion is None:
        return pixels, "rgb" if message.encoding == "rgb8" else "bgr"
    if message.encoding == "mono16":
        pixels = pixels[:, :, 0 if message.is_bigendian else 1].copy()
    try:
        return cast(Pixels, cv2.cvtColor(pixels, conversion)), "bgr"
    except cv2.error:
        msg = f"An image of {width}x{height} pixels cannot be {message.encoding}, whose pixels come in pairs."
        raise FrameError(msg) from None


def compressed_to_pixels(message: Message) -> tuple[Pixels, ChannelOrder]:
    """Decode a sensor_msgs/CompressedImage (whatever OpenCV reads: JPEG, PNG, WebP).

    Raises:
        FrameError: It is empty or cannot be decoded.
    """
    data = np.frombuffer(message.data, dtype=np.uint8)
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except cv2.error:
        pixels = None
    if pixels is None:
        msg = (
            f"The compressed image (format {message.format!r}, {len(data)} bytes) cannot be decoded: "
            f"send JPEG or PNG."
        )
        raise FrameError(msg)
    return cast(Pixels, pixels), "bgr"
