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

"""The layer agent against searches, within the same times and in every kind of scene, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np

from hand_tracking_dsp.compression.composition.meter import CompositionMeter, measure_all
from hand_tracking_dsp.compression.composition.search import (
    by_dynamic_programming,
    by_local_search,
    time_left,
)
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.evaluation.statistics import Array, PairedTest, holm, percentile
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES

AGENT, PLANNED, DRAWN, LOCAL = "agent", "dynamic programming", "random search", "local search"

SEARCHES = (PLANNED, DRAWN, LOCAL)
"""Searches that the agent is compared with: over the sums of what single blocks deviate; among the
compositions that the estimate was fitted to; from the best of these on, by the estimate."""

COMPARED_LIMITS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
"""Longest times, relative to the dense network's."""

_LEAST_PERCENT = 0.1


@dataclass(frozen=True, slots=True)
class ComparedComposition:
    """A composition of a method, within a time and for a kind of scene.

    Attributes:
        method: Name of an agent, or one of SEARCHES.
        limit: One of COMPARED_LIMITS.
        scene: A place in SCENES.
        choice: A place in INTENSITIES for each layer.
        time: Its time, relative to the dense network's.
        power: Share of the multiplications, which stands for power.
        deviation: Measured in that scene, % of palm size.
    """

    method: str
    limit: float
    scene: int
    choice: tuple[int, ...]
    time: float
    power: float
    deviation: float


@dataclass(frozen=True, slots=True)
class MethodTest:
    """The agent, mean over its seeds, against a search, pair by pair of limit and scene.

    Attributes:
        method: One of SEARCHES.
        ratio: Geometric mean of the ratios of the deviations.
        t_p: P value of the paired t-test on logarithms, corrected (Holm).
        wilcoxon_p: P value of Wilcoxon's signed-rank test, corrected likewise.
    """

    method: str
    ratio: float
    t_p: float
    wilcoxon_p: float


def compare_agents(
    profile: CompositionProfile,
    agents: Mapping[str, LayerAgent],
    inputs: Sequence[tuple[float, float]],
    singles: Array,
    measured_on: CompositionMeter,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[ComparedComposition]:
    """Let each method compose for each limit and scene, and measure all.

    Args:
        profile: What layers cost, and what compositions deviate.
        agents: Agents by name.
        inputs: Mean and standard deviation of the input in each kind of scene.
        singles: single_deviations on other hands, for dynamic programming.
        measured_on: Hands that all are measured on.
        executor: Where the work runs.
        on_progress: Called with the compositions measured and to measure.
    """
    drawn = profile.surrogate.centres.astype(np.int64)
    times, estimates = time_left(profile.time, drawn), profile.surrogate.deviation_percent(drawn)
    found: list[tuple[str, float, int, tuple[int, ...]]] = []
    for limit in COMPARED_LIMITS:
        for scene, (mean, std) in enumerate(inputs):
            within = np.flatnonzero(times <= limit)
            best = [int(place) for place in drawn[within[estimates[within, scene].argmin()]]]
            choices: dict[str, Sequence[int]] = {
                PLANNED: by_dynamic_programming(singles[:, :, scene] ** 2, profile.time, limit) or best,
                DRAWN: best,
                LOCAL: by_local_search(profile.surrogate, profile.time, scene, limit, best),
            }
            context = LayerContext(limit, 1.0, scene, mean, std)
            choices |= {name: agent.compose(context).choice for name, agent in agents.items()}
            found += [(name, limit, scene, tuple(choice)) for name, choice in choices.items()]
    different = sorted({choice for *_, choice in found})
    measured = dict(zip(different, measure_all(measured_on, different, executor, on_progress), strict=True))
    return [
        ComparedComposition(
            name,
            limit,
            scene,
            choice,
            float(time_left(profile.time, [choice])[0]),
            float(profile.left(profile.macs, [choice])[0]),
            float(measured[choice][scene]),
        )
        for name, limit, scene, choice in found
    ]


def decision_ms(agent: LayerAgent, inputs: Sequence[tuple[float, float]]) -> float:
    """Return the median processor's time in which the agent composes for a context, milliseconds."""
    times_ms = []
    for limit in COMPARED_LIMITS:
        for scene, (mean, std) in enumerate(inputs):
            start_s = process_time()
            agent.compose(LayerContext(limit, 1.0, scene, mean, std))
            times_ms.append(1e3 * (process_time() - start_s))
    return percentile(times_ms, 50)


def deviations_of(found: Sequence[ComparedComposition], methods: Sequence[str]) -> Array:
    """Return deviations [limits, scenes], % of palm size, means over methods."""
    values = np.zeros((len(COMPARED_LIMITS), len(SCENES)))
    for one in found:
        if one.method in methods:
            values[COMPARED_LIMITS.index(one.limit), one.scene] += one.deviation / len(methods)
    return values


def tests_of(found: Sequence[ComparedComposition], agents: Sequence[str]) -> list[MethodTest]:
    """Test the agents' mean against each search, on logarithms of the deviations."""
    ours = _logarithms(deviations_of(found, agents))
    theirs = {name: _logarithms(deviations_of(found, [name])) for name in SEARCHES}
    tests = {name: PairedTest.of(ours, values) for name, values in theirs.items()}
    t_p, wilcoxon_p = (
        holm([getattr(test, name) for test in tests.values()]) for name in ("t_p", "wilcoxon_p")
    )
    ratios = (float(np.exp((ours - values).mean())) for values in theirs.values())
    return [MethodTest(*row) for row in zip(SEARCHES, ratios, t_p, wilcoxon_p, strict=True)]


@dataclass(frozen=True, slots=True)
class MethodVariance:
    """Analysis of variance of log-deviations over methods, limits and scenes being blocks (Fisher, 1925).

    Attributes:
        f: Ratio of the mean squares of methods and of what is left.
        freedom: Degrees of freedom of both.
        p: Its p value.
    """

    f: float
    freedom: tuple[int, int]
    p: float


def variance_over_methods(found: Sequence[ComparedComposition], agents: Sequence[str]) -> MethodVariance:
    """Analyse the variance over the agents' mean and the searches."""
    from scipy import stats

    groups = [agents, *([name] for name in SEARCHES)]
    rows = np.array([_logarithms(deviations_of(found, methods)) for methods in groups])
    methods, blocks = rows.shape
    between = blocks * ((rows.mean(axis=1) - rows.mean()) ** 2).sum()
    left = (rows - rows.mean(axis=1, keepdims=True) - rows.mean(axis=0) + rows.mean()) ** 2
    freedom = methods - 1, (methods - 1) * (blocks - 1)
    f = (between / freedom[0]) / (left.sum() / freedom[1])
    return MethodVariance(float(f), freedom, float(stats.f.sf(f, *freedom)))


def regressions(found: Sequence[ComparedComposition]) -> dict[str, tuple[float, float, float]]:
    """Regress each measure on the mean intensity of a composition, by least squares.

    Returns:
        Slope for 100 % more intensity, share of the variance that is explained, and p value, by measure: the
        deviation in plain scenes (% of palm size), time and power.
    """
    from scipy import stats

    plain = {one.choice: one for one in found if one.scene == 0}
    intensities = [float(np.mean(choice)) / 4 for choice in plain]
    result = {}
    for name in ("deviation", "time", "power"):
        line = stats.linregress(intensities, [getattr(one, name) for one in plain.values()])
        result[name] = float(line.slope), float(line.rvalue) ** 2, float(line.pvalue)
    return result


def _logarithms(deviations: Array) -> Array:
    return np.log(np.maximum(deviations.ravel(), _LEAST_PERCENT))
