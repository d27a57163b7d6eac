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

"""Tables of what every granularity of every area costs and gains, and plans that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.composition.search import by_dynamic_programming
from hand_tracking_dsp.compression.granularity.runtimes import (
    Runtime,
    file_sizes,
    peak_memory_mib,
    time_ratios,
)
from hand_tracking_dsp.compression.granularity.variants import (
    AREAS,
    DENSE,
    GRANULARITIES,
    GranularPruner,
    Plan,
)
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles

Deviation = Callable[[onnx.ModelProto], float]
"""Measures how far a network is off the dense one, % of palm size."""


@dataclass(frozen=True, slots=True)
class GranularFigures:
    """Figures of the dense network with one area pruned, or with none.

    Attributes:
        area: One of AREAS; "" where none is pruned.
        granularity: One of GRANULARITIES.
        deviation: From the dense network, % of palm size.
        file_bytes: Size of its file as a bank keeps it.
        zipped_bytes: The same, zipped.
        memory_mib: Most memory of a process that runs it; NaN where that was not measured.
        ratios: Time by runtime, relative to the dense network's.
        gains: Share of the time that it saves, by runtime; 0 within the noise.
    """

    area: str
    granularity: str
    deviation: float
    file_bytes: int
    zipped_bytes: int
    memory_mib: float
    ratios: Mapping[str, float]
    gains: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class GranularTables:
    """Figures of all areas and granularities.

    Attributes:
        dense: Those of the dense network.
        rows: Those of each area and granularity that is possible.
        noise: Noise of the times, by runtime.
    """

    dense: GranularFigures
    rows: tuple[GranularFigures, ...]
    noise: Mapping[str, float]

    def deviation(self) -> Doubles:
        """Return float64 [areas, granularities], % of palm size; infinite where there is no such network."""
        return self._table(lambda one: one.deviation, np.inf)

    def saved_time(self, runtime: str) -> Doubles:
        """Return the share of the time that is saved on a runtime, float64 [areas, granularities]."""
        return self._table(lambda one: one.gains[runtime], 0.0)

    def saved_file(self) -> Doubles:
        """Return the share of the zipped file that is saved, float64 [areas, granularities]."""
        return self._table(lambda one: max(0.0, 1 - one.zipped_bytes / self.dense.zipped_bytes), 0.0)

    def _table(self, value: Callable[[GranularFigures], float], missing: float) -> Doubles:
        table = np.full((len(AREAS), len(GRANULARITIES)), missing)
        table[:, GRANULARITIES.index(DENSE)] = 0.0
        for one in self.rows:
            table[AREAS.index(one.area), GRANULARITIES.index(one.granularity)] = value(one)
        return table


def measure_granularities(
    pruner: GranularPruner,
    deviation: Deviation,
    runtimes: Sequence[Runtime],
    *,
    runs: int = 100,
    memory: bool = True,
    on_progress: Callable[[str], None] = lambda _: None,
) -> GranularTables:
    """Measure the dense network with each area pruned in each granularity alone.

    Args:
        pruner: Prunes it; the blocks that go are chosen here.
        deviation: Measures deviations.
        runtimes: Runtimes to time on.
        runs: Timed runs of each network on each runtime.
        memory: Whether to measure memory, a second for each network.
        on_progress: Called with what is being done.

    Raises:
        BackendError: A runtime refuses a network.
    """
    on_progress("choosing blocks")
    pruner.choose_blocks(deviation)
    keys = [
        (area, granularity)
        for area in AREAS
        for granularity in GRANULARITIES
        if granularity != DENSE and pruner.possible(area, granularity)
    ]
    networks = [pruner.network({}), *(pruner.network({area: choice}) for area, choice in keys)]
    times = {}
    for runtime in runtimes:
        on_progress(f"timing on {runtime.name}")
        times[runtime.name] = time_ratios(runtime, pruner.dense, networks, runs)
    on_progress("measuring deviation and memory")
    named = {str(place): network for place, network in enumerate(networks)}
    peaks = peak_memory_mib(named) if memory else dict.fromkeys(named, float("nan"))
    rows = [
        GranularFigures(
            *key,
            deviation(network),
            *file_sizes(network),
            peaks[str(place)],
            {name: found.ratios[place] for name, found in times.items()},
            {name: found.gains[place] for name, found in times.items()},
        )
        for place, (key, network) in enumerate(zip([("", DENSE), *keys], networks, strict=True))
    ]
    return GranularTables(rows[0], tuple(rows[1:]), {name: found.noise for name, found in times.items()})


def planned(deviation: Doubles, saved: Doubles, limit: float) -> list[int] | None:
    """Choose by dynamic programming the granularities whose squared deviations have the least sum.

    Args:
        deviation: float64 [areas, granularities], % of palm size; infinite where there is no such network.
        saved: float64 of the same shape, share of the dense network's cost that each saves.
        limit: Highest cost, relative to the dense network's.

    Returns:
        A place in GRANULARITIES for each area; None where no choice is cheap enough.
    """
    return by_dynamic_programming(deviation**2, saved, limit)


def expected_deviation(deviation: Doubles, choice: Sequence[int] | None) -> float:
    """Return the root of the sum of a choice's squared deviations by the tables; NaN for no choice."""
    if choice is None:
        return float("nan")
    return float(np.sqrt((deviation[np.arange(len(choice)), choice] ** 2).sum()))


def plan_of(choice: Sequence[int]) -> Plan:
    """Name a choice of a place in GRANULARITIES for each area."""
    return {area: GRANULARITIES[place] for area, place in zip(AREAS, choice, strict=True)}
