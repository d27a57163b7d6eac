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
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.evaluation.replay.run import Progress, Unit, UnitResult, run_unit


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A unit whose recording cannot be read, and why, in a sentence."""

    unit: Unit
    reason: str


def run_here(units: Sequence[Unit], jobs: int, on_progress: Progress) -> Iterator[UnitResult | LeftOut]:
    """Run units on this machine, so many jobs at once (1 = in this process), and yield each result.

    The progress is that of all units together; it goes back where the process of a unit was killed.

    Raises:
        HandTrackingError: The bank or a policy cannot be used, or processes were killed again and again; the
            other units are given up.
    """
    if min(jobs, len(units)) == 1:
        for unit in units:
            yield _attempt(unit, on_progress)
        return
    # Number of frames done, of each unit, without locks: a process that is killed must not keep one.
    frames = multiprocessing.get_context("spawn").RawArray("q", len(units))
    seen = 0

    def report() -> None:
        nonlocal seen
        now = sum(frames)
        on_progress(now - seen)
        seen = now

    numbered = list(enumerate(units))
    with closing(Executor(jobs).as_completed(_run_counted, frames, numbered, report)) as results:
        for _, result in results:
            yield result


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
    with closing(Executor(cluster=address).as_completed(_run_silently, None, units)) as results:
        for number, result in results:
            on_progress(frames_of(units[number]))
            yield result


def _attempt(unit: Unit, on_progress: Progress) -> UnitResult | LeftOut:
    try:
        return run_unit(unit, on_progress)
    except SourceError as error:
        return LeftOut(unit, str(error))


def _run_counted(all_frames: Any, numbered: tuple[int, Unit]) -> UnitResult | LeftOut:  # noqa: ANN401
    number, unit = numbered
    all_frames[number] = 0

    def count(frames: int) -> None:
        all_frames[number] += frames

    return _attempt(unit, count)


def _run_silently(_: None, unit: Unit) -> UnitResult | LeftOut:
    return _attempt(unit, lambda _: None)
