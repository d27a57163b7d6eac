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

"""Start of a node by itself, tried again while it fails and nobody else changes the node's state."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.timer import Timer

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions

_PAUSES = BackoffOptions(retry_s=1.0, retry_max_s=60.0)


class Autostart:
    """Configures and activates a node; a file or device that is missing at first may be there later.

    Args:
        node: The node; nothing happens before it spins.
        clock: Clock that never stands still.
        state: Function that returns the node's state.
    """

    def __init__(self, node: LifecycleNode, clock: Clock, state: Callable[[], str]) -> None:
        self._node = node
        self._clock = clock
        self._state = state
        self._backoff = Backoff(_PAUSES)
        self._due_s = time.monotonic()
        self._at_work = False
        self._timer: Timer | None = node.create_timer(0.001, self._start, clock=clock)

    @property
    def announcement(self) -> str:
        """Sentence about the next attempt; "": there is none."""
        if self._timer is None:
            return ""
        return f"Next attempt in {max(self._due_s - time.monotonic(), 0):.0f} s."

    def state_changes(self) -> None:
        """Give up where it is somebody else who changes the node's state."""
        if not self._at_work:
            self._stop()

    def _start(self) -> None:
        self._stop()
        self._at_work = True
        try:
            success = TransitionCallbackReturn.SUCCESS
            if self._state() == "inactive" or self._node.trigger_configure() == success:
                self._node.trigger_activate()
        finally:
            self._at_work = False
        if self._state() != "active":
            pause_s = self._backoff.failed()
            self._due_s = time.monotonic() + pause_s
            self._timer = self._node.create_timer(pause_s, self._start, clock=self._clock)

    def _stop(self) -> None:
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
