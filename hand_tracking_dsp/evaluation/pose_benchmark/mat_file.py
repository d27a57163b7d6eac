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

"""Reading of arrays of numbers from MATLAB's files of the versions 5 to 7.

scipy.io.loadmat ends the whole process by a segmentation fault on some damaged files (seen with SciPy 1.17);
here every size that a file states is checked before something is read by it. The format: MathWorks, "MAT-File
Format", level 5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array

_HEADER_BYTES = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_VERSION = 0x0100
_VERSION_7_3 = 0x0200
_MATRIX, _COMPRESSED = 14, 15
_INT32, _UINT32 = 5, 6
_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
"""Types of stored numbers by their code; an array of doubles may be stored in a smaller one."""

_CLASSES = dict(enumerate(("cell", "struct", "object", "char", "sparse", "double", "single"), 1))
"""Classes of arrays by their code, but for those of integers, which are not read."""

_COMPLEX = 0x0800
_MOST_DIMENSIONS = 8
_LONGEST_NAME = 63
# Flags, dimensions and name of an array, with their tags.
_LARGEST_START = 8 + 16 + 8 + 4 * _MOST_DIMENSIONS + 8 + 8 * (1 + _LONGEST_NAME // 8)
_MOST_ARRAYS = 10_000


class MatError(Exception):
    """The data are no such file; the text ends a sentence that begins with its path."""


@dataclass(frozen=True, slots=True)
class MatArray:
    """An array in a file, whose numbers are not read yet.

    Attributes:
        kind: Class of the array in MATLAB, for example "double".
        shape: Its dimensions.
    """

    kind: str
    shape: tuple[int, ...]
    _element: memoryview
    _order: str
    _compressed: bool
    _start: int

    def read(self) -> Array:
        """Read the numbers as float64; check the shape before, which says how much memory they take.

        Raises:
            MatError: They are not there, or are no real numbers.
        """
        count = math.prod(self.shape)
        end = self._start + 8 + 8 * count
        content = _inflated(self._element, end) if self._compressed else self._element
        code, values, _ = _element(content, self._start, self._order)
        if code not in _STORED or len(values) != count * np.dtype(_STORED[code]).itemsize:
            msg = f"does not have the {count} numbers that it states"
            raise MatError(msg)
        numbers = np.frombuffer(values, np.dtype(self._order + _STORED[code]))
        return numbers.astype(np.float64).reshape(self.shape, order="F")


def list_arrays(data: bytes) -> dict[str, MatArray]:
    """List the arrays of a file by name; their numbers are not read.

    Raises:
        MatError: It is no such file, or damaged.
    """
    order = _ORDERS.get(data[126:128], "")
    version = struct.unpack_from(order + "H", data, 124)[0] if order else 0
    if version == _VERSION_7_3:
        msg = "is of MATLAB's version 7.3, which is not read: save it with -v7"
        raise MatError(msg)
    if version != _VERSION:
        msg = "is not a MATLAB file of the versions 5 to 7"
        raise MatError(msg)
    try:
        return dict(_arrays(memoryview(data), order))
    except struct.error:
        msg = "is a damaged MATLAB file"
        raise MatError(msg) from None


def _arrays(data: memoryview, order: str) -> Iterator[tuple[str, MatArray]]:
    place = _HEADER_BYTES
    for _ in range(_MOST_ARRAYS):
        if place >= len(data):
            return
        code, content, place = _element(data, place, order, padded=False)
        compressed = code == _COMPRESSED
        start = content
        if compressed:
            start = _inflated(content, 8 + _LARGEST_START)
            code, size = struct.unpack_from(order + "II", start)
            start = start[8 : 8 + size]
        if code == _MATRIX:
            yield _described(start, content, order, compressed=compressed)
    msg = f"has more than {_MOST_ARRAYS} arrays"
    raise MatError(msg)


def _described(
    start: memoryview, element: memoryview, order: str, *, compressed: bool
) -> tuple[str, MatArray]:
    """Read the name, class and shape of an array.

    Args:
        start: The array, at least its start.
        element: What its numbers are read from: the array, or its compressed form.
        order: Order of bytes, "<" or ">".
        compressed: Whether it is compressed.
    """
    code, flags, place = _element(start, 0, order)
    dimensions_code, dimensions, place = _element(start, place, order)
    _, name, place = _element(start, place, order)
    fits = code == _UINT32 and len(flags) == 8 and dimensions_code == _INT32
    if not fits or not 0 < len(dimensions) // 4 <= _MOST_DIMENSIONS or len(name) > _LONGEST_NAME:
        msg = "is a damaged MATLAB file"
        raise MatError(msg)
    (bits,) = struct.unpack_from(order + "I", flags)
    shape = struct.unpack_from(f"{order}{len(dimensions) // 4}i", dimensions)
    if min(shape) < 0:
        msg = "is a damaged MATLAB file"
        raise MatError(msg)
    kind = "complex" if bits & _COMPLEX else _CLASSES.get(bits & 0xFF, "of integers")
    # The tag of the compressed array lies before it.
    offset = place + 8 * compressed
    return bytes(name).decode("latin-1"), MatArray(kind, shape, element, order, compressed, offset)


def _element(data: memoryview, place: int, order: str, *, padded: bool = True) -> tuple[int, memoryview, int]:
    """Return the code and content of a data element, and the place behind it.

    Raises:
        MatError: It is not within the data.
    """
    try:
        code, size = struct.unpack_from(order + "II", data, place)
    except struct.error:
        code, size = 0, len(data) + 1
    start = place + 8
    if code >> 16:  # a small element, whose tag has the content
        code, size, start = code & 0xFFFF, code >> 16, place + 4
        if size > 4:
            msg = "is a damaged MATLAB file"
            raise MatError(msg)
    end = start + size
    if end > len(data):
        msg = "is cut off or damaged: an array ends behind its end"
        raise MatError(msg)
    behind = place + 8 if start == place + 4 else end + (-end % 8 if padded else 0)
    return code, data[start:end], behind


def _inflated(compressed: memoryview, size: int) -> memoryview:
    """Return at most the first so many bytes of compressed data.

    Raises:
        MatError: They are damaged.
    """
    try:
        return memoryview(zlib.decompressobj().decompress(compressed, size))
    except zlib.error:
        msg = "is a damaged MATLAB file"
        raise MatError(msg) from None
