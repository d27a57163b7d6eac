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

"""The session's group of processes (autogroup).

Linux may divide the processors among sessions first; niceness then counts among the processes of one session.
Sources: sched(7), "The autogroup feature"; kernel/sched/autogroup.c.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

_GROUP = re.compile(r"(/autogroup-\d+) nice (-?\d+)\s*")
# Namespace of control groups that is no container's: PROC_CGROUP_INIT_INO of include/linux/proc_ns.h.
_FIRST_NAMESPACE = "cgroup:[4026531835]"
# Executables of this package, and how 'hand-tracking-dsp up' starts them.
_OF_THIS_PACKAGE = re.compile(rb"/lib/hand_tracking_dsp/|hand_tracking_dsp\.nodes\.")
# Without CAP_SYS_ADMIN a group can be set ten times a second, all of the machine's together.
_ATTEMPTS, _PAUSE_S = 5, 0.11


class SessionGroup:
    """Group of the session that this process is in.

    Args:
        proc: Folder of the kernel's files on processes.
        cgroups: Folder where control groups are mounted.
    """

    def __init__(self, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._cgroups = cgroups

    @property
    def niceness(self) -> int | None:
        """Niceness of the group; None where the kernel has no such groups, or does not use them."""
        if _read(self._proc / "sys/kernel/sched_autogroup_enabled").strip() != "1":
            return None
        group = self._group(os.getpid())
        return int(group[2]) if group else None

    @property
    def cpu_cgroup(self) -> str:
        """CPU control group that counts instead of the session's; "" where none does."""
        unified = ""
        for line in _read(self._proc / str(os.getpid()) / "cgroup").splitlines():
            _, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            if "cpu" in controllers.split(",") and path != "/":
                return path
            if not controllers:
                unified = path
        if unified not in ("", "/"):
            enabled = _read(self._cgroups / "cgroup.subtree_control").split()
            return unified if "cpu" in enabled else ""
        return "of the container" if self._in_container_group else ""

    def strangers(self) -> list[str]:
        """Name the processes in the group that neither started this one nor are this package's."""
        started_by = set(self._ancestors())
        return [
            _read(self._proc / str(pid) / "comm").strip() or str(pid)
            for pid in self._members()
            if pid not in started_by and not self._is_of_this_package(pid)
        ]

    def change(self, niceness: int) -> None:
        """Set the niceness of the group.

        Raises:
            OSError: The system refuses it.
        """
        path = self._proc / str(os.getpid()) / "autogroup"
        for attempt in range(_ATTEMPTS):
            try:
                path.write_text(str(niceness), encoding="utf-8")
            except BlockingIOError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    @property
    def needed_by_others(self) -> bool:
        """Return whether another process of this package in the group has a raised priority."""
        others = (pid for pid in self._members() if pid != os.getpid() and self._is_of_this_package(pid))
        return any(_niceness(pid) < 0 for pid in others)

    @property
    def _in_container_group(self) -> bool:
        """Return whether the group that a container sees as the topmost one has a share of its own."""
        try:
            if str((self._proc / str(os.getpid()) / "ns/cgroup").readlink()) == _FIRST_NAMESPACE:
                return False
        except OSError:
            return False
        # The machine's topmost group has no weight in version 2, and a release_agent in version 1.
        first = self._cgroups / "cpu"
        return (self._cgroups / "cpu.weight").exists() or (
            (first / "cpu.shares").exists() and not (first / "release_agent").exists()
        )

    def _members(self) -> Iterator[int]:
        """Return the processes of the group that can be seen, this one among them."""
        own = self._group(os.getpid())
        for path in self._proc.iterdir():
            if path.name.isdigit() and own and (group := self._group(int(path.name))) and group[1] == own[1]:
                yield int(path.name)

    def _ancestors(self) -> Iterator[int]:
        """Return this process, its parent, and so on."""
        pid = os.getpid()
        while pid:
            yield pid
            # The name in parentheses may hold any character; state and parent follow it.
            _, _, rest = _read(self._proc / str(pid) / "stat").rpartition(") ")
            fields = rest.split()
            pid = int(fields[1]) if len(fields) > 1 else 0

    def _is_of_this_package(self, pid: int) -> bool:
        try:
            command = (self._proc / str(pid) / "cmdline").read_bytes()
        except OSError:
            return False
        return _OF_THIS_PACKAGE.search(command) is not None

    def _group(self, pid: int) -> re.Match[str] | None:
        return _GROUP.fullmatch(_read(self._proc / str(pid) / "autogroup"))


def _read(path: Path) -> str:
    """Read a file of the kernel; "" where it is absent or refused."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _niceness(pid: int) -> int:
    """Return the niceness of a process; 0 where it has ended."""
    try:
        return os.getpriority(os.PRIO_PROCESS, pid)
    except OSError:
        return 0
