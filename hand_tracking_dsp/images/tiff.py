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

"""Directories of TIFF files, which EXIF data use, too."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ORIENTATION = 274
_KINDS = {3: "H", 4: "I", 16: "Q"}
"""struct's letters for the types that sizes and turns have: SHORT, LONG, LONG8."""


@dataclass(frozen=True, slots=True)
class TiffTag:
    """First value of a tag, and the place of that value in the data."""

    value: int
    offset: int
    kind: str
    """struct's format of the value, with the order of its bytes."""


def read_directory(data: bytes) -> dict[int, TiffTag]:
    """Read the whole numbers of a TIFF's first directory, the only one that is decoded.

    Args:
        data: TIFF or BigTIFF, or as much of it as holds the directory.

    Returns:
        First value by tag; none where the data are not a TIFF.

    Raises:
        struct.error: The data end before the directory does.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
    version = struct.unpack_from(f"{order}H", data, 2)[0] if order else 0
    if version == 42:
        start, count_kind, entry, value_size = struct.unpack_from(f"{order}I", data, 4)[0], "H", "HHI", 4
    elif version == 43:
        start, count_kind, entry, value_size = struct.unpack_from(f"{order}Q", data, 8)[0], "Q", "HHQ", 8
    else:
        return {}
    count = struct.unpack_from(order + count_kind, data, start)[0]
    place = start + struct.calcsize(order + count_kind)
    tags: dict[int, TiffTag] = {}
    for _ in range(count):
        tag, kind, values = struct.unpack_from(order + entry, data, place)
        offset = place + struct.calcsize(order + entry)
        place = offset + value_size
        if kind not in _KINDS:
            continue
        letter = order + _KINDS[kind]
        if values * struct.calcsize(letter) > value_size:
            offset = struct.unpack_from(order + ("I" if value_size == 4 else "Q"), data, offset)[0]
            if offset + struct.calcsize(letter) > len(data):
                continue
        tags.setdefault(tag, TiffTag(struct.unpack_from(letter, data, offset)[0], offset, letter))
    return tags


def exif_orientation(exif: bytes) -> int:
    """Return the orientation that EXIF data state, 1 to 8; 1 (upright) where they state none."""
    try:
        tag = read_directory(exif.removeprefix(b"Exif\0\0")).get(ORIENTATION)
    except struct.error:
        return 1
    return tag.value if tag is not None and 1 <= tag.value <= 8 else 1
