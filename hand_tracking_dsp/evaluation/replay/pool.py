"""Runs units one after the other, in several processes, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import Any

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.replay.unit import Progress, Unit, UnitResult, run_unit

_POLL_S = 0.2
_CONNECT_S = 10.0

_counter: Any = None


def run_here(units: Sequence[Unit], jobs: int, on_progress: Progress) -> Iterator[UnitResult]:
    """Run units on this machine and give each result when it is there.

    Args:
        units: What to do.
        jobs: How many at once, at least 1; 1 = in this process.
        on_progress: Called with how many more frames are done, of all units together.

    Raises:
        HandTrackingError: A unit cannot be done; the others are given up.
    """
    if jobs == 1:
        for unit in units:
            yield run_unit(unit, on_progress)
        return
    # Not fork: ONNX Runtime's threads do not survive it.
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(jobs, context, _keep_counter, (counter,)) as pool:
        pending = {pool.submit(_run_counted, unit) for unit in units}
        seen = 0
        try:
            while pending:
                done, pending = wait(pending, _POLL_S, FIRST_COMPLETED)
                frames = counter.value
                on_progress(frames - seen)
                seen = frames
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()


def run_on_cluster(
    units: Sequence[Unit], address: str, on_progress: Progress, frames_of: Callable[[Unit], int]
) -> Iterator[UnitResult]:
    """Run units on a Dask cluster, whose workers see the same files under the same paths.

    Args:
        units: What to do.
        address: Of the scheduler, for example tcp://fleet:8786.
        on_progress: Called with how many more frames are done, a unit at a time.
        frames_of: How many frames a unit has.

    Raises:
        ConfigurationError: Dask is not installed, or the scheduler does not answer.
        HandTrackingError: A unit cannot be done; the others are given up.
    """
    try:
        import distributed
    except ImportError as error:
        msg = f"There is no Dask here ({error}): run pip install distributed, or leave out --cluster."
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
        futures = {client.submit(run_unit, unit, pure=False): unit for unit in units}
        try:
            for future in distributed.as_completed(futures):  # type: ignore[no-untyped-call]
                result: UnitResult = future.result()
                on_progress(frames_of(futures[future]))
                yield result
        finally:
            client.cancel(list(futures))


def _keep_counter(counter: Any) -> None:  # noqa: ANN401 (its class has no public name)
    global _counter  # noqa: PLW0603 (the one way to hand it to a pool's process)
    _counter = counter


def _run_counted(unit: Unit) -> UnitResult:
    def count(frames: int) -> None:
        with _counter.get_lock():
            _counter.value += frames

    return run_unit(unit, count)
