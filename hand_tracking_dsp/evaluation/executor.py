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

"""Executor of work on many items: in this process, in several here, or on a Dask cluster.

All give the same results. A process that is killed costs the item that it was at, which is run again.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, TypeVar

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

# Times that an item is run again when its process was killed; as many as Dask's schedulers allow.
_RETRIES = 3
_POLL_S = 0.2
_CONNECT_S = 10.0
# A cluster that grows with its work may need a while for its first worker.
_NO_WORKER_S = 60.0


@dataclass(frozen=True, slots=True)
class Executor:
    """Place where work runs.

    Attributes:
        workers: Number of processes on this machine; 0: one for each core, 1: none but this one.
        cluster: Address of a Dask scheduler that takes the work instead, for example tcp://fleet:8786, whose
            workers see the same files under the same paths; "": none.
    """

    workers: int = 0
    cluster: str = ""

    @property
    def processes(self) -> int:
        """Number of processes on this machine."""
        return self.workers or _cores()

    def map(
        self,
        run: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        on_done: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[Result]:
        """Run a function on each item, and return the results in the order of the items.

        Args:
            run: Function of a module, so that other processes find it.
            shared: First argument of all calls, handed over once to each process.
            items: Second arguments.
            on_done: Called with the items done and to do.

        Raises:
            ConfigurationError: Dask is not installed, the scheduler does not answer, or it has no worker.
            HandTrackingError: Processes were killed again and again.
        """
        found: dict[int, Result] = {}
        with closing(self.as_completed(run, shared, items)) as results:
            for number, result in results:
                found[number] = result
                on_done(len(found), len(items))
        return [found[number] for number in range(len(items))]

    def as_completed(
        self,
        run: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        on_wait: Callable[[], None] = lambda: None,
    ) -> Generator[tuple[int, Result], None, None]:
        """Run a function on each item, and yield each result with the item's number as soon as it is there.

        What runs in other processes here is killed where the iterator is closed before its end.

        Args:
            run: Function of a module, so that other processes find it.
            shared: First argument of all calls, handed over once to each process.
            items: Second arguments.
            on_wait: Called every now and then while other processes work.

        Raises:
            ConfigurationError: Dask is not installed, the scheduler does not answer, or it has no worker.
            HandTrackingError: Processes were killed again and again.
        """
        count = min(self.processes, len(items))
        if self.cluster:
            yield from _on_cluster(self.cluster, run, shared, items, on_wait)
        elif count > 1:
            yield from _in_processes(count, run, shared, items, on_wait)
        else:
            for number, item in enumerate(items):
                yield number, run(shared, item)


EVERY_CORE = Executor()
"""A process for each core of this machine."""

THIS_PROCESS = Executor(1)
"""No process but this one."""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Process:
    """A process that runs one item after the other."""

    def __init__(self, run: Callable[[Shared, Item], Result], shared: Shared) -> None:
        # Not fork: ONNX Runtime's threads do not survive it.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, run, shared))
        # One that is killed before it has read its arguments is found out by its connection, as all are.
        with theirs, suppress(BrokenPipeError):
            self._process.start()

    def give(self, item: object) -> None:
        """Let it run an item."""
        with suppress(OSError):
            self.connection.send(item)

    def end(self) -> int | None:
        """Kill it, and return its exit status, negative for a signal; None: it had none."""
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()
        self.connection.close()
        return self._process.exitcode


def _in_processes(
    count: int,
    run: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    on_wait: Callable[[], None],
) -> Generator[tuple[int, Result], None, None]:
    left = [*reversed(range(len(items)))]
    idle: list[_Process] = []
    busy: dict[Any, tuple[_Process, int]] = {}
    lost: Counter[int] = Counter()
    try:
        while left or busy:
            while left and len(busy) < count:
                process = idle.pop() if idle else _Process(run, shared)
                busy[process.connection] = process, left.pop()
                process.give(items[busy[process.connection][1]])
            ready = wait(list(busy), _POLL_S)
            on_wait()
            for connection in ready:
                process, number = busy.pop(connection)
                try:
                    outcome = process.connection.recv()
                except (EOFError, OSError):
                    lost[number] += 1
                    _require_few(lost[number], process.end())
                    left.append(number)
                    continue
                idle.append(process)
                yield number, _result(outcome)
    finally:
        for process in [*idle, *(one for one, _ in busy.values())]:
            process.end()


def _require_few(times: int, status: int | None) -> None:
    if times > _RETRIES:
        msg = (
            f"A process was killed {times} times at the same work (exit status {status}), perhaps for want "
            "of memory: run it again, with fewer processes."
        )
        raise HandTrackingError(msg)


class _Traceback(Exception):  # noqa: N818 (a text that shows where another one was raised)
    """Traceback in another process."""


def _serve(connection: Any, run: Callable[[Any, Any], Any], shared: object) -> None:  # noqa: ANN401
    """Run what comes through a connection until its other end is closed."""
    # Ctrl-C reaches every process of a terminal; the first one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):
        while True:
            item = connection.recv()
            connection.send(_outcome(run, shared, item))


def _outcome(
    run: Callable[[Any, Any], Any], shared: object, item: object
) -> tuple[Any, Exception | None, str]:
    try:
        return run(shared, item), None, ""
    except Exception as error:  # noqa: BLE001 (raised where the result is waited for)
        return None, error, traceback.format_exc()


def _result(outcome: tuple[Any, Exception | None, str]) -> Any:  # noqa: ANN401
    result, error, text = outcome
    if error is not None:
        raise error from _Traceback(text)
    return result


def _on_cluster(
    address: str,
    run: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    on_wait: Callable[[], None],
) -> Generator[tuple[int, Result], None, None]:
    distributed, client = _connect(address)
    with client:
        # A result, unlike data that is scattered, is made again where all workers that had it are gone.
        data = client.submit(pickle.loads, pickle.dumps(shared), pure=False)
        futures = {client.submit(run, data, item, pure=False): number for number, item in enumerate(items)}
        results = distributed.as_completed(futures)
        try:
            while results.count():
                ready = results.next_batch(block=False)
                for future in ready:
                    yield futures[future], future.result()
                if not ready:
                    _require_worker(distributed, client, address)
                    on_wait()
                    time.sleep(_POLL_S)
        except (distributed.KilledWorker, distributed.CancelledError, OSError, ImportError) as error:
            msg = (
                f"The Dask cluster {address} lost the work ({type(error).__name__}): see the log of its "
                "workers, which need this package, and the same files under the same paths."
            )
            raise HandTrackingError(msg) from error
        finally:
            client.cancel([*futures, data])


def _connect(address: str) -> tuple[Any, Any]:
    """Connect to a scheduler, and return Dask's module and the client."""
    try:
        import dask
        import distributed
    except ImportError as error:
        msg = f"Dask is not installed ({error}): run pip install distributed, or leave out --cluster."
        raise ConfigurationError(msg) from error
    # What is shared is large, and sent once: a warning of it would say nothing.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    try:
        client: Any = distributed.Client(address, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        msg = (
            f"The Dask scheduler {address} does not answer ({error or type(error).__name__}): start it with "
            f"dask scheduler, and its workers with dask worker."
        )
        raise ConfigurationError(msg) from error
    return distributed, client


def _require_worker(distributed: Any, client: Any, address: str) -> None:  # noqa: ANN401
    """Wait for a worker where there is none: the first one, or one that replaces those that were lost."""
    if client.scheduler_info()["workers"]:
        return
    try:
        client.wait_for_workers(1, timeout=_NO_WORKER_S)
    except distributed.TimeoutError as error:
        msg = f"The Dask scheduler {address} has no worker: start one with dask worker {address}."
        raise ConfigurationError(msg) from error
