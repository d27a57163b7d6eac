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

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.decode import check_size, decode_image, to_colour
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.tracking.types import ChannelOrder
from hand_tracking_dsp.tracking.types import Image as Pixels

# ROS names a Bayer pattern by its first two pixels, OpenCV by the second row's.
_BAYER = {
    "bayer_rggb": cv2.COLOR_BayerBG2BGR,
    "bayer_bggr": cv2.COLOR_BayerRG2BGR,
    "bayer_gbrg": cv2.COLOR_BayerGR2BGR,
    "bayer_grbg": cv2.COLOR_BayerGB2BGR,
}

# Encodings of sensor_msgs/image_encodings.hpp: bytes of a value, values of a pixel, and OpenCV's way to BGR
# (None: as it is). 8UC and 16UC are taken for BGR; values of 4 bytes are floats.
_PACKED: dict[str, tuple[int, int, int | None]] = {
    "bgr8": (1, 3, None),
    "rgb8": (1, 3, None),
    "8UC3": (1, 3, None),
    "mono8": (1, 1, cv2.COLOR_GRAY2BGR),
    "8UC1": (1, 1, cv2.COLOR_GRAY2BGR),
    "bgra8": (1, 4, cv2.COLOR_BGRA2BGR),
    "rgba8": (1, 4, cv2.COLOR_RGBA2BGR),
    "8UC4": (1, 4, cv2.COLOR_BGRA2BGR),
    "uyvy": (1, 2, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422": (1, 2, cv2.COLOR_YUV2BGR_UYVY),
    "yuyv": (1, 2, cv2.COLOR_YUV2BGR_YUY2),
    "yuv422_yuy2": (1, 2, cv2.COLOR_YUV2BGR_YUY2),
    **{f"{name}8": (1, 1, code) for name, code in _BAYER.items()},
    "mono16": (2, 1, cv2.COLOR_GRAY2BGR),
    "bgr16": (2, 3, None),
    "rgb16": (2, 3, None),
    "16UC3": (2, 3, None),
    "bgra16": (2, 4, cv2.COLOR_BGRA2BGR),
    "rgba16": (2, 4, cv2.COLOR_RGBA2BGR),
    "16UC4": (2, 4, cv2.COLOR_BGRA2BGR),
    **{f"{name}16": (2, 1, code) for name, code in _BAYER.items()},
    "16UC1": (2, 1, cv2.COLOR_GRAY2BGR),
    "32FC1": (4, 1, cv2.COLOR_GRAY2BGR),
}
_PAIRED = ("uyvy", "yuv422", "yuyv", "yuv422_yuy2")
_RANGE = ("16UC1", "32FC1")

# Planar encodings: a plane of brightness, then one of colour pairs; the rows of all planes for each row.
_PLANAR = {"nv12": 1.5, "nv21": 1.5, "nv24": 3.0}


@dataclass(frozen=True, slots=True)
class SharedImage:
    """Image for readers in the same process, in place of a sensor_msgs/Image.

    Attributes:
        header: Header of the message.
        pixels: uint8 [height, width, 3], BGR; read-only from now on.
    """

    header: Message
    pixels: Pixels

    def __post_init__(self) -> None:
        """Keep readers from writing to what others read."""
        self.pixels.setflags(write=False)


def image_to_pixels(message: Message, scale: ValueScale | None = None) -> tuple[Pixels, ChannelOrder]:
    """Give the pixels of a sensor_msgs/Image, uint8 [height, width, 3], and the order of their channels.

    bgr8 and rgb8 are views of the message's own memory.

    Args:
        message: The message, or a SharedImage.
        scale: Conversion of values of more than 8 bits, and limits; the same for all images of a stream.

    Raises:
        FrameError: Zero size, too many pixels, unknown encoding, wrong step, or too little data.
    """
    scale = scale or ValueScale()
    if isinstance(message, SharedImage):
        check_size("The image", message.pixels.shape[1], message.pixels.shape[0], scale.options, 3)
        return message.pixels, "bgr"
    height, width, encoding = message.height, message.width, message.encoding
    if encoding in _PLANAR:
        return _planar_to_bgr(message, scale), "bgr"
    if encoding not in _PACKED:
        known = ", ".join((*_PACKED, *_PLANAR))
        msg = f"The image's encoding is {excerpt(encoding)}: use one of {known}."
        raise FrameError(msg)
    value_bytes, channels, conversion = _PACKED[encoding]
    pixel_bytes = value_bytes * channels
    step, row_bytes = message.step, width * pixel_bytes
    check_data(message, step, row_bytes, height, (height - 1) * step + row_bytes)
    rows = view_rows(message, step, row_bytes, height)
    check_size("The image", width, height, scale.options, pixel_bytes)
    if encoding in _PAIRED and width % 2:
        msg = f"An image of {width}x{height} pixels cannot be {encoding}, whose pixels come in pairs."
        raise FrameError(msg)
    if step != row_bytes:
        rows = np.ascontiguousarray(rows)
    values: NDArray[Any] = rows
    if value_bytes > 1:
        stored = np.dtype(f"{'>' if message.is_bigendian else '<'}{'u2' if value_bytes == 2 else 'f4'}")
        values = rows.view(stored).astype(stored.newbyteorder("="), copy=False)
        values = scale.range_image(values) if encoding in _RANGE else scale.brightness(values)
    values = values.reshape(height, width, channels)
    order: ChannelOrder = "rgb" if encoding in {"rgb8", "rgb16"} else "bgr"
    return cast(Pixels, values if conversion is None else cv2.cvtColor(values, conversion)), order


def compressed_to_pixels(message: Message, scale: ValueScale | None = None) -> tuple[Pixels, ChannelOrder]:
    """Decode a sensor_msgs/CompressedImage that holds JPEG, PNG, WebP, BMP or TIFF.

    Its format is "jpeg" or, of image_transport, as "bayer_rggb8; jpeg compressed bgr8": the encoding of the
    image, and the one that was compressed.

    Args:
        message: The message.
        scale: Conversion of values of more than 8 bits, and limits; the same for all images of a stream.

    Raises:
        FrameError: It is empty, too large by its header, of another kind, or damaged.
    """
    scale = scale or ValueScale()
    data = bytes(message.data)
    name = f"The compressed image (format {excerpt(message.format)}, {len(data)} bytes)"
    encoding, _, way = message.format.partition(";")
    codec, _, stored = way.partition("compressed")
    encoding, stored = encoding.strip(), stored.strip() or encoding.strip()
    if "compressedDepth" in message.format:
        msg = f"{name} is compressed depth, which is not read: take a colour or infrared image."
        raise FrameError(msg)
    decoded = decode_image(data, name, scale.options)
    if decoded.ndim == 3:
        # Publishers that do not name what they compressed compressed the image as it was.
        return to_colour(decoded, scale), "rgb" if codec and stored.startswith("rgb") else "bgr"
    if encoding in _RANGE:
        return to_colour(scale.range_image(decoded), scale), "bgr"
    pattern = _BAYER.get(stored.rstrip("0123456789"))
    if pattern is None:
        return to_colour(decoded, scale), "bgr"
    return cast(Pixels, cv2.cvtColor(scale.brightness(decoded), pattern)), "bgr"


def check_data(
    message: Message, step: int, row_bytes: int, rows: int, needed: int, name: str = "The image"
) -> None:
    """Check that a message's data hold its rows.

    Args:
        message: The message.
        step: Bytes from one row to the next.
        row_bytes: Bytes of a row that count.
        rows: Number of rows of all planes.
        needed: Bytes to the end of the last row.
        name: Name of the image, which begins the sentence.

    Raises:
        FrameError: The step is shorter than a row, or the data end before the last row.
    """
    if step < row_bytes:
        msg = (
            f"{name}'s step is {step} bytes, but {message.width} pixels of {message.encoding} need "
            f"{row_bytes}: fix its publisher."
        )
        raise FrameError(msg)
    if len(message.data) < needed:
        msg = (
            f"{name} is truncated: {rows} rows of {step} bytes need {needed} bytes, but it holds "
            f"{len(message.data)}; fix its publisher."
        )
        raise FrameError(msg)


def view_rows(message: Message, step: int, row_bytes: int, height: int, start: int = 0) -> NDArray[np.uint8]:
    """View rows of a message's data, uint8 [height, row_bytes], the first of which begins at start."""
    data = np.frombuffer(message.data, dtype=np.uint8)[start:]
    if step == row_bytes:
        return data[: height * step].reshape(height, row_bytes)
    return np.lib.stride_tricks.as_strided(data, (height, row_bytes), (step, 1), writeable=False)


def _planar_to_bgr(message: Message, scale: ValueScale) -> Pixels:
    """Convert nv12, nv21 or nv24.

    Raises:
        FrameError: Zero size, too many pixels, an odd size where pixels share colours, or too little data.
    """
    height, width, encoding = message.height, message.width, message.encoding
    planes = _PLANAR[encoding]
    if encoding != "nv24" and (width % 2 or height % 2):
        msg = f"An image of {width}x{height} pixels cannot be {encoding}: its rows and columns come in pairs."
        raise FrameError(msg)
    # Some publishers count the colours into the step, too: then the data are too short for such rows.
    step = message.step if len(message.data) >= message.step * height * planes else min(message.step, width)
    # The colours of a row of nv24 take two rows, those of two rows of the others one.
    colour_rows, rows_each = (height, 2) if encoding == "nv24" else (height // 2, 1)
    needed = height * step + (colour_rows - 1) * rows_each * step + rows_each * width
    check_data(message, step, width, height + colour_rows * rows_each, needed)
    check_size("The image", width, height, scale.options)
    grey = view_rows(message, step, width, height)
    colours = view_rows(message, rows_each * step, rows_each * width, colour_rows, height * step)
    if encoding == "nv24":
        return _nv24_to_bgr(grey, colours.reshape(height, width, 2))
    code = cv2.COLOR_YUV2BGR_NV12 if encoding == "nv12" else cv2.COLOR_YUV2BGR_NV21
    return cast(Pixels, cv2.cvtColorTwoPlane(grey, colours.reshape(height // 2, width // 2, 2), code))


# From BT.601's 16 to 235 and 240, as in the other YUV encodings, to the full range of OpenCV's YCrCb.
_LEVELS = np.arange(256, dtype=np.float64)
_FULL_GREY = np.clip((_LEVELS - 16) * 255 / 219, 0, 255).round().astype(np.uint8)
_FULL_COLOUR = np.clip((_LEVELS - 128) * 255 / 224 + 128, 0, 255).round().astype(np.uint8)


def _nv24_to_bgr(grey: NDArray[np.uint8], colours: NDArray[np.uint8]) -> Pixels:
    """Convert planes of brightness [height, width] and of Cb and Cr [height, width, 2]."""
    blue, red = cv2.split(cv2.LUT(colours, _FULL_COLOUR))
    merged = cv2.merge((cv2.LUT(grey, _FULL_GREY), red, blue))
    return cast(Pixels, cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR))
