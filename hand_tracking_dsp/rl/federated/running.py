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

"""Processes of Flower: quiet, telling nothing to anybody, and ended with all that they have started."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError

_STOP_S = 15.0


def environment(home: Path) -> dict[str, str]:
    """Return the environment of Flower's processes: quiet, and with its state in a folder of ours."""
    scripts = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "FLWR_HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray listens on all interfaces, and whoever reaches it can run programs: only with this secret.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        # Networks this small gain nothing by threads, and the robot's nodes need the cores.
        "OMP_NUM_THREADS": "1",
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")]),
    }


def script(name: str) -> str:
    """Return the path of one of Flower's programs beside this Python.

    Raises:
        ConfigurationError: It is not there.
    """
    path = Path(sys.executable).parent / name
    if not path.exists():
        msg = f"{path} is missing: run pip install -r requirements/fleet.in in this environment."
        raise ConfigurationError(msg)
    return str(path)


@contextmanager
def running(
    command: Sequence[str], home: Path, log: Path, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that is beside this Python, and end it and what it has started when the block ends.

    Args:
        command: Name of the program, and its arguments.
        home: Folder of Flower's state.
        log: File that the program's output is added to.
        stdin: What it reads from; a pipe is closed before it is told to end.

    Yields:
        The process.

    Raises:
        ConfigurationError: The program is missing.
    """
    with log.open("ab") as file:
        process = subprocess.Popen(
            [script(command[0]), *command[1:]],
            env=environment(home),
            stdin=stdin,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and after it whatever is left of its session."""
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
