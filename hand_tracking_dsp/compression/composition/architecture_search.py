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

"""Searches over start network, input size, precision, and widths and depth of the blocks, by estimates.

NSGA-II (Deb et al., IEEE Transactions on Evolutionary Computation 6, 2002) as Optuna has it (Akiba et al.,
KDD 2019) looks for the front of time and deviation. Random search draws as many architectures; dynamic
programming adds up what single blocks deviate; the layer agent was trained on the estimate. What they find is
measured: estimates decide what is, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.composition.best import LIMITS, single_choices
from hand_tracking_dsp.compression.composition.meter import random_choices
from hand_tracking_dsp.compression.composition.scenes import input_statistics
from hand_tracking_dsp.compression.composition.search import by_dynamic_programming
from hand_tracking_dsp.compression.composition.start_network import (
    PLAIN,
    PlainMeter,
    StartNetwork,
    deviations,
    relative_times,
)
from hand_tracking_dsp.compression.search.front import front_of
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES

POPULATION = 50
"""Architectures of a generation of NSGA-II."""

METHODS = ("NSGA-II", "random search", "dynamic programming", "layer agent")
"""The searches."""

TIMES = (*LIMITS, 0.5, 0.4)
"""Longest times that the agent composes for and results are shown of; see Architecture.time."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network that can be composed.

    Attributes:
        start: Place of its start network.
        choice: A place in INTENSITIES for each block, 4 where the block goes or is narrowest.
        time: Relative to the first start network's; estimated, or measured.
        deviation: In plain scenes, % of palm size; estimated, or measured.
    """

    start: int
    choice: tuple[int, ...]
    time: float
    deviation: float


@dataclass(frozen=True, slots=True)
class ArchitectureSearch:
    """A search's result.

    Attributes:
        method: One of METHODS.
        steps: Steps of a training on the estimate, before the search.
        estimates: Architectures that it asked the estimate for.
        fitted: Networks that were measured for that estimate.
        measured: Networks that it measured to decide.
        found: What it found, times and deviations measured.
        foretold: The same architectures, times and deviations estimated.
    """

    method: str
    steps: int
    estimates: int
    fitted: int
    measured: int
    found: tuple[Architecture, ...]
    foretold: tuple[Architecture, ...]


def search_architectures(
    starts: Sequence[StartNetwork],
    meter: PlainMeter,
    evaluations: int,
    *,
    agent: LayerAgent | None = None,
    most: int = 48,
    seed: int = 0,
    runs: int = 100,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[ArchitectureSearch]:
    """Search by each of METHODS, and measure the fronts that they find.

    Args:
        starts: Start networks; dynamic programming and the agent have the first alone.
        meter: Measures deviations.
        evaluations: Architectures that NSGA-II and random search each ask the estimate for.
        agent: The layer agent, which has the profile of the first start network; None: left out.
        most: Most members of a front that are measured.
        seed: Seed of both.
        runs: Timed runs of each network, all in turn.
        executor: Where deviations are measured.
        on_progress: Called with what is being done.

    Raises:
        ConfigurationError: Optuna is not installed.
    """
    on_progress("searching by NSGA-II")
    fronts = [by_nsga2(starts, evaluations, seed)]
    on_progress("searching at random")
    fronts.append(at_random(starts, evaluations, seed))
    planned, singles = by_single_blocks(starts[0], meter, executor, _counting("single blocks", on_progress))
    chosen = [*(spread(front, most) for front in fronts), planned]
    fitted = sum(one.measured for one in starts)
    counts = [(0, evaluations, fitted, 0), (0, evaluations, fitted, 0), (0, 0, 0, singles)]
    if agent:
        composed, estimates = by_layer_agent(starts[0], agent, meter.images)
        chosen.append(composed)
        counts.append((int(agent.contract.training.get("steps", 0)), estimates, starts[0].measured, 0))
    on_progress("timing what was found")
    everything = [one for front in chosen for one in front]
    found = iter(
        measured(starts, meter, everything, runs, executor, _counting("what was found", on_progress))
    )
    return [
        ArchitectureSearch(method, *count, tuple(next(found) for _ in front), tuple(front))
        for method, count, front in zip(METHODS, counts, chosen, strict=False)
    ]


def require_optuna() -> None:
    """Check that Optuna is installed.

    Raises:
        ConfigurationError: It is not.
    """
    if not find_spec("optuna"):
        msg = "Searching by NSGA-II needs Optuna: pip install -r requirements/lab.in."
        raise ConfigurationError(msg)


def by_nsga2(starts: Sequence[StartNetwork], evaluations: int, seed: int) -> list[Architecture]:
    """Search by NSGA-II.

    The first generation is the start networks themselves, and for the rest drawn as random search draws.

    Returns:
        The front that is estimated, the slowest first.

    Raises:
        ConfigurationError: Optuna is not installed.
    """
    require_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = [block.name for block in starts[0].blocks.blocks]
    places = {(one.blocks.precision, str(one.size)): place for place, one in enumerate(starts)}
    precisions, sizes = (list(dict.fromkeys(key[i] for key in places)) for i in (0, 1))

    def read(parameters: dict[str, Any]) -> tuple[int, tuple[int, ...]]:
        place = places[parameters["precision"], parameters["size"]]
        return place, tuple(parameters[name] for name in names)

    def objective(trial: Any) -> tuple[float, float]:  # noqa: ANN401 (optuna is not always there)
        trial.suggest_categorical("precision", precisions)
        trial.suggest_categorical("size", sizes)
        for name in names:
            trial.suggest_int(name, 0, len(INTENSITIES) - 1)
        one = estimated(starts, *read(trial.params))
        return one.time, one.deviation

    sampler = optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    first = [[0] * len(names)] * len(starts)
    first += random_choices(max(POPULATION - len(starts), 0), len(names), seed)
    keys = list(places)
    for number, choice in enumerate(first):
        precision, size = keys[number % len(keys)]
        study.enqueue_trial({"precision": precision, "size": size, **dict(zip(names, choice, strict=True))})
    study.optimize(objective, n_trials=evaluations)
    return _front([estimated(starts, *read(trial.params)) for trial in study.best_trials])


def at_random(starts: Sequence[StartNetwork], evaluations: int, seed: int) -> list[Architecture]:
    """Draw architectures, from hardly pruned to hardly anything left, and return their estimated front."""
    choices = random_choices(evaluations, len(starts[0].spared), seed)
    drawn = np.random.default_rng(seed).integers(len(starts), size=evaluations)
    found = []
    for place, start in enumerate(starts):
        mine = [choice for choice, owner in zip(choices, drawn, strict=True) if owner == place]
        if mine:
            rows = zip(mine, start.time(mine), start.deviation_percent(mine), strict=True)
            found += [Architecture(place, tuple(row), float(time), float(off)) for row, time, off in rows]
    return _front(found)


def by_single_blocks(
    start: StartNetwork,
    meter: PlainMeter,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[list[Architecture], int]:
    """Choose by dynamic programming over what the network deviates with one block pruned, measured.

    Returns:
        (what it chooses for each of best.LIMITS that it can keep, as estimated; networks that were measured).
    """
    blocks = len(start.spared)
    choices = [[0] * blocks, *single_choices(blocks)]
    dense, *found = deviations([start], meter, [(0, choice) for choice in choices], executor, on_progress)
    deviation = np.full((blocks, len(INTENSITIES)), dense)
    deviation[:, 1:] = np.reshape(found, (blocks, -1))
    chosen = (by_dynamic_programming(deviation**2, start.spared, limit) for limit in LIMITS)
    return [estimated([start], 0, choice) for choice in chosen if choice is not None], len(choices)


def by_layer_agent(
    start: StartNetwork, agent: LayerAgent, images: NDArray[np.uint8]
) -> tuple[list[Architecture], int]:
    """Let the layer agent compose a network for each of TIMES, for plain scenes.

    Args:
        start: Start network.
        agent: The agent.
        images: uint8 [n, 224, 224, 3] RGB: hands, whose light and contrast the agent sees.

    Returns:
        (what it chooses, as estimated; architectures that it asked the estimate for).
    """
    mean, std = input_statistics(images)
    chosen = [agent.compose(LayerContext(limit, 1.0, PLAIN, mean, std)) for limit in TIMES]
    different = dict.fromkeys(one.choice for one in chosen)
    return [estimated([start], 0, choice) for choice in different], sum(one.estimates for one in chosen)


def estimated(starts: Sequence[StartNetwork], start: int, choice: Sequence[int]) -> Architecture:
    """Estimate an architecture."""
    one = starts[start]
    time, deviation = one.time([choice])[0], one.deviation_percent([choice])[0]
    return Architecture(start, tuple(choice), float(time), float(deviation))


def measured(
    starts: Sequence[StartNetwork],
    meter: PlainMeter,
    found: Sequence[Architecture],
    runs: int,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Architecture]:
    """Compose architectures and measure them; times here, in turn with the first start network."""
    dense = starts[0].composed([0] * len(starts[0].spared))
    networks = [starts[one.start].composed(one.choice) for one in found]
    times = relative_times([dense, *networks], runs)[1:]
    compositions = [(one.start, one.choice) for one in found]
    off = deviations(starts, meter, compositions, executor, on_progress)
    return [
        Architecture(one.start, one.choice, time, deviation)
        for one, time, deviation in zip(found, times, off, strict=True)
    ]


def spread(front: Sequence[Architecture], most: int) -> list[Architecture]:
    """Take the members of a front that are best within times spread evenly in ratio over it, ends included.

    Args:
        front: The front, the slowest first.
        most: Most members to take, at least 2.
    """
    limits = np.geomspace(front[0].time, front[-1].time, most)
    return list(
        dict.fromkeys(next(one for one in front if one.time <= limit * (1 + 1e-9)) for limit in limits)
    )


def _front(found: Sequence[Architecture]) -> list[Architecture]:
    """Keep what no other dominates, once each, the slowest first."""
    points = [(one.time, one.deviation) for one in found]
    kept = {point: one for point, one, best in zip(points, found, front_of(points), strict=True) if best}
    return sorted(kept.values(), key=lambda one: -one.time)


def _counting(what: str, on_progress: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, of: on_progress(f"measuring {what}: {done} of {of}")
