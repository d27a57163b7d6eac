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

"""Times of one run, measured in turn: what disturbs the machine for a while then disturbs all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import grey_image
from hand_tracking_dsp.tracking.device import device_name, processor_kind
from hand_tracking_dsp.tracking.network_info import LatencyProfile

# A turn: one run that brings the weights back into the caches, as a tracker's runs follow each other,
# then runs that count. Many short turns: another process disturbs for some milliseconds at a time.
_TURN = 2


@dataclass(frozen=True, slots=True)
class Times:
    """Times of one run.

    Attributes:
        p50_ms: Median, milliseconds.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        runs: Number of runs.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    runs: int

    def profile(self, provider: str, threads: int) -> LatencyProfile:
        """Return the times as bank.json has them of this device, by Session.provider and threads."""
        return LatencyProfile(
            device=device_name(),
            provider=provider,
            threads=threads,
            processor=processor_kind(),
            **asdict(self),
        )


def grey_runs(sessions: Sequence[Session]) -> list[Callable[[], object]]:
    """Return a run on a grey picture for each network, to be timed."""
    return [partial(session.run, grey_image(session)) for session in sessions]


def time_in_turn(
    calls: Sequence[Callable[[], object]],
    runs: int,
    on_turn: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = perf_counter,
) -> list[Times]:
    """Time calls in turn, a few runs at a time, in an order that moves on by one each turn.

    Args:
        calls: Each runs once what is timed.
        runs: Timed runs of each, at least 1.
        on_turn: Called with how many turns are done, and how many there are.
        clock: Gives seconds; time.process_time leaves out what other programs take meanwhile.
    """
    turns = -(-runs // _TURN)
    times_ms: list[list[float]] = [[] for _ in calls]
    for turn in range(turns):
        for place in range(len(calls)):
            index = (place + turn) % len(calls)
            calls[index]()
            times_ms[index] += [
                _timed_ms(calls[index], clock) for _ in range(min(_TURN, runs - turn * _TURN))
            ]
        if on_turn:
            on_turn(turn + 1, turns)
    return [_summary(np.array(values)) for values in times_ms]


def _timed_ms(call: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return (clock() - start) * 1e3


def _summary(times_ms: NDArray[np.float64]) -> Times:
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(times_ms, [50, 95, 99]))
    return Times(p50, p95, p99, len(times_ms))
