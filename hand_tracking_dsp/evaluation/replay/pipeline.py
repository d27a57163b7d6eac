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

"""Threads beside the one that runs the networks: one reads ahead of it, one works in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")

# Items that wait, each with its image.
_DEPTH = 8


class _Slots:
    """Free slots for items that wait; not a bounded Queue, which takes 0.1 ms of Python an item."""

    def __init__(self) -> None:
        self._free: SimpleQueue[bool] = SimpleQueue()
        for _ in range(_DEPTH):
            self._free.put(True)

    def take(self) -> bool:
        """Wait for a slot; False once they are closed."""
        return self._free.get()

    def give_back(self) -> None:
        """Free a slot."""
        self._free.put(True)

    def close(self) -> None:
        """Wake whoever waits, and let nobody wait again."""
        self._free.put(False)


def read_ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Yield the same items, made by a thread of its own; closing it ends the thread.

    Raises:
        Exception: Whatever making them raises.
    """
    ready: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()
    slots = _Slots()
    stop = threading.Event()

    def read() -> None:
        try:
            for one in items:
                if not slots.take() or stop.is_set():
                    return
                ready.put((one, None))
            ready.put((None, None))
        except BaseException as error:  # noqa: BLE001 (raised again where the items are taken)
            ready.put((None, error))

    thread = threading.Thread(target=read, name="read ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            slots.give_back()
            yield item
    finally:
        stop.set()
        slots.close()
        thread.join()


class BackgroundWorker:
    """Runs tasks in order in a thread of its own, while the caller goes on; a ``with`` block waits for all.

    Raises:
        Exception: Whatever a task raised, at the next submit or at the end of the block.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._slots = _Slots()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="background", daemon=True)

    def __enter__(self) -> BackgroundWorker:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the tasks that are left."""
        self._tasks.put(None)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def submit(self, task: Callable[[], object]) -> None:
        """Run a task soon; waits while too many are left."""
        self._slots.take()
        if self._error is not None:
            raise self._error
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._error is None:
                try:
                    task()
                except BaseException as error:  # noqa: BLE001 (raised again where tasks are given)
                    self._error = error
            self._slots.give_back()
