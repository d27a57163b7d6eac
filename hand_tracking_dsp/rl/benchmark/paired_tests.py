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

"""From scores to figures with intervals and paired tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array, Interval, PairedTest, mean_interval
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore

MEASURES = (
    "gain",
    "miss_share",
    "usable",
    "error",
    "drift_percent",
    "energy_j",
    "lasted",
    "level",
    "switches",
)


def column(scores: Sequence[EpisodeScore], measure: str) -> Array:
    """Return one measure of every episode, float64 [n]; NaN where an episode lacks it."""
    return np.array([getattr(score, measure) for score in scores], dtype=np.float64)


def mean_of(scores: Sequence[EpisodeScore], measure: str) -> float:
    """Return the mean of one measure over the episodes that have it; NaN where none has."""
    values = column(scores, measure)
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def paired(first: Sequence[EpisodeScore], second: Sequence[EpisodeScore], measure: str) -> PairedTest:
    """Compare two policies by one measure on the same episodes."""
    return PairedTest.of(column(first, measure), column(second, measure))


def over_seeds(scores: Mapping[str, Sequence[EpisodeScore]], measure: str) -> Interval:
    """Return the mean over trainings of each one's mean over episodes, with its t interval over trainings."""
    return mean_interval(np.array([mean_of(found, measure) for found in scores.values()]))
