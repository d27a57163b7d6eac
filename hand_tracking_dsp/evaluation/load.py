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

"""A load on the machine by a fixed schedule: processes that take a core each, for a while, repeatedly."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError

MAX_PROCESSES = 64

_QUIET = "quiet"
# Not "python -m": that would put the working directory first, and in a checkout the sources there lack the
# generated messages.
_CODE = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "from hand_tracking_dsp.evaluation.load import work; work()"
)
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class LoadStep:
    """Number of processes that are busy, and the time for which they are, seconds."""

    seconds: float
    busy: int


@dataclass(frozen=True, slots=True)
class LoadScript:
    """Steps that follow each other again and again."""

    steps: tuple[LoadStep, ...]

    @classmethod
    def parse(cls, text: str) -> LoadScript:
        """Read a script such as "quiet:5,1:5,2:5": busy processes (quiet = 0), and for how many seconds.

        Raises:
            ConfigurationError: It is not of this form.
        """
        return cls(tuple(_step(part.strip(), text) for part in text.split(",")))

    @property
    def most(self) -> int:
        """Largest number of processes that are busy at a time."""
        return max(step.busy for step in self.steps)

    def at(self, elapsed_s: float) -> tuple[int, float]:
        """Return the number of processes busy at a time (seconds, from 0), and the seconds that it holds."""
        left_s = elapsed_s % sum(step.seconds for step in self.steps)
        for step in self.steps:
            if left_s < step.seconds:
                return step.busy, step.seconds - left_s
            left_s -= step.seconds
        return self.steps[0].busy, self.steps[0].seconds


class Load:
    """Follows a script from start() on; leaving the ``with`` block ends every process.

    The processes are there all the time and are told when to work, so that none has to be started meanwhile.
    They end with this process, whatever ends it.
    """

    def __init__(self, script: LoadScript) -> None:
        self._script = script
        self._workers: list[subprocess.Popen[bytes]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy = 0

    def __enter__(self) -> Load:
        """Make the processes; none works yet."""
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        for _ in range(self._script.most):
            worker = subprocess.Popen(
                [sys.executable, "-c", _CODE],
                stdin=subprocess.PIPE,
                bufsize=0,
                env=environment,
                start_new_session=True,  # a terminal's Ctrl-C reaches the parent alone
            )
            self._workers.append(worker)
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=_PATIENCE_S)
        for worker in self._workers:
            worker.kill()
            worker.wait(timeout=_PATIENCE_S)
            if worker.stdin is not None:
                worker.stdin.close()
        self._workers.clear()

    @property
    def busy(self) -> int:
        """Number of processes that work at the moment."""
        return self._busy

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._workers]

    def start(self) -> None:
        """Follow the script from its beginning, in a thread."""
        self._thread = threading.Thread(target=self._follow, name="load", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        start_s = time.monotonic()
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            busy, wait_s = self._script.at(time.monotonic() - start_s)
            for index, worker in enumerate(self._workers):
                if worker.stdin is not None:
                    with suppress(BrokenPipeError):  # somebody ended it
                        worker.stdin.write(b"1" if index < busy else b"0")
            self._busy = busy


def work() -> None:
    """Take a core while the last byte on standard input is "1", wait while it is "0", end with it."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    pixels = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    matrix = np.random.default_rng(1).random((192, 192), dtype=np.float32)
    busy = False
    while True:
        if not busy or select.select([0], [], [], 0)[0]:
            said = os.read(0, 4096)
            if not said:
                return
            busy = said.endswith(b"1")
        else:
            cv2.GaussianBlur(pixels, (9, 9), 2)
            matrix = matrix @ matrix
            matrix /= matrix.max()


def _step(part: str, text: str) -> LoadStep:
    count, colon, seconds = part.partition(":")
    try:
        step = LoadStep(float(seconds), 0 if count == _QUIET else int(count))
    except ValueError:
        step = LoadStep(0, -1)
    if not (colon and 0.1 <= step.seconds <= 3600 and 0 <= step.busy <= MAX_PROCESSES):
        msg = (
            f"The load script {text!r} has the step {part!r}: write PROCESSES:SECONDS with {_QUIET} or "
            f"0 to {MAX_PROCESSES} processes and 0.1 to 3600 s, for example quiet:5,1:5,2:5."
        )
        raise ConfigurationError(msg)
    return step
