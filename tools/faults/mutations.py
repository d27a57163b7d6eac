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

"""Seeded damage to the bytes of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random], bytes]

_WORDS = (
    b"NaN", b"Infinity", b"-1", b"1e999", b"0", b"99999999999999999999", b"null", b"true", b'""', b"[]",
    b"{}", b'"\\ud800"', b"\x00", b"\xff\xfe", b"\x1b[2J", b"../../etc/passwd", b"=1+1", b"-0.0", b"1.5",
    b"x" * 300,
)  # fmt: skip
_VALUES: tuple[object, ...] = (
    None, True, -1, 0, 1.5, 2**70, float("nan"), float("inf"), "", "\x1b[31m", "../../x", [], {}, [[]],
    "9" * 5000,
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(\.\d+)?")
_DEEP = 20_000


def flip_bits(data: bytes, random: Random) -> bytes:
    """Flip one to sixteen bits."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 16) if data else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(data: bytes, random: Random) -> bytes:
    """Cut off the end."""
    return data[: random.randrange(len(data) + 1)]


def cut_out(data: bytes, random: Random) -> bytes:
    """Take a piece out."""
    begin = random.randrange(len(data) + 1)
    return data[:begin] + data[begin + random.randint(1, 400) :]


def repeat(data: bytes, random: Random) -> bytes:
    """Put a piece in twice."""
    begin = random.randrange(len(data) + 1)
    end = begin + random.randint(1, 400)
    return data[:end] + data[begin:end] + data[end:]


def insert(data: bytes, random: Random) -> bytes:
    """Put random bytes in."""
    place = random.randrange(len(data) + 1)
    return data[:place] + random.randbytes(random.randint(1, 64)) + data[place:]


def overwrite(data: bytes, random: Random) -> bytes:
    """Overwrite a piece with one byte's value."""
    place, length = random.randrange(len(data) + 1), random.randint(1, 200)
    return (
        data[:place]
        + bytes([random.choice((0, 255, random.randrange(256)))]) * length
        + data[place + length :]
    )


def put_word(data: bytes, random: Random) -> bytes:
    """Put a word in that readers stumble over."""
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(_WORDS) + data[place:]


def replace_number(data: bytes, random: Random) -> bytes:
    """Replace a number in a text."""
    numbers = list(_NUMBER.finditer(data[:1_000_000]))
    if not numbers:
        return put_word(data, random)
    chosen = random.choice(numbers)
    return data[: chosen.start()] + random.choice(_WORDS) + data[chosen.end() :]


def swap_lines(data: bytes, random: Random) -> bytes:
    """Swap, drop or double a line."""
    lines = data.split(b"\n")
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], random.choice((lines[a], b"", lines[b]))
    return b"\n".join(lines)


def replace_whole(_: bytes, random: Random) -> bytes:
    """Replace the whole file."""
    deep = random.choice((b"[", b'{"a":', b"- ", b"("))
    return random.choice(
        (
            b"",
            b"\x00" * 4096,
            random.randbytes(4096),
            deep * _DEEP,
            b"[]",
            b"{}",
            b"null",
            b"1",
            b"\xef\xbb\xbf{}",
        )
    )


def change_value(data: bytes, random: Random) -> bytes:
    """Change, drop or double a value of a JSON document; another file is damaged as text."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return replace_number(data, random)
    places = list(_places(document))
    if not places:
        return put_word(data, random)
    _change(*random.choice(places), random)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _change(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 (a list or dictionary of any JSON)
    kind = random.randrange(4)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif kind == 2 and isinstance(holder, dict):
        holder[f"{key}_"] = holder.pop(key)
    else:
        holder[key] = random.choice(_VALUES)


def _places(document: object) -> list[tuple[Any, Any]]:
    """List every holder of a value in a document, with the key or index of the value."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (dict, list)):
            keys = list(each) if isinstance(each, dict) else range(len(each))
            found += [(each, key) for key in keys]
            waiting += each.values() if isinstance(each, dict) else each
    return found


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, cut, cut_out, repeat, insert, overwrite, put_word, replace_number, swap_lines, replace_whole,
    change_value,
)  # fmt: skip
"""All of them."""


def mutate(data: bytes, random: Random) -> bytes:
    """Damage a file once, or now and then up to three times."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(MUTATIONS)(data, random)
    return data
