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

"""A few lines on the terminal that are redrawn in place; plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from hand_tracking_dsp.documents import visible, visible_lines

_CLEAR_LINE, _UP = "\x1b[2K", "\x1b[{}A"


class LiveView:
    """Shows the present state of something that runs."""

    def __init__(self, stream: TextIO | None = None, plain_interval_s: float = 2.0) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._interval_s = plain_interval_s
        self._shown = 0
        self._last_s = -float("inf")

    def update(self, rows: Sequence[tuple[str, str]], plain: str = "") -> None:
        """Show the state.

        Args:
            rows: Names and values, redrawn in place on a terminal.
            plain: The same in one line, for a stream that is no terminal; if empty, names and values.
        """
        now_s = time.monotonic()
        if self._terminal:
            width = max(len(name) for name, _ in rows)
            text = "".join(f"{_CLEAR_LINE}  {name:<{width}}  {visible(value)}\n" for name, value in rows)
            self._write((_UP.format(self._shown) if self._shown else "") + text)
            self._shown = len(rows)
        elif now_s - self._last_s >= self._interval_s:
            self._write(visible(plain or " | ".join(f"{name} {value}" for name, value in rows)) + "\n")
            self._last_s = now_s

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._write(visible_lines(line) + "\n")
        self._shown = 0

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how much of something is done, on a terminal only."""
        if self._terminal:
            end = "\n" if done >= total else ""
            self._write(f"\r{_CLEAR_LINE}{what}: {done} of {total}{end}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
