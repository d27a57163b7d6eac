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

"""Priority of this process, which the nodes in it request and release."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

from hand_tracking_dsp.scheduling import threads
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.session_group import SessionGroup

# Each step is a factor of 1.25: against any other process or session on a core, 0.9 of it. What is more the
# operating system and drivers need for themselves.
NICENESS = -10
# Processes that a sentence names at most.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _PlaceBefore:
    """Niceness of process and group (None: there is none) and processors before the first request."""

    niceness: int
    group: int | None
    processors: frozenset[int]


@dataclass(frozen=True, slots=True)
class ProcessStanding:
    """Priority of the process as the kernel has it.

    Attributes:
        in_force: Niceness, that of the session's group where it counts, and processors where chosen.
        refused: Sentences on what a node requested by name and the system refused.
        remarks: Sentences on why no more was taken where a node left that to the system.
    """

    in_force: str
    refused: tuple[str, ...]
    remarks: tuple[str, ...]


class ProcessPriority:
    """Niceness and processors of this process, for as long as one of its nodes requests them.

    Args:
        group: Group of the process's session.
    """

    def __init__(self, group: SessionGroup | None = None) -> None:
        self._group = group or SessionGroup()
        self._lock = threading.Lock()
        self._claims: dict[object, SchedulingOptions] = {}
        self._before: _PlaceBefore | None = None
        self._refused: list[str] = []
        self._remarks: list[str] = []

    def claim(self, owner: object, options: SchedulingOptions) -> None:
        """Raise the priority as a node requests, as far as the system permits it."""
        with self._lock:
            self._claims[owner] = options
            self._settle()

    def release(self, owner: object) -> None:
        """Undo what no other node of the process requests."""
        with self._lock:
            if self._claims.pop(owner, None) is not None:
                self._settle()

    def renew(self) -> None:
        """Give the threads that a thread in real time has started the niceness of the others."""
        with self._lock, suppress(OSError):
            if (now := threads.niceness()) < 0:
                threads.change_niceness(0, now)

    def standing(self) -> ProcessStanding:
        """Read from the kernel what is in force."""
        with self._lock:
            lowest, highest = threads.nicenesses()
            parts = [f"niceness {lowest}" if lowest == highest else f"niceness {lowest} to {highest}"]
            if (of_group := self._group.niceness) is not None and not self._group.cpu_cgroup:
                parts.append(f"session group {of_group}")
            if any(options.processors for options in self._claims.values()):
                parts.append(f"processors {_listed(threads.processors())}")
            return ProcessStanding(", ".join(parts), tuple(self._refused), tuple(self._remarks))

    def _settle(self) -> None:
        self._refused, self._remarks = [], []
        if self._before is None:
            # A group that another node lowered already goes back to 0 with the last one.
            of_group = 0 if self._group.needed_by_others else self._group.niceness
            self._before = _PlaceBefore(threads.niceness(), of_group, threads.processors())
        asked = {options.scheduling for options in self._claims.values()} - {"normal"}
        if asked:
            self._go_before(self._before, by_name=asked != {"auto"})
        else:
            self._fall_back(self._before)
        self._choose_processors(self._before)
        if not self._claims:
            self._before = None

    def _go_before(self, before: _PlaceBefore, *, by_name: bool) -> None:
        refusals = self._refused if by_name else self._remarks
        if by_name or before.niceness == 0:
            refusals += self._lower_niceness()
        elif before.niceness > NICENESS:
            self._remarks.append(f"Niceness {before.niceness} stays: whoever started the process chose it.")
        if (of_group := self._group.niceness) is None or (wanted := threads.niceness()) >= of_group:
            return
        if cgroup := self._group.cpu_cgroup:
            self._remarks.append(f"Niceness counts only within the CPU control group {cgroup}.")
        elif not by_name and (strangers := self._group.strangers()):
            self._remarks.append(
                f"Niceness counts within the session alone, which the process shares with "
                f"{', '.join(dict.fromkeys(strangers[:_NAMED]))}: give it a session or a service of its own, "
                f"or set scheduling to nice."
            )
        else:
            refusals += self._lower_group(wanted)

    def _lower_niceness(self) -> list[str]:
        """Take the lowest niceness that is permitted; return what is to be said of it."""
        before = threads.niceness()
        for wanted in (NICENESS, threads.least_niceness()):
            if wanted >= before:
                continue
            with suppress(OSError):
                threads.change_niceness(before, wanted)
                break
        if (reached := threads.niceness()) <= NICENESS:
            return []
        return [
            f"Niceness {NICENESS} instead of {reached} needs CAP_SYS_NICE or a limit 'nice' of {NICENESS}."
        ]

    def _lower_group(self, niceness: int) -> list[str]:
        """Set the session's group; return what is to be said of it."""
        try:
            self._group.change(niceness)
        except OSError as error:
            said = (
                f"Niceness counts within the session alone, since its group was not set to {niceness}: "
                f"{error.strerror}."
            )
            return [said]
        return []

    def _fall_back(self, before: _PlaceBefore) -> None:
        with suppress(OSError):
            if (now := threads.niceness()) < before.niceness:
                threads.change_niceness(now, before.niceness)
            lowered = before.group is not None and (self._group.niceness or 0) < before.group
            if lowered and not self._group.needed_by_others:
                self._group.change(before.group or 0)

    def _choose_processors(self, before: _PlaceBefore) -> None:
        wanted = frozenset[int]().union(*(options.processors for options in self._claims.values()))
        if not wanted and threads.processors() == before.processors:
            return
        try:
            threads.change_processors(wanted or before.processors)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            absent = wanted - threads.processors()
            reason = f"{_listed(absent)} cannot be had" if absent else ""
        if reason:
            self._refused.append(f"Parameter cpus does not hold on this machine: {reason}.")


def _listed(processors: frozenset[int]) -> str:
    return ",".join(map(str, sorted(processors)))
