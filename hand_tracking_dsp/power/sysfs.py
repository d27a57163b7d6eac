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

"""Reads numbers and words of sysfs, where a file may be absent, empty, or hold nonsense."""

from __future__ import annotations

import math
from pathlib import Path

_LONGEST = 4096


class SysfsReader:
    """Reads attribute files and counts those whose content is not what it should be.

    Attributes:
        bad_values: Files so far that did not hold a number where one belongs.
    """

    def __init__(self) -> None:
        self.bad_values = 0

    def word(self, path: Path) -> str:
        """Read a line; "" where the file is absent or cannot be read."""
        try:
            with path.open("rb") as file:
                text = file.read(_LONGEST)
        except (OSError, ValueError):
            return ""
        lines = text.decode("utf-8", errors="replace").strip("\x00 \t\r\n").splitlines()
        return lines[0].strip() if lines else ""

    def number(self, path: Path, scale: float = 1.0) -> float:
        """Read a number times scale; NaN where the file is absent, empty or holds none."""
        text = self.word(path)
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.bad_values += 1
            return math.nan
        return value * scale


class SysfsSource:
    """Base of the power sources that read sysfs; see power.PowerSource."""

    def __init__(self, name: str, reader: SysfsReader) -> None:
        self.name = name
        self.simulated = False
        self._reader = reader

    @property
    def bad_values(self) -> int:
        """Count the values that were not numbers."""
        return self._reader.bad_values
