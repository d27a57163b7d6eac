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

"""Reading of files that may be anything: endless, huge, of another kind, or JSON and YAML that mean harm."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

_MAX_BYTES = 1 << 30

_MAX_JSON_BYTES = 1 << 28
_MAX_DEPTH = 64
_MAX_DIGITS = 40


def visible(text: str) -> str:
    r"""Return a text with what is no printable character as its escape, for example \x1b for ESC.

    For what strangers may have named: escape codes would command the terminal, and marks of the writing
    direction or halves of characters spoil a line.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def excerpt(text: str, length: int = 40) -> str:
    """Return a text for a sentence, in quotation marks: as visible() shows it, cut off where it is long."""
    return f"'{visible(text[:length])}{'…' if len(text) > length else ''}'"


def visible_lines(text: str) -> str:
    """Return a text of several lines, each as visible() shows it."""
    return "\n".join(map(visible, text.split("\n")))


def require_file(path: Path) -> None:
    """Check that something can be read like a file: pipes, sockets and devices may never end.

    Raises:
        OSError: It is missing, or no regular file; strerror says which.
    """
    try:
        kind = path.stat().st_mode
    except ValueError:
        _raise_os_error(path, "no file can have this name")
    require_regular(path, kind)


def require_regular(path: Path, mode: int) -> None:
    """Check that a mode, as os.stat has it, is that of a regular file.

    Raises:
        OSError: It is not; strerror says what it is.
    """
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        _raise_os_error(path, "it is a pipe, socket or device, not a file")


def read_bytes(path: Path, limit: int = _MAX_BYTES) -> bytes:
    """Read a regular file.

    Args:
        path: Path to the file.
        limit: Largest size, bytes.

    Raises:
        OSError: It cannot be read, is larger, or no regular file; strerror says which.
    """
    try:
        # A pipe without a writer would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except ValueError:
        _raise_os_error(path, "no file can have this name")
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        require_regular(path, os.fstat(descriptor).st_mode)
        content = bytearray()
        while part := file.read(min(limit + 1 - len(content), 1 << 24)):
            content += part
            if len(content) > limit:
                _raise_os_error(path, f"it is larger than {limit / 1e6:.4g} MB")
    return bytes(content)


def sha256_of(data: bytes) -> str:
    """Return a file's checksum as manifests have it: 64 hexadecimal digits in lower case."""
    return hashlib.sha256(data).hexdigest()


def read_text(path: Path, limit: int = _MAX_BYTES) -> str:
    """Read a regular file in UTF-8, with or without a byte order mark.

    Raises:
        OSError: As read_bytes, or it is not in UTF-8.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _raise_os_error(path, f"it is not in UTF-8, byte {error.start}")


def read_json(path: Path) -> Any:  # noqa: ANN401 (any JSON value)
    """Read a JSON file, as parse_json does.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not JSON.
    """
    return parse_json(read_text(path, _MAX_JSON_BYTES))


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV with the numbers of their lines, without empty ones.

    Raises:
        OSError: As read_text, or it is not a table; strerror says so.
    """
    rows = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for row in rows:
            if row:
                yield rows.line_num, row
    except csv.Error:
        _raise_os_error(path, f"it is not a table from line {rows.line_num} on")


def parse_json(text: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Parse JSON strictly: no NaN or infinite number, no key twice, no half of a character.

    Raises:
        ValueError: It is not, or its values are nested too deeply; the message says what is wrong.
    """
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite_number,
            parse_int=_whole_number,
            object_pairs_hook=_without_repetition,
        )
    except json.JSONDecodeError as error:
        msg = f"it is not JSON from line {error.lineno}, column {error.colno} on"
        raise ValueError(msg) from None
    except RecursionError:
        value = _Deep
    _check_depth(value)
    return value


class _Deep:
    """Stands for a value that is nested more deeply than Python can follow."""


def _check_depth(value: object) -> None:
    """Refuse values nested too deeply, and strings that cannot be written in UTF-8."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH or value is _Deep:
            msg = "its values are nested too deeply"
            raise ValueError(msg)
        for one in level:
            if isinstance(one, str) and not one.isascii():
                _require_characters(one)
        level = [
            child
            for one in level
            if isinstance(one, (dict, list))
            for child in ((*one, *one.values()) if isinstance(one, dict) else one)
        ]


def _require_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        msg = f"the text {visible(text[:80])} has half a character (a lone surrogate)"
        raise ValueError(msg) from None


def _refuse_constant(constant: str) -> NoReturn:
    msg = f"{constant} is not a JSON number"
    raise ValueError(msg)


def _finite_number(text: str) -> float:
    if math.isinf(value := float(text)):
        msg = f"{text[:_MAX_DIGITS]} is too large"
        raise ValueError(msg)
    return value


def _whole_number(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        msg = f"a number of {len(text)} digits is too large"
        raise ValueError(msg)
    return int(text)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"the key {visible(next(name for name in names if names.count(name) > 1))!r} stands twice"
        raise ValueError(msg)
    return found


def _raise_os_error(path: Path, reason: str) -> NoReturn:
    raise OSError(errno.EINVAL, reason, str(path)) from None
