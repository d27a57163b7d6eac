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

"""A thread in real time: it runs before every other one that is not, but never takes a processor for good."""

from __future__ import annotations

import os
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

# The lowest: drivers, the kernel's interrupt threads and a base's controller have higher ones.
_PRIORITY = 1
# With more than this share of a processor a thread would leave others too little: it loses real time.
_MOST_SHARE = 0.8
# Over at least so long.
_WINDOW_S = 0.9


class RealTimeThread:
    """The calling thread, put into real time (SCHED_RR) where the system permits that.

    It stays there until it ends, or until a look finds that it hardly rests. Threads and processes that it
    starts are not in real time.

    Args:
        proc: Folder of the kernel's files on processes.

    Attributes:
        refusal: Sentence on why the thread is not in real time; "": it is.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._thread = threading.get_native_id()
        self.refusal = self._obstacle() or self._enter()
        self._looked_s, self._used_s = time.monotonic(), self._processor_s()

    @property
    def in_force(self) -> bool:
        """Return whether the kernel has the thread in real time."""
        with suppress(OSError, AttributeError):
            return os.sched_getscheduler(self._thread) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR
        return False

    def look(self) -> None:
        """Take real time from a thread that takes most of a processor; to be called about once a second."""
        now_s, used_s = time.monotonic(), self._processor_s()
        if now_s - self._looked_s < _WINDOW_S:
            return
        share = (used_s - self._used_s) / (now_s - self._looked_s)
        self._looked_s, self._used_s = now_s, used_s
        if share > _MOST_SHARE and self.in_force:
            with suppress(OSError):
                os.sched_setscheduler(self._thread, os.SCHED_OTHER, os.sched_param(0))
            self.refusal = (
                f"The tracking thread took {100 * min(share, 1):.0f} % of a processor and lost real time, "
                f"which would keep others from it: activate the node again once it has less to do."
            )

    def _obstacle(self) -> str:
        """Say why real time must not be used here; "" where it may."""
        if not hasattr(os, "SCHED_RESET_ON_FORK"):
            return "This system has no real time as on Linux: set scheduling to auto."
        if resource.getrlimit(resource.RLIMIT_RTTIME)[0] != resource.RLIM_INFINITY:
            return (
                "RLIMIT_RTTIME would end the process after a long frame in real time: lift it (LimitRTTIME)."
            )
        unbounded = _first_line(self._proc / "sys/kernel/sched_rt_runtime_us") == "-1"
        if unbounded and len(os.sched_getaffinity(0)) < 2:
            return (
                "The kernel does not bound real time (kernel.sched_rt_runtime_us is -1), and there is one "
                "processor only: set it to 950000."
            )
        return ""

    def _enter(self) -> str:
        try:
            os.sched_setscheduler(
                self._thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY)
            )
        except OSError as error:
            return (
                f"Real time was refused to the tracking thread ({error.strerror}): it needs CAP_SYS_NICE or "
                f"a limit 'rtprio' of {_PRIORITY}."
            )
        return ""

    def _processor_s(self) -> float:
        """Return the time that the thread has run, seconds; 0 where the kernel does not count it."""
        text = _first_line(self._proc / "self/task" / str(self._thread) / "schedstat")
        return 1e-9 * int(text.split()[0]) if text else 0.0


def _first_line(path: Path) -> str:
    """Read a line of a file of the kernel; "" where it is absent or refused."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
