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

"""Rounds of policies in the running graph: means with intervals, and which policies nothing else beats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from hand_tracking_dsp.evaluation.live_comparison import LiveRun, LiveScore, score_runs
from hand_tracking_dsp.evaluation.statistics import Array, Interval, mean_interval

MEASURES = (
    "late_share",
    "usable_share",
    "drift_percent",
    "deviation_percent",
    "processor_s",
    "tracker_s",
    "energy_j",
    "switches",
)
"""Figures of LiveScore whose mean over rounds is formed."""

Rounds = Sequence[LiveScore]
"""Figures of a policy's rounds, one each, in the order of their numbers."""


def score_rounds(runs: Sequence[LiveRun], budget_ms: float) -> list[LiveScore]:
    """Compute the figures of each run of a policy alone, by the number of the round."""
    ordered = sorted(runs, key=lambda run: run.round_number)
    return [score_runs([run], budget_ms) for run in ordered]


def mean_of_rounds(rounds: Rounds) -> dict[str, Interval]:
    """Return mean and 95 % interval of each of MEASURES; of a single round the interval is the mean."""
    return {name: mean_interval(_column(rounds, name)) for name in MEASURES}


def pareto_front(policies: Mapping[str, Rounds], cost: str) -> list[str]:
    """Return the policies that no other one beats, in their order.

    One beats another where it is no worse in late frames, usable hands and cost, by the means over the rounds
    that both have, and better in one beyond the interval of the difference, round by round; a single
    round has no interval, and its difference counts as it is. A figure that one of both lacks does not.

    Args:
        policies: Figures of each policy's rounds, at least one.
        cost: Figure of LiveScore that is the price, processor_s or energy_j.
    """
    costs = {
        name: np.stack(
            [_column(rounds, "late_share"), 1.0 - _column(rounds, "usable_share"), _column(rounds, cost)]
        )
        for name, rounds in policies.items()
    }
    return [
        name
        for name, own in costs.items()
        if not any(_beats(other, own) for rival, other in costs.items() if rival != name)
    ]


def needs_no_control(dense: Rounds, late_target: float) -> bool:
    """Return whether the dense level alone has no more late frames than are accepted, 0 to 1."""
    mean = mean_interval(_column(dense, "late_share")).value
    return not math.isnan(mean) and mean <= late_target


def _beats(one: Array, other: Array) -> bool:
    """Compare the costs of two policies, float64 [measures, rounds] each; less is better."""
    count = min(one.shape[1], other.shape[1])
    gains = [row for row in other[:, :count] - one[:, :count] if np.isfinite(row).any()]
    intervals = [mean_interval(row) for row in gains]
    no_worse = all(found.value >= 0 for found in intervals)
    return no_worse and any(found.low > 0 for found in intervals)


def _column(rounds: Rounds, name: str) -> Array:
    return np.array([getattr(one, name) for one in rounds], dtype=np.float64)
