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

"""Sizes and turns that encoded images state in their first bytes, read without decoding.

Only the kinds that are read here are decoded: JPEG, PNG, WebP, BMP and TIFF. What cannot be sized is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from hand_tracking_dsp.images.jpeg import read_jpeg
from hand_tracking_dsp.images.tiff import ORIENTATION, exif_orientation, read_directory

_FOREIGN = {
    b"GIF8": "GIF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"8BPS": "Photoshop",
    b"\x59\xa6\x6a\x95": "Sun raster",
    b"%PDF": "PDF",
    **{b"P%c" % kind: "PNM" for kind in b"1234567fF"},
}
"""Other kinds by their first bytes; OpenCV reads some of them."""

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    b"crx ": "Canon's raw format",
}
"""Kinds of pictures that lie in MP4's container, by one of its brands; the first one found counts."""
_MOST_BRANDS = 64

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_CHUNKS = 100_000
"""Chunks in which a turn is looked for; a large picture has some thousands."""


class HeaderError(Exception):
    """The data are not an image whose size can be read; the text ends a sentence that begins with it."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Facts that an encoded image states of itself.

    Attributes:
        kind: Name of the format, for example "PNG".
        width: Columns as stored, before a turn.
        height: Rows as stored.
        pixel_bytes: Bytes of a decoded pixel in its own depth and channels.
        orientation: EXIF's orientation, 1 (upright) to 8.
        tile_pixels: Pixels of a tile that is decoded at once, 0 where there are none.
    """

    kind: str
    width: int
    height: int
    pixel_bytes: float
    orientation: int = 1
    tile_pixels: int = 0


def read_header(data: bytes) -> ImageHeader:
    """Read the size of an encoded image.

    Args:
        data: The whole file or message.

    Raises:
        HeaderError: It is of another kind, or ends within its header.
    """
    for start, reader in _READERS.items():
        if data.startswith(start):
            try:
                header = reader(data)
            except (struct.error, IndexError):
                header = None
            if header is None:
                msg = "is cut off within its header"
                raise HeaderError(msg)
            return header
    if kind := foreign_kind(data):
        msg = f"is {kind}, which is not read"
        raise HeaderError(msg)
    msg = "is not an image" if data else "is empty"
    raise HeaderError(msg)


def is_image(start: bytes) -> bool:
    """Return whether a file's first 12 bytes are those of a kind that is read, a lone picture: not JPEG."""
    if start.startswith(b"RIFF"):
        return start[8:12] == b"WEBP"
    return start.startswith(tuple(mark for mark, reader in _READERS.items() if reader is not _jpeg))


def foreign_kind(start: bytes) -> str:
    """Name the kind of a picture that is not read, by its first kilobyte; "" where it is of none known."""
    if start[4:8] == b"ftyp":
        return _kind_in_container(start)
    return next((kind for mark, kind in _FOREIGN.items() if start.startswith(mark)), "")


def _kind_in_container(start: bytes) -> str:
    """Name the kind of a picture in MP4's container (ISO/IEC 14496-12 and 23008-12); "" for a video.

    The major brand may be any: the compatible ones count, too, and of a picture the box behind them describes
    items, where a video has tracks.
    """
    size = int.from_bytes(start[:4], "big")
    brands = {start[place : place + 4] for place in range(8, min(size, 4 * _MOST_BRANDS), 4)}
    items = start[size + 4 : size + 8] == b"meta" and start[size + 28 : size + 32] == b"pict"
    return next((kind for brand, kind in _BRANDS.items() if brand in brands), "HEIF" if items else "")


def _jpeg(data: bytes) -> ImageHeader | None:
    frame = read_jpeg(data)
    if frame is None:
        return None
    if frame.problem:
        raise HeaderError(frame.problem)
    turn = exif_orientation(frame.exif)
    return ImageHeader("JPEG", frame.width, frame.height, frame.components, turn)


def _png(data: bytes) -> ImageHeader:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if data[12:16] != b"IHDR" or colour not in _PNG_CHANNELS:
        msg = "is a PNG whose header is damaged"
        raise HeaderError(msg)
    channels = 3 if colour == 3 else _PNG_CHANNELS[colour]
    turn, place, ended = 1, 8, False
    for _ in range(_MOST_CHUNKS):
        size, name = struct.unpack_from(">I4s", data, place)
        if name == b"eXIf":
            turn = exif_orientation(data[place + 8 : place + 8 + size])
        if ended := name == b"IEND":
            break
        place += 12 + size
        if place + 8 > len(data):
            break
    if not ended and place + 8 > len(data):
        msg = "is cut off: its last part is missing"
        raise HeaderError(msg)
    return ImageHeader("PNG", width, height, channels * max(depth, 8) / 8, turn)


def _webp(data: bytes) -> ImageHeader | None:
    if data[8:12] != b"WEBP":
        return None
    kind, body = data[12:16], 20
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, body + 6))
        return ImageHeader("WebP", width, height, 3)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, body + 1)[0]
        return ImageHeader("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 4)
    if kind != b"VP8X":
        return None
    width, height = (1 + int.from_bytes(data[body + n : body + n + 3], "little") for n in (4, 7))
    turn, place = 1, 12
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            break
        name, size = struct.unpack_from("<4sI", data, place)
        if name == b"EXIF":
            turn = exif_orientation(data[place + 8 : place + 8 + size])
            break
        place += 8 + size + size % 2
    return ImageHeader("WebP", width, height, 4, turn)


def _bmp(data: bytes) -> ImageHeader:
    old = struct.unpack_from("<I", data, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    bits = struct.unpack_from("<H", data, 24 if old else 28)[0]
    return ImageHeader("BMP", abs(width), abs(height), 4 if bits == 32 else 3)


def _tiff(data: bytes) -> ImageHeader | None:
    tags = {tag: found.value for tag, found in read_directory(data).items()}
    if 256 not in tags or 257 not in tags:
        return None
    pixel_bytes = max(tags.get(258, 8), 8) / 8 * tags.get(277, 1)
    turn = tags.get(ORIENTATION, 1)
    tile = tags.get(322, 0) * tags.get(323, 0)
    return ImageHeader("TIFF", tags[256], tags[257], pixel_bytes, turn if 1 <= turn <= 8 else 1, tile)


_READERS: dict[bytes, Callable[[bytes], ImageHeader | None]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"RIFF": _webp,
    b"BM": _bmp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
}
"""Readers by the first bytes of their kind."""
