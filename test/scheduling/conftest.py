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

"""Processes of their own for what a test must not do to its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

_PREPARE = """
import ctypes, json, os, sys, threading
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority
from hand_tracking_dsp.scheduling.real_time import RealTimeThread
from hand_tracking_dsp.scheduling.session_group import SessionGroup
from hand_tracking_dsp.scheduling import threads

def drop_permissions():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        # Else its files in /proc would be root's.
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)

def thread_nicenesses():
    return sorted({os.getpriority(os.PRIO_PROCESS, thread) for thread in threads.thread_ids()})

def of_group():
    return SessionGroup().niceness
"""


def _begin_at_0() -> None:
    """Take the niceness of the tests' own process away, where that is permitted."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)


@pytest.fixture(scope="session")
def in_process() -> Callable[[str], Any]:
    """Give a function that runs code in a process and session of its own, and returns the JSON it prints."""
    if not sys.platform.startswith("linux"):
        pytest.skip("schedules as Linux does")

    def run(code: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", _PREPARE + textwrap.dedent(code)],
            start_new_session=True,
            preexec_fn=_begin_at_0,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def permitted(in_process: Callable[[str], Any]) -> None:
    """Skip a test where niceness 0 or -10 is not permitted."""
    found = in_process("print(json.dumps(thread_nicenesses()))")
    if found != [0]:
        pytest.skip(f"the tests run at niceness {found[0]}, and may not change it")
    tried = in_process(
        """
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        except OSError as error:
            print(json.dumps(error.strerror))
        else:
            print(json.dumps(""))
        """
    )
    if tried:
        pytest.skip(f"niceness -10 is refused here: {tried}")
