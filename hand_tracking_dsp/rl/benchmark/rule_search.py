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

"""Finds fair settings of the rules by random search on episodes like those that policies are trained on.

Settings are drawn at random (J. Bergstra and Y. Bengio, "Random search for hyper-parameter optimization",
Journal of Machine Learning Research 13, 2012). All are played on a few episodes and the best of them on all
(successive halving, K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
optimization", AISTATS 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from hand_tracking_dsp.control.policies import ThresholdOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.pi_policy import PiOptions
from hand_tracking_dsp.rl.simulation.episode import TRAINING

TUNING = tuple(range(700_000, 700_024))
"""Seeds of the episodes that rules are tuned on; neither trained on nor reported."""

FIRST = 8
"""Number of them that every setting is played on."""

SETTINGS = 200
"""Number of settings drawn for each rule."""

FINALISTS = 20
"""Number of settings that are played on all episodes of TUNING."""

_SEED = 17
# Error that counts as another policy's, as a multiple of it.
_NEAR = 1.25

Tried = tuple[Candidate, list[EpisodeScore]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SearchRange:
    """Range that a setting is drawn from, both ends included.

    Attributes:
        low: Lowest value; above 0 if logarithmic.
        high: Highest value.
        kind: "uniform", "logarithmic" (its logarithm is uniform) or "whole" (an integer).
    """

    low: float
    high: float
    kind: str = "uniform"

    def draw(self, random: np.random.Generator) -> float | int:
        """Draw a value."""
        if self.kind == "whole":
            return int(random.integers(int(self.low), int(self.high) + 1))
        if self.kind == "logarithmic":
            return float(np.exp(random.uniform(np.log(self.low), np.log(self.high))))
        return float(random.uniform(self.low, self.high))


STARTS: Mapping[str, tuple[dict[str, float | int], ...]] = {
    "threshold": (
        {},
        {
            "upper": 1.0,
            "lower": 0.69,
            "hold_s": 1.0,
            "battery_saving_charge": 1.0,
            "battery_saving_level": 2,
            "battery_low_charge": 0.0,
        },
    ),
    "pi": ({},),
}
"""Settings that are tried besides those drawn: a rule's defaults, and the best of a grid of 69."""

RULES: Mapping[str, type[Any]] = {"threshold": ThresholdOptions, "pi": PiOptions}
"""Settings of each rule."""


def search_ranges(kind: str, points: int) -> dict[str, SearchRange]:
    """Return a range for every setting of a rule.

    Args:
        kind: One of RULES.
        points: Number of operating points.
    """
    if kind == "pi":
        return {
            "setpoint": SearchRange(0.4, 1.2),
            "proportional": SearchRange(0.0, 10.0),
            "integral": SearchRange(0.01, 3.0, "logarithmic"),
        }
    return {
        "upper": SearchRange(0.6, 1.6),
        "lower": SearchRange(0.3, 1.0),
        "miss_limit": SearchRange(0.01, 1.0, "logarithmic"),
        "hold_s": SearchRange(0.5, 20.0, "logarithmic"),
        "retry_s": SearchRange(3.0, 600.0, "logarithmic"),
        "battery_saving_charge": SearchRange(0.0, 1.0),
        "battery_saving_level": SearchRange(0, points - 1, "whole"),
        "battery_low_charge": SearchRange(0.0, 1.0),
        "battery_low_level": SearchRange(0, points - 1, "whole"),
        "battery_hysteresis": SearchRange(0.0, 0.1),
    }


def draw_settings(kind: str, points: int, count: int) -> list[dict[str, float | int]]:
    """Return settings of a rule that it accepts: those of STARTS, and so many drawn at random.

    Args:
        kind: One of RULES.
        points: Number of operating points.
        count: Number of settings to draw.
    """
    random = np.random.default_rng(_SEED)
    ranges = search_ranges(kind, points)
    drawn: list[dict[str, float | int]] = []
    while len(drawn) < count:
        settings = {name: bounds.draw(random) for name, bounds in ranges.items()}
        try:
            RULES[kind](**settings)
        except ConfigurationError:  # some do not fit each other
            continue
        drawn.append(settings)
    return [*(asdict(RULES[kind](**start)) for start in STARTS[kind]), *drawn]


def try_settings(
    kind: str,
    benchmark: Benchmark,
    executor: Executor = EVERY_CORE,
    on_progress: Progress = lambda _done, _all: None,
) -> list[Tried]:
    """Play the first episodes of TUNING with a rule's settings of STARTS and SETTINGS random ones.

    Args:
        kind: One of RULES.
        benchmark: Conditions; the episodes are replaced by those that policies are trained on.
        executor: Where the work runs.
        on_progress: Called with the episodes done and to do.

    Returns:
        What was tried, with the scores on the first episodes.
    """
    settings = draw_settings(kind, len(benchmark.bank.points), SETTINGS)
    candidates = [Candidate(f"{kind} {number}", kind, one) for number, one in enumerate(settings)]
    return _played(benchmark, candidates, TUNING[:FIRST], executor, on_progress)


def best_of(
    tried: Sequence[Tried],
    benchmark: Benchmark,
    name: str,
    executor: Executor = EVERY_CORE,
    at_error_of: Sequence[EpisodeScore] | None = None,
) -> Candidate:
    """Return the settings that gain most on all episodes of TUNING, of those that do on the first.

    Args:
        tried: Candidates with their scores on the first episodes, of try_settings().
        benchmark: Conditions; the episodes are replaced by those that policies are trained on.
        name: Name of the candidate returned.
        executor: Where the work runs.
        at_error_of: Scores of another policy on all episodes of TUNING: only settings count whose error is
            not smaller, nor more than a quarter larger.
    """
    first = None if at_error_of is None else at_error_of[:FIRST]
    finalists = [one for one, _ in _by_gain(_at_error(tried, first))[:FINALISTS]]
    last = _played(benchmark, finalists, TUNING[FIRST:], executor)
    known = {one.name: scores for one, scores in tried}
    whole = [(one, known[one.name] + scores) for one, scores in last]
    return replace(_by_gain(_at_error(whole, at_error_of))[0][0], name=name)


def _played(
    benchmark: Benchmark,
    candidates: Sequence[Candidate],
    seeds: Sequence[int],
    executor: Executor,
    on_progress: Progress = lambda _done, _all: None,
) -> list[Tried]:
    benchmark = replace(benchmark, episodes=TRAINING)
    scores = evaluate(benchmark, candidates, seeds, executor, on_progress)
    return [(candidate, scores[candidate.name]) for candidate in candidates]


def _by_gain(tried: Sequence[Tried]) -> list[Tried]:
    """Return what was tried, that which gains most first."""
    return sorted(tried, key=lambda pair: mean_of(pair[1], "gain"), reverse=True)


def _at_error(tried: Sequence[Tried], scores: Sequence[EpisodeScore] | None) -> Sequence[Tried]:
    """Return what has as large an error as other scores, or comes nearest; all where there are none."""
    if scores is None:
        return tried
    error = mean_of(scores, "error")
    near = [pair for pair in tried if error <= mean_of(pair[1], "error") <= _NEAR * error]
    return near or [min(tried, key=lambda pair: abs(mean_of(pair[1], "error") - error))]
