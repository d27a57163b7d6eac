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

"""Calls a function on time, whatever a node's executor is busy with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# After an error, until the next call, seconds.
_AFTER_ERROR_S = 0.02


class TimedThread:
    """Calls a function in a thread of its own, again at the time that each call returns.

    A timer of a node waits until the executor has nothing else to do: parameters being set, diagnostics, a
    callback that hangs.

    Args:
        name: Name of the thread.
        call: Function to call; returns the time of the next call, seconds of time.monotonic();
            inf: never.
        on_error: Function called with an exception that it raised; the thread goes on.
    """

    def __init__(self, name: str, call: Callable[[], float], on_error: Callable[[Exception], None]) -> None:
        self._call, self._on_error = call, on_error
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns once no call is under way."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        next_s = time.monotonic()
        while not self._ending.wait(min(max(0.0, next_s - time.monotonic()), threading.TIMEOUT_MAX)):
            try:
                next_s = self._call()
            except Exception as error:  # noqa: BLE001 (the next call may succeed)
                next_s = time.monotonic() + _AFTER_ERROR_S
                self._on_error(error)
