"""Threads beside the one that runs the networks: what comes before it, and what comes behind."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")

# Items that wait, each with its image.
_DEPTH = 8


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Give the same items, made by a thread of its own.

    Raises:
        Exception: Whatever making them raises.
    """
    ready: queue.Queue[Item | BaseException | None] = queue.Queue(_DEPTH)
    stop = threading.Event()

    def put(item: Item | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for one in items:
                if not put(one):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 (raised again where the items are taken)
            put(error)

    thread = threading.Thread(target=read, name="read ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


class Behind:
    """Does things in order in a thread of its own, while the caller goes on; a ``with`` block waits for all.

    Raises:
        Exception: Whatever was done raised, at the next do or at the end of the block.
    """

    def __init__(self) -> None:
        self._tasks: queue.Queue[Callable[[], object] | None] = queue.Queue(_DEPTH)
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
