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

"""Items that are settled once: by whoever has the result, or at their deadline by a substitute."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

# The thread aims ahead of a deadline by how late it was lately, within these bounds, seconds.
_LEAST_AHEAD_S, _MOST_AHEAD_S = 0.001, 0.008
# What is left of that after another call that was in time.
_MEMORY = 0.98


class DueItem(Protocol):
    """An item with a deadline.

    Attributes:
        due_s: Deadline, seconds of time.monotonic().
        substituted: Whether a substitute came first.
    """

    due_s: float
    substituted: bool


Item = TypeVar("Item", bound=DueItem)


class Deadlines(Generic[Item]):
    """Calls a function for each item that is not settled at its deadline, in a thread of its own.

    Everything is called under one lock, so that of an item there is one result or one substitute, and what
    is published comes in the order of the deadlines.

    Args:
        substitute: Function that is called with an item at its deadline; returns whether it had one.
        on_error: Function called with an exception that it raised.
        enter: Function called first in the thread, for its priority.

    Attributes:
        substituted: Items that had a substitute.
    """

    def __init__(
        self,
        substitute: Callable[[Item], bool],
        on_error: Callable[[Exception], None],
        enter: Callable[[], None] = lambda: None,
    ) -> None:
        self._substitute, self._on_error, self._enter = substitute, on_error, enter
        self._condition = threading.Condition()
        self._waiting: list[Item] = []
        self.substituted = 0
        self._ahead_s = _LEAST_AHEAD_S
        self._wakes_s = -math.inf
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="deadline", daemon=True)
        self._thread.start()

    @property
    def ahead_s(self) -> float:
        """Time by which the thread aims ahead of a deadline, seconds."""
        return self._ahead_s

    def add(self, item: Item) -> None:
        """Watch an item, before anybody may settle it."""
        with self._condition:
            self._waiting.append(item)
            # While it sleeps until an earlier deadline, it looks afterwards anyway.
            if item.due_s - self._ahead_s < self._wakes_s:
                self._condition.notify()

    def settle(self, item: Item, publish: Callable[[], object]) -> bool:
        """Publish the result of an item, unless a substitute came first.

        Args:
            item: The item, watched or not.
            publish: Function that publishes the result.

        Returns:
            Whether it was published.
        """
        with self._condition:
            self._forget(item)
            if item.substituted:
                return False
            publish()
            return True

    def drop(self, item: Item | None) -> None:
        """Forget an item of which there will be nothing; None: no item."""
        with self._condition:
            self._forget(item)

    def stop(self) -> None:
        """End the thread; returns once no call is under way."""
        with self._condition:
            self._ended = True
            self._waiting.clear()
            self._condition.notify()
        self._thread.join()

    def _forget(self, item: Item | None) -> None:
        self._waiting = [other for other in self._waiting if other is not item]

    def _run(self) -> None:
        self._enter()
        with self._condition:
            while not self._ended:
                next_s = min((item.due_s for item in self._waiting), default=math.inf) - self._ahead_s
                left_s = next_s - time.monotonic()
                if left_s > 0:
                    self._wakes_s = next_s
                    self._condition.wait(None if math.isinf(left_s) else min(left_s, threading.TIMEOUT_MAX))
                    self._wakes_s = -math.inf
                    continue
                item = min(self._waiting, key=lambda one: one.due_s)
                self._waiting.remove(item)
                try:
                    item.substituted = self._substitute(item)
                    self.substituted += item.substituted
                except Exception as error:  # noqa: BLE001 (the result may still come)
                    self._on_error(error)
                late_s = time.monotonic() - next_s
                self._ahead_s = min(max(late_s, _MEMORY * self._ahead_s, _LEAST_AHEAD_S), _MOST_AHEAD_S)
