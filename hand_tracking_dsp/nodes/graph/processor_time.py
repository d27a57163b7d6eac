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

"""Processor time of other processes, as Linux counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# Fields of /proc/PID/stat behind the name, see proc(5): user and system time, both in clock ticks.
_USER, _SYSTEM = 11, 12


def processor_time_s(pid: int) -> float:
    """Return the processor time that a process has taken with all its threads, seconds.

    Raises:
        OSError: It has ended, or the system has no /proc.
    """
    # The name stands in brackets, and may hold some itself.
    fields = (
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    )
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / os.sysconf("SC_CLK_TCK")


class ProcessorMeter:
    """Measures the share of a core that processes take from its making on.

    Args:
        pids: Process ids by name.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._start_s = time.monotonic()
        self._before_s = _times_s(pids)

    def shares(self, pids: Mapping[str, int]) -> dict[str, float]:
        """Return the share of each process so far; 1: one core all the time.

        Args:
            pids: Process ids by name; one that was not there at the start counts from its own.

        Returns:
            Shares by name, without those of processes that have ended; empty where there is no /proc.
        """
        elapsed_s = time.monotonic() - self._start_s
        return {
            name: (now_s - self._before_s.get(name, 0.0)) / elapsed_s
            for name, now_s in _times_s(pids).items()
        }


def _times_s(pids: Mapping[str, int]) -> dict[str, float]:
    times_s = {}
    for name, pid in pids.items():
        with suppress(OSError):
            times_s[name] = processor_time_s(pid)
    return times_s
