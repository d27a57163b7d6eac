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

"""Decoding of images from outside: files, messages and bags, all by the same rules."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.codec_messages import collect_codec_messages, damage
from hand_tracking_dsp.images.header import HeaderError, ImageHeader, read_header
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.tiff import ORIENTATION, read_directory
from hand_tracking_dsp.images.value_scale import Values, ValueScale
from hand_tracking_dsp.tracking.types import Image

_LONGEST_SIDE = 32766
"""Pixels; OpenCV's warps take no longer ones."""
_LARGEST_PIXEL_BYTES = 4
"""Bytes that a pixel of the limit may have: 8-bit colour with alpha."""
_DEPTHS = ("uint8", "uint16", "float32")
_FLAGS = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION

_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""Ways to stand a stored image upright, by EXIF's orientation."""


def check_size(
    name: str,
    width: int,
    height: int,
    options: ImageOptions,
    pixel_bytes: float = 3,
    most_pixels: int = 0,
) -> None:
    """Check the size of an image before memory is taken for it.

    Args:
        name: Name of the image, which begins the sentence.
        width: Columns.
        height: Rows.
        options: Limit.
        pixel_bytes: Bytes of a pixel in its own depth; more than 4 count as more pixels.
        most_pixels: Pixels that are decoded at once where those are more.

    Raises:
        FrameError: It has no pixel, too many, or too long a side.
    """
    if width < 1 or height < 1:
        msg = f"{name} is {width}x{height} pixels: it needs at least one row and one column."
        raise FrameError(msg)
    wide = pixel_bytes / _LARGEST_PIXEL_BYTES
    megapixels = max(width * height, most_pixels) * max(1.0, wide) * 1e-6
    if megapixels > options.max_image_megapixels:
        each = f" of {pixel_bytes:g} bytes, which count as {megapixels:.0f} megapixels" if wide > 1 else ""
        msg = (
            f"{name} is {width}x{height} pixels{each}: more than max_image_megapixels, "
            f"{options.max_image_megapixels:g}; make it smaller or raise the limit."
        )
        raise FrameError(msg)
    if max(width, height) > _LONGEST_SIDE:
        msg = f"{name} is {width}x{height} pixels: sides of at most {_LONGEST_SIDE} pixels can be used."
        raise FrameError(msg)


def check_capture(capture: cv2.VideoCapture, name: str, options: ImageOptions) -> None:
    """Check the size that an open video, device or stream states, before a frame is decoded.

    Raises:
        FrameError: It is too large.
    """
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if width > 0 and height > 0:  # some streams know it only with the first frame
        check_size(name, width, height, options)


def decode_image(data: bytes, name: str, options: ImageOptions) -> Values:
    """Decode a JPEG, PNG, WebP, BMP or TIFF in its own depth, upright by its EXIF data.

    Args:
        data: The whole file or message.
        name: Name of the image, which begins the sentence of an error.
        options: Limit.

    Returns:
        [height, width] grey, or [height, width, 3] BGR.

    Raises:
        FrameError: It is too large by its header, which is read first; of another kind; or damaged.
    """
    try:
        header = read_header(data)
    except HeaderError as error:
        msg = f"{name} cannot be decoded, as it {error}: give JPEG or PNG."
        raise FrameError(msg) from None
    stated = f"{name}, a {header.kind},"
    check_size(stated, header.width, header.height, options, header.pixel_bytes, header.tile_pixels)
    with collect_codec_messages() as lines:
        try:
            pixels = cv2.imdecode(_without_turn(data, header), _FLAGS)
        except cv2.error:
            pixels = None
    trouble = damage(lines)
    if pixels is None or trouble:
        said = f" ({trouble})" if trouble else ""
        msg = f"{name} cannot be decoded, as it is a damaged {header.kind}{said}: give it whole."
        raise FrameError(msg)
    if pixels.dtype == np.float64:
        pixels = pixels.astype(np.float32)
    if pixels.shape[:2] != (header.height, header.width) or pixels.dtype.name not in _DEPTHS:
        msg = f"{name} cannot be decoded, as it is a {header.kind} of {pixels.dtype} values or of two sizes."
        raise FrameError(msg)
    if header.orientation in _TURNS:
        pixels = np.ascontiguousarray(_TURNS[header.orientation](pixels))
    return cast(Values, pixels)


def to_colour(decoded: Values, scale: ValueScale) -> Image:
    """Convert a decoded image to uint8 [height, width, 3], BGR."""
    eight = scale.brightness(decoded)
    return eight if eight.ndim == 3 else cast(Image, cv2.cvtColor(eight, cv2.COLOR_GRAY2BGR))


def _without_turn(data: bytes, header: ImageHeader) -> NDArray[np.uint8]:
    """Return the data for OpenCV: it turns TIFF in any case, unless the tag says that it is upright."""
    encoded = np.frombuffer(data, np.uint8)
    if header.kind == "TIFF" and header.orientation != 1:
        tag = read_directory(data)[ORIENTATION]
        encoded = encoded.copy()
        struct.pack_into(tag.kind, encoded, tag.offset, 1)
    return encoded
