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

"""The threads of this process as the kernel schedules them, on Linux and elsewhere."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
# A thread that is started while the others are set has the old niceness: look again.
_PASSES = 10


def thread_ids() -> list[int]:
    """Return the ids of all threads of this process; 0, the process, where the kernel does not list them."""
    try:
        return sorted(int(path.name) for path in _TASKS.iterdir())
    except OSError:
        return [0]


def niceness() -> int:
    """Return the niceness of this process: that of its first thread."""
    return os.getpriority(os.PRIO_PROCESS, os.getpid())


def least_niceness() -> int:
    """Return the lowest niceness that RLIMIT_NICE lets this process take; 20 where there is no such limit."""
    try:
        soft = resource.getrlimit(resource.RLIMIT_NICE)[0]
    except AttributeError:
        return 20
    return -20 if soft == resource.RLIM_INFINITY else max(-20, 20 - soft)


def change_niceness(before: int, after: int) -> None:
    """Change the niceness of all threads that have the same; one that was set apart keeps its own.

    On the way back to a higher niceness, threads that took one in between, relative to the others', follow.

    Raises:
        OSError: The system refuses it.
    """
    for _ in range(_PASSES):
        nicenesses = {
            thread: found + after - before
            for thread, found in _each_niceness()
            if found == before or before < found < after
        }
        for thread, value in nicenesses.items():
            with suppress(ProcessLookupError):  # it has ended
                os.setpriority(os.PRIO_PROCESS, thread, value)
        if not nicenesses:
            return


def _each_niceness() -> Iterator[tuple[int, int]]:
    for thread in thread_ids():
        with suppress(ProcessLookupError):
            yield thread, os.getpriority(os.PRIO_PROCESS, thread)


def nicenesses() -> tuple[int, int]:
    """Return the lowest and the highest niceness of all threads."""
    found = [value for _, value in _each_niceness()] or [niceness()]
    return min(found), max(found)


def processors() -> frozenset[int]:
    """Return the processors that this process may run on; empty where the system does not say."""
    return frozenset(os.sched_getaffinity(os.getpid())) if hasattr(os, "sched_getaffinity") else frozenset()


def change_processors(numbers: frozenset[int]) -> None:
    """Let all threads run on some processors only.

    Raises:
        OSError: The system refuses it, or none of them is there.
    """
    if not hasattr(os, "sched_setaffinity"):
        msg = "this system binds no process to processors"
        raise OSError(msg)
    for _ in range(_PASSES):
        changed = False
        for thread in thread_ids():
            with suppress(ProcessLookupError):
                before = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, numbers)
                changed |= before != os.sched_getaffinity(thread)
        if not changed:
            return
