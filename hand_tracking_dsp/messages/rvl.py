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

"""Decoding of RVL, the lossless code of depth images (A. D. Wilson, SIGCHI 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MORE = 8
_MOST_NIBBLES = 11
"""Of a number of 32 bits, three in each."""


def decode_rvl(data: bytes, pixels: int) -> NDArray[np.uint16]:
    """Decode the values of an image.

    The data are words of 32 bits, little-endian, of eight nibbles, the most significant first. A number is
    one or more nibbles of three bits, the least significant first; the fourth bit says that more follow. An
    image is runs of: the number of zeros, the number of other values, and for each of these its difference
    from the one before, with the sign in the lowest bit.

    Args:
        data: The words.
        pixels: Number of values that they must give.

    Returns:
        uint16 [pixels].

    Raises:
        ValueError: They end too early, or give more values.
    """
    numbers = _numbers(data)
    values = np.zeros(pixels, np.uint16)
    known = np.zeros(pixels, bool)
    is_value = np.zeros(len(numbers), bool)
    done = place = 0
    while done < pixels:
        if place + 2 > len(numbers):
            msg = f"RVL data end after {done} of {pixels} pixels"
            raise ValueError(msg)
        zeros, others = int(numbers[place]), int(numbers[place + 1])
        first, place = place + 2, place + 2 + others
        done += zeros
        if done + others > pixels or place > len(numbers):
            msg = f"RVL data give more than {pixels} pixels or end within a run"
            raise ValueError(msg)
        if not others and done < pixels:  # a million of such would keep the hands waiting
            msg = f"RVL data hold an empty run after {done} of {pixels} pixels"
            raise ValueError(msg)
        known[done : done + others] = True
        is_value[first:place] = True
        done += others
    signed = numbers[is_value]
    differences = (signed >> 1) ^ -(signed & 1)
    values[known] = np.cumsum(differences).astype(np.uint16)  # a uint16 that wraps, as in the encoder
    return values


def _numbers(data: bytes) -> NDArray[np.int64]:
    """Read all numbers of RVL data; zeros that fill the last word become numbers, too."""
    words = np.frombuffer(bytes(data[: len(data) // 4 * 4]), "<u4") if len(data) >= 4 else np.empty(0, "<u4")
    octets = words.astype(">u4").view(np.uint8)
    nibbles = np.stack([octets >> 4, octets & 15], axis=1).reshape(-1)
    ends = np.flatnonzero(nibbles < _MORE)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    lengths = ends - starts + 1
    longest = int(lengths.max(initial=0))
    if longest > _MOST_NIBBLES:
        msg = "RVL data hold a number of more than 32 bits"
        raise ValueError(msg)
    numbers: NDArray[np.int64] = (nibbles[starts] & 7).astype(np.int64)
    for digit in range(1, longest):
        longer = np.flatnonzero(lengths > digit)
        numbers[longer] |= (nibbles[starts[longer] + digit] & 7).astype(np.int64) << (3 * digit)
    return numbers
