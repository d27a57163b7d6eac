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

"""Segments of a JPEG file (ITU-T T.81, annex B)."""

from __future__ import annotations

from dataclasses import dataclass

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_APP1 = 0xE1
_TABLES = 0xC4
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of frame headers; the three others in that range head tables."""
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_SEGMENTS = _FRAMES | {_TABLES, _APP1}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""
_TAIL = 4096
"""Bytes at the end in which the end marker lies, unless much is padded behind it."""
_MOST_SCANS = 32
"""A progressive image has some 10 scans; each costs a pass over all pixels, however short it is."""
_HOLE = bytes(24)
"""Zeros that no picture has: nearly all coefficients of a block would be -1. libjpeg takes them for that."""


@dataclass(slots=True)
class JpegFrame:
    """Header of a JPEG's frame.

    Attributes:
        width: Columns.
        height: Rows.
        components: Components of a pixel.
        exif: EXIF data; empty where there are none.
        problem: Damage of its segments, the end of a sentence; "": none.
    """

    width: int = 0
    height: int = 0
    components: int = 0
    exif: bytes = b""
    problem: str = ""


def read_jpeg(data: bytes) -> JpegFrame | None:
    """Read the segments up to the first scan, and see that an end follows it.

    Damage between them shows only when the image is decoded.

    Returns:
        Frame; None where the data end before the first scan.
    """
    frame = JpegFrame()
    frames = 0
    one_scan, zeros_are_codes = True, False
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            frame.problem = "is a JPEG whose segments are damaged"
            return frame
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:  # fill bytes may precede a marker
            place += 1 if marker == 0xFF else 2
            continue
        if marker == _START_OF_SCAN:
            one_scan &= data[place + 4] == frame.components
            frame.problem = _scans_problem(data, place, frames, one_scan, zeros_are_codes)
            return frame
        size = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + size] if marker in _SEGMENTS else b""
        if marker in _FRAMES:
            if len(body) < 6:
                return None
            frames += 1
            frame.height, frame.width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            frame.components = body[5]
            one_scan = marker in _SEQUENTIAL
        elif marker == _TABLES:
            zeros_are_codes |= _zero_ends_a_block(body)
        elif marker == _APP1 and body.startswith(b"Exif\0\0"):
            frame.exif = frame.exif or body
        elif marker == _END_OF_IMAGE or size < 2:
            frame.problem = "is a JPEG whose segments are damaged"
            return frame
        place += 2 + size
    return None


def _zero_ends_a_block(tables: bytes) -> bool:
    """Return whether the code of zeros is the end of a block in brightness's table, as in flat pictures."""
    place = 0
    while place + 17 < len(tables):
        if tables[place] == 0x10:  # of coefficients, the first
            return tables[place + 17] == 0
        place += 17 + sum(tables[place + 1 : place + 17])
    return False


def _scans_problem(data: bytes, place: int, frames: int, one_scan: bool, zeros_are_codes: bool) -> str:
    """Say what is wrong with the scans and the headers before.

    Args:
        data: The whole image.
        place: Place of the first scan.
        frames: Number of frame headers.
        one_scan: Whether the first scan has all that is decoded.
        zeros_are_codes: Whether the pixels may have rows of zeros.

    Returns:
        The end of a sentence; "" where nothing is wrong.
    """
    if frames != 1:
        return f"is a JPEG with {frames} frame headers instead of one"
    end = data.rfind(b"\xff\xd9", max(place, len(data) - _TAIL))
    if end < 0 and (end := data.rfind(b"\xff\xd9", place)) < 0:
        return "is cut off: its end is missing"
    if one_scan and not zeros_are_codes and data.find(_HOLE, place, end) >= 0:
        return "is a JPEG with a hole"
    if not one_scan and data.count(b"\xff\xda", place) > _MOST_SCANS:
        return f"is a JPEG of more than {_MOST_SCANS} scans"
    return ""
