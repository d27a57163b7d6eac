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

"""A write that is repeated, killed at a later step each time."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hand_tracking_dsp import temporary

_STEPS = ("fsync", "replace", "unlink", "mkdir", "open")


def killed_at_each_step(write: Callable[[], object]) -> Iterator[int]:
    """Run a function until it ends, each time in a process that is killed before a later step.

    Steps are calls of the system that change files. The number of those that were done is yielded after each.
    """
    for step in range(100):
        pid = os.fork()
        if pid == 0:
            _run(write, step)
        _, status = os.waitpid(pid, 0)
        assert status in (0, signal.SIGKILL)
        yield step
        if status == 0:
            return
    pytest.fail("The write never ended.")


def _run(write: Callable[[], object], steps: int) -> None:
    # As a process that has just begun.
    temporary._swept.clear()
    left = iter(range(steps))

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: object, **options: object) -> object:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return run

    for name in _STEPS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        write()
    except BaseException:  # noqa: BLE001 (pytest must not go on in this process)
        traceback.print_exc(file=sys.__stderr__)
        os._exit(1)
    os._exit(0)
