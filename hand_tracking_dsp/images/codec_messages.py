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

"""Messages that the decoders of OpenCV print to standard error.

libjpeg decodes a damaged image and merely warns, and OpenCV passes neither the warning nor its count on: a
line on standard error is all that says so. It is collected here, where it can be named in a sentence.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_STDERR = 2
_LOCK = threading.Lock()
# A process forked meanwhile must neither inherit the redirection nor a lock that nobody releases.
os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)

_OF_A_CODEC = re.compile(
    r"Corrupt JPEG data|Premature end of JPEG|Invalid SOS|Inconsistent progression|Unsupported marker"
    r"|Warning: unknown JFIF|libpng (?:warning|error)|\[ ?(?:WARN|ERROR|INFO):\d+@|OpenCV"
)
_DAMAGE = re.compile(
    r"Corrupt JPEG data|Premature end of JPEG|Inconsistent progression|\[ERROR:\d+@[^]]*\].*TIFF_Error"
)
_EXTRANEOUS = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes")
_PADDING_BYTES = 15
"""Bytes that a whole image may have before a marker: many cameras pad theirs."""


@contextmanager
def collect_codec_messages() -> Iterator[list[str]]:
    """Collect the lines that a decoder prints while the context lasts, into the list that is given.

    Standard error belongs to the whole process: what other threads print meanwhile is printed afterwards.
    Where there is no standard error, nothing is collected.
    """
    lines: list[str] = []
    with _LOCK:
        try:
            original, store = os.dup(_STDERR), _store()
            os.dup2(store, _STDERR)
        except OSError:
            yield lines
            return
        try:
            yield lines
        finally:
            os.dup2(original, _STDERR)
            os.close(original)
            if size := os.lseek(store, 0, os.SEEK_CUR):
                text = os.pread(store, size, 0)
                os.ftruncate(store, 0)
                os.lseek(store, 0, os.SEEK_SET)
                _sort(text, lines)


def damage(lines: list[str]) -> str:
    """Return the first line that says that an image is damaged; "" where none does."""
    for line in lines:
        extra = _EXTRANEOUS.match(line)
        if int(extra[1]) > _PADDING_BYTES if extra else _DAMAGE.match(line):
            return line
    return ""


@cache
def _store() -> int:
    """Return the file in memory that takes the lines: unlike a pipe, it is never full."""
    return os.memfd_create("codec messages")


def _sort(text: bytes, lines: list[str]) -> None:
    """Append a decoder's lines to the list, and print the others."""
    for line in text.splitlines(keepends=True):
        words = line.decode(errors="replace").strip()
        if _OF_A_CODEC.search(words):
            lines.append(words)
        elif words:
            os.write(_STDERR, line)
