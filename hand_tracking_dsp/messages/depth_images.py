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

"""Depth in metres out of image messages, raw and of image_transport's compressedDepth and compressed.

Whatever a camera says for "unknown" (0 of 16UC1; NaN, infinity and negative values of 32FC1, by REP 117 and
118) becomes 0, and so does what can be no distance.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.decode import check_size, decode_image
from hand_tracking_dsp.images.header import is_image
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.images import check_data, view_rows
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.messages.rvl import decode_rvl
from hand_tracking_dsp.tracking.types import Floats

_NAME = "The depth image"
# Encodings: type of a value, and metres of its 1. ZED cameras call their millimetres mono16.
_ENCODINGS: dict[str, tuple[str, float]] = {
    "16UC1": ("u2", 1e-3),
    "mono16": ("u2", 1e-3),
    "32FC1": ("f4", 1.0),
}

# Distances beyond are none, whatever the unit was taken for; those between can be squared.
_NEAREST_M, _FARTHEST_M = 1e-6, 1e6

# compressed_depth_image_transport's ConfigHeader: a format, and the parameters of inverse depth.
_CONFIG = struct.Struct("<iff")
_JPEG = b"\xff\xd8\xff"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RVL_SIZE = struct.Struct("<II")
_KNOWN_CODECS = {"compressedDepth": "png", "compressedDepth png": "png", "compressedDepth rvl": "rvl"}


@dataclass(frozen=True, slots=True)
class SharedDepth:
    """Depth image for readers in the same process, in place of a sensor_msgs/Image.

    Attributes:
        header: Header of the message.
        depth_mm: uint16 [height, width], millimetres, 0 = unknown; read-only from now on.
    """

    header: Message
    depth_mm: NDArray[np.uint16]

    def __post_init__(self) -> None:
        """Keep readers from writing to what others read."""
        self.depth_mm.setflags(write=False)


def depth_to_metres(message: Message, options: ImageOptions, unit_m: float = 0.0) -> Floats:
    """Read a sensor_msgs/Image of distances.

    Args:
        message: The message, or a SharedDepth.
        options: Limit of its size.
        unit_m: Metres of a value of 1; 0: by the encoding, millimetres of integers and metres of floats.

    Returns:
        float32 [height, width], metres, 0 = unknown; a copy.

    Raises:
        FrameError: Zero size, too many pixels, an encoding that is no depth, wrong step, or too little data.
    """
    if isinstance(message, SharedDepth):
        height, width = message.depth_mm.shape
        check_size(_NAME, width, height, options, 2)
        return _metres(message.depth_mm, unit_m or 1e-3)
    height, width, encoding = message.height, message.width, message.encoding
    kind, usual_m = _encoding(encoding)
    stored = np.dtype(f"{'>' if message.is_bigendian else '<'}{kind}")
    step, row_bytes = message.step, width * stored.itemsize
    check_data(message, step, row_bytes, height, (height - 1) * step + row_bytes, _NAME)
    check_size(_NAME, width, height, options, stored.itemsize)
    rows = np.ascontiguousarray(view_rows(message, step, row_bytes, height))
    return _metres(rows.view(stored), unit_m or usual_m)


def compressed_depth_to_metres(message: Message, options: ImageOptions, unit_m: float = 0.0) -> Floats:
    """Read a sensor_msgs/CompressedImage of image_transport's compressedDepth or compressed.

    The format of compressedDepth is "16UC1; compressedDepth", in newer distributions with "png" or "rvl"
    behind it; a header comes before the PNG or RVL, and of 32FC1 the inverse of the distance is stored.
    compressed ("16UC1; png compressed ", or "png" alone) is a PNG of 16 bits or a TIFF of the raw image's
    values.

    Args:
        message: The message.
        options: Limit of its size, by its header.
        unit_m: As for depth_to_metres.

    Returns:
        float32 [height, width], metres, 0 = unknown.

    Raises:
        FrameError: It is of another format, too large by its header, or damaged.
    """
    data = bytes(message.data)
    name = f"{_NAME} (format {excerpt(message.format)}, {len(data)} bytes)"
    if "compressedDepth" not in message.format and (is_image(data[:12]) or data.startswith(_JPEG)):
        return _picture_to_metres(data, name, options, unit_m)
    encoding, _, way = message.format.partition(";")
    codec = _KNOWN_CODECS.get(way.strip(), "png" if not way.strip() else "")
    if not codec:
        msg = f"{name} is no compressed depth: give compressedDepth as PNG or RVL, or the raw image."
        raise FrameError(msg)
    kind, usual_m = _encoding(encoding.strip())
    if len(data) <= _CONFIG.size:
        msg = f"{name} is cut off within its header: fix its publisher."
        raise FrameError(msg)
    _, scale, offset = _CONFIG.unpack_from(data)
    payload = data[_CONFIG.size :]
    stored = _stored_png(payload, name, options) if codec == "png" else _stored_rvl(payload, name, options)
    if kind == "u2":
        return _metres(stored, unit_m or usual_m)
    with np.errstate(divide="ignore", invalid="ignore"):
        metres = np.float32(scale) / (stored.astype(np.float32) - np.float32(offset))
    metres[stored == 0] = 0
    return _metres(metres, unit_m or usual_m)


def _picture_to_metres(data: bytes, name: str, options: ImageOptions, unit_m: float) -> Floats:
    """Decode a picture whose values are distances.

    Raises:
        FrameError: It is another kind of picture, too large, or damaged.
    """
    stored: NDArray[Any] = decode_image(data, name, options)
    if stored.dtype == np.uint8 or stored.ndim != 2:
        msg = (
            f"{name} is a picture of {stored.dtype}, not one channel of 16 bits or of floats: set its "
            f"publisher's format to png, or take compressedDepth."
        )
        raise FrameError(msg)
    return _metres(stored, unit_m or (1e-3 if stored.dtype == np.uint16 else 1.0))


def _stored_png(payload: bytes, name: str, options: ImageOptions) -> NDArray[np.uint16]:
    """Decode a PNG of one channel of 16 bits.

    Raises:
        FrameError: It is another kind of image, too large, or damaged.
    """
    if not payload.startswith(_PNG_SIGNATURE):
        msg = f"{name} holds no PNG: name its codec in the format, '16UC1; compressedDepth rvl' for RVL."
        raise FrameError(msg)
    stored: NDArray[Any] = decode_image(payload, name, options)
    if stored.dtype != np.uint16 or stored.ndim != 2:
        msg = f"{name} is a picture of {stored.dtype}, not one channel of 16 bits: fix its publisher."
        raise FrameError(msg)
    return stored


def _stored_rvl(payload: bytes, name: str, options: ImageOptions) -> NDArray[np.uint16]:
    """Decode RVL with width and height in front.

    Raises:
        FrameError: It is too large, or damaged.
    """
    if len(payload) < _RVL_SIZE.size:
        msg = f"{name} is cut off within its header: fix its publisher."
        raise FrameError(msg)
    width, height = _RVL_SIZE.unpack_from(payload)
    check_size(name, width, height, options, 2)
    try:
        return decode_rvl(payload[_RVL_SIZE.size :], width * height).reshape(height, width)
    except ValueError as error:
        msg = f"{name} is damaged, as the {error}: give it whole."
        raise FrameError(msg) from None


def _encoding(encoding: str) -> tuple[str, float]:
    """Return the type of a depth image's values, and the metres of 1.

    Raises:
        FrameError: The encoding is not one of depth.
    """
    if encoding not in _ENCODINGS:
        msg = f"{_NAME}'s encoding is {excerpt(encoding)}: use one of {', '.join(_ENCODINGS)}."
        raise FrameError(msg)
    return _ENCODINGS[encoding]


def _metres(values: NDArray[Any], unit_m: float) -> Floats:
    """Scale distances; what is none becomes 0."""
    metres: Floats = np.multiply(values, np.float32(unit_m), dtype=np.float32)
    if values.dtype.kind == "f":
        metres[~((metres > _NEAREST_M) & (metres < _FARTHEST_M))] = 0
    return metres
