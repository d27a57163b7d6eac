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

"""Units of work run one after the other, in several processes, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, SourceError
from hand_tracking_dsp.evaluation.replay.run import Progress, Unit, UnitResult, run_unit

_POLL_S = 0.2
_CONNECT_S = 10.0
# A cluster that grows with its work may need a while for its first worker.
_FIRST_WORKER_S = 60.0

_shared: _Shared


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A unit whose recording cannot be read, and why, in a sentence."""

    unit: Unit
    reason: str


@dataclass(frozen=True, slots=True)
class _Shared:
    """Memory that the processes of a pool share, without locks: one that is killed must not keep one.

    Attributes:
        frames: Number of frames done, of each unit.
        stop: Whether to give up.
    """

    frames: Any
    stop: Any


def run_here(units: Sequence[Unit], jobs: int, on_progress: Progress) -> Iterator[UnitResult | LeftOut]:
    """Run units on this machine, so many jobs at once (1 = in this process), and yield each result.

    The progress is that of all units together.

    Raises:
        HandTrackingError: The bank or a policy cannot be used, or a process was killed; the other units are
            given up.
    """
    if jobs == 1:
        for unit in units:
            yield _attempt(unit, on_progress)
        return
    # Not fork: ONNX Runtime's threads do not survive it.
    context = multiprocessing.get_context("spawn")
    shared = _Shared(context.RawArray("q", len(units)), context.RawValue("b", 0))
    with ProcessPoolExecutor(jobs, context, _join, (shared,)) as pool:
        pending = {pool.submit(_run_counted, number, unit) for number, unit in enumerate(units)}
        seen = 0
        try:
            while pending:
                done, pending = wait(pending, _POLL_S, FIRST_COMPLETED)
                frames = sum(shared.frames)
                on_progress(frames - seen)
                seen = frames
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            msg = (
                "A process that evaluated was killed, perhaps for want of memory: run it again, with fewer "
                "--jobs."
            )
            raise HandTrackingError(msg) from error
        finally:
            shared.stop.value = 1
            for future in pending:
                future.cancel()


def run_on_cluster(
    units: Sequence[Unit], address: str, on_progress: Progress, frames_of: Callable[[Unit], int]
) -> Iterator[UnitResult | LeftOut]:
    """Run units on a Dask cluster, whose workers see the same files under the same paths.

    Args:
        units: Units of work.
        address: Address of the scheduler, for example tcp://fleet:8786.
        on_progress: Called a unit at a time.
        frames_of: Function from a unit to its number of frames.

    Raises:
        ConfigurationError: Dask is not installed, the scheduler does not answer, or it has no worker.
        HandTrackingError: The bank or a policy cannot be used, or workers were lost; the other units are
            given up.
    """
    try:
        import distributed
    except ImportError as error:
        msg = f"Dask is not installed ({error}): run pip install distributed, or leave out --cluster."
        raise ConfigurationError(msg) from error
    try:
        client: Any = distributed.Client(address, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        msg = (
            f"The Dask scheduler {address} does not answer ({error or type(error).__name__}): start it with "
            f"dask scheduler, and its workers with dask worker."
        )
        raise ConfigurationError(msg) from error
    with client:
        futures = {client.submit(_attempt, unit, pure=False): unit for unit in units}
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
            for future in distributed.as_completed(futures):  # type: ignore[no-untyped-call]
                result: UnitResult | LeftOut = future.result()
                on_progress(frames_of(futures[future]))
                yield result
        except distributed.TimeoutError as error:
            msg = f"The Dask scheduler {address} has no worker: start one with dask worker {address}."
            raise ConfigurationError(msg) from error
        except (distributed.KilledWorker, distributed.CancelledError, OSError, ImportError) as error:
            msg = (
                f"The Dask cluster {address} lost the work ({type(error).__name__}): see the log of "
                "its workers, which need this package."
            )
            raise HandTrackingError(msg) from error
        finally:
            client.cancel(list(futures))


def _attempt(unit: Unit, on_progress: Progress = lambda _: None) -> UnitResult | LeftOut:
    try:
        return run_unit(unit, on_progress)
    except SourceError as error:
        return LeftOut(unit, str(error))


def _join(shared: _Shared) -> None:
    global _shared  # noqa: PLW0603 (the one way to hand it to a pool's process)
    _shared = shared
    # Ctrl-C reaches every process of a terminal; the first one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_counted(number: int, unit: Unit) -> UnitResult | LeftOut:
    def count(frames: int) -> None:
        if _shared.stop.value:
            raise _Stopped
        _shared.frames[number] += frames

    count(0)
    return _attempt(unit, count)


class _Stopped(Exception):  # noqa: N818 (nobody sees it)
    """Ends a unit whose result is not needed any more."""
