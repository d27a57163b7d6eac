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

"""Finds fair settings of the rules by grid search on episodes like those that policies are trained on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.simulation.episode import TRAINING

TUNING = tuple(range(700_000, 700_024))
"""Seeds of the episodes that rules are tuned on; neither trained on nor reported."""

Stage = dict[str, tuple[Any, ...]]

STAGES: dict[str, tuple[Stage, ...]] = {
    "threshold": (
        {"upper": (0.7, 0.8, 0.9, 1.0, 1.2, 1.5), "lower": (0.4, 0.55, 0.69), "hold_s": (1.0, 3.0)},
        {"miss_limit": (0.02, 0.05, 0.1, 1.0), "retry_s": (10.0, 60.0, 300.0)},
        {"battery_saving_charge": (0.0, 0.5, 0.8, 1.0), "battery_saving_level": (1, 2, 3)},
        {"battery_low_charge": (0.0, 0.25, 0.5), "battery_low_level": (3, 4, 5)},
    ),
    "pi": ({"setpoint": (0.6, 0.75, 0.9), "proportional": (0.0, 3.0, 8.0), "integral": (0.0, 0.3, 1.0)},),
}
"""The grids of each rule, searched one after the other, each from the best settings of the one before."""


def tune(
    kind: str,
    benchmark: Benchmark,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Candidate, list[tuple[Candidate, list[EpisodeScore]]]]:
    """Find the settings of a rule that gain most.

    Args:
        kind: One of STAGES.
        benchmark: Conditions; the episodes are replaced by those that policies are trained on.
        workers: Number of processes; 0: one for each core.
        on_progress: Called with the stages done and to do.

    Returns:
        The best candidate, named after its kind, and all that were tried with their scores.
    """
    benchmark = replace(benchmark, episodes=TRAINING)
    tried: list[tuple[Candidate, list[EpisodeScore]]] = []
    best = Candidate(f"{kind}, tuned", kind)
    stages = STAGES[kind]
    for done, stage in enumerate(stages, start=1):
        settings = [
            {**best.settings, **dict(zip(stage, values, strict=True))}
            for values in itertools.product(*stage.values())
        ]
        candidates = [Candidate(f"{kind} {one}", kind, one) for one in settings]
        scores = evaluate(benchmark, candidates, TUNING, workers)
        tried += [(candidate, scores[candidate.name]) for candidate in candidates]
        top, _ = max(tried, key=lambda pair: mean_of(pair[1], "gain"))
        best = replace(best, settings=top.settings)
        if on_progress:
            on_progress(done, len(stages))
    return best, tried


def at_error(tried: Sequence[tuple[Candidate, list[EpisodeScore]]], error: float, name: str) -> Candidate:
    """Return the settings that gain most among those whose error is not much larger, nor smaller, than given.

    Args:
        tried: Candidates with their scores, of tune().
        error: EpisodeScore.error to compare at.
        name: Name of the candidate returned.
    """
    near = [pair for pair in tried if error <= mean_of(pair[1], "error") <= 1.25 * error]
    if not near:
        near = [min(tried, key=lambda pair: abs(mean_of(pair[1], "error") - error))]
    chosen, _ = max(near, key=lambda pair: mean_of(pair[1], "gain"))
    return replace(chosen, name=name)
