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

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_MORE = 8
_MOST_NIBBLES = 11
"""Of a number of 32 bits, three in each."""

_PART = 1 << 16
"""Bytes that are decoded at once, so that no more memory is taken than for the image."""

_DOUBLINGS = 3
"""Every eighth run is walked to in Python, the seven after each all at once in NumPy."""


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
    values = np.zeros(pixels, np.uint16)
    if not pixels:
        return values
    done, last, carried = 0, 0, np.empty(0, np.int64)
    for part in _numbers(data):
        numbers = np.concatenate([carried, part])
        starts, after = _runs(numbers)
        zeros, others = numbers[starts], numbers[starts + 1]
        ends = done + np.cumsum(zeros + others)
        count = int(np.searchsorted(ends, pixels)) + 1
        starts, zeros, others, ends = starts[:count], zeros[:count], others[:count], ends[:count]
        _check_runs(others, ends, pixels)
        # Of the last run not all values need be there.
        present = np.minimum(others, len(numbers) - 2 - starts)
        is_value = np.zeros(len(numbers), bool)
        is_value[: int((starts + present)[-1]) + 2 if len(starts) else 0] = True
        is_value[starts] = is_value[starts + 1] = False
        signed = numbers[is_value]
        decoded = last + np.cumsum((signed >> 1) ^ -(signed & 1))
        last = int(decoded[-1]) if len(decoded) else last
        known = np.repeat(np.tile([False, True], len(starts)), np.stack([zeros, present], axis=1).reshape(-1))
        # A uint16 that wraps, as in the encoder.
        values[done : done + len(known)][known] = decoded.astype(np.uint16)
        done += len(known)
        missing = int((others - present).sum())
        if done == pixels:
            return values
        carried = np.array([0, missing], np.int64) if missing else numbers[after:]
    msg = f"RVL data end after {done} of {pixels} pixels"
    raise ValueError(msg)


def _check_runs(others: Numbers, ends: Numbers, pixels: int) -> None:
    """Check that runs of so many values other than 0, which end at these pixels, fit an image.

    Raises:
        ValueError: They give more pixels, or one of them gives none.
    """
    if len(ends) and ends[-1] > pixels:
        msg = f"RVL data give more than {pixels} pixels"
        raise ValueError(msg)
    empty = np.flatnonzero((others == 0) & (ends < pixels))
    if len(empty):
        msg = f"RVL data hold an empty run after {ends[empty[0]]} of {pixels} pixels"
        raise ValueError(msg)


def _runs(numbers: Numbers) -> tuple[NDArray[np.intp], int]:
    """Find the runs in numbers, the first of which begins one.

    Returns:
        Places of the runs whose two lengths are there, and the place of the next, perhaps behind the end.
    """
    count = len(numbers)
    following = np.full(count + 1, count, np.intp)
    following[: count - 1] = np.minimum(np.arange(2, count + 1) + numbers[1:], count)
    far = following
    for _ in range(_DOUBLINGS):
        far = far[far]
    chosen, place = [], 0
    while place < count - 1:
        chosen.append(place)
        place = int(far[place])
    steps = [np.array(chosen, np.intp)]
    for _ in range(2**_DOUBLINGS - 1):
        steps.append(following[steps[-1]])
    starts = np.stack(steps, axis=1).reshape(-1)
    starts = starts[starts < count - 1]
    return starts, int(following[starts[-1]]) if len(starts) else 0


def _numbers(data: bytes) -> Iterator[Numbers]:
    """Read RVL data in parts; zeros that fill the last word become numbers, too.

    Raises:
        ValueError: A number is too long.
    """
    whole = memoryview(data)[: len(data) // 4 * 4]
    open_end = np.empty(0, np.uint8)
    for start in range(0, len(whole), _PART):
        octets = np.frombuffer(whole[start : start + _PART], "<u4").astype(">u4").view(np.uint8)
        nibbles = np.concatenate([open_end, np.stack([octets >> 4, octets & 15], axis=1).reshape(-1)])
        ends = np.flatnonzero(nibbles < _MORE)
        open_end = nibbles[ends[-1] + 1 :] if len(ends) else nibbles
        lengths = np.diff(ends, prepend=-1)
        longest = max(int(lengths.max(initial=0)), len(open_end))
        if longest > _MOST_NIBBLES:
            msg = "RVL data hold a number of more than 32 bits"
            raise ValueError(msg)
        starts = ends - lengths + 1
        numbers: Numbers = (nibbles[starts] & 7).astype(np.int64)
        for digit in range(1, int(lengths.max(initial=0))):
            longer = np.flatnonzero(lengths > digit)
            numbers[longer] |= (nibbles[starts[longer] + digit] & 7).astype(np.int64) << (3 * digit)
        yield numbers
