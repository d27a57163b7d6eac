"""Threads beside the one that runs the networks: what comes before it, and what comes behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")

# Items that wait, each with its image.
_DEPTH = 8


class _Places:
    """Free places for items that wait; not a bounded Queue, which takes 0.1 ms of Python an item."""

    def __init__(self) -> None:
        self._free: SimpleQueue[bool] = SimpleQueue()
        for _ in range(_DEPTH):
            self._free.put(True)

    def take(self) -> bool:
        """Wait for a place; False once they are closed."""
        return self._free.get()

    def give_back(self) -> None:
        """Free a place."""
        self._free.put(True)

    def close(self) -> None:
        """Let nobody wait any more."""
        self._free.put(False)


def read_ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Give the same items, made by a thread of its own; closing it ends the thread.

    Raises:
        Exception: Whatever making them raises.
    """
    ready: SimpleQueue[tuple[Item | None, BaseException | None]] = SimpleQueue()
    places = _Places()
    stop = threading.Event()

    def read() -> None:
        try:
            for one in items:
                if not places.take() or stop.is_set():
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
            places.give_back()
            yield item
    finally:
        stop.set()
        places.close()
        thread.join()


class Behind:
    """Does things in order in a thread of its own, while the caller goes on; a ``with`` block waits for all.

    Raises:
        Exception: Whatever was done raised, at the next do or at the end of the block.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._places = _Places()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="behind", daemon=True)

    def __enter__(self) -> Behind:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is left to do."""
        self._tasks.put(None)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def do(self, task: Callable[[], object]) -> None:
        """Do something soon; waits while too much is left to do."""
        self._places.take()
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
            self._places.give_back()
