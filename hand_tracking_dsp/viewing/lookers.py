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

"""Count of those who look at the page, as the operating system has it."""

from __future__ import annotations

from pathlib import Path

_TABLES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")
_ESTABLISHED = "01"


def count_lookers(port: int) -> int:
    """Return how many connections to a port of this machine are open; 1 where that cannot be known.

    A viewer holds one for as long as its page is open, also in a tab that nobody sees.

    Args:
        port: Port of the viewer's data.
    """
    tables = [lines for table in _TABLES if (lines := _lines(Path(table))) is not None]
    if not tables:  # no Linux: somebody may look
        return 1
    return sum(_is_open(line, port) for lines in tables for line in lines)


def _lines(table: Path) -> list[str] | None:
    try:
        return table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:  # no IPv6, or no Linux
        return None


def _is_open(line: str, port: int) -> bool:
    """Return whether a line, of number, own address, other address and state, is of that port and open."""
    _, own, _, state, *_ = line.split()
    return state == _ESTABLISHED and int(own.rpartition(":")[2], 16) == port
