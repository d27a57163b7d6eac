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

"""Trainings that differ by the seed alone: their mean, its interval, and how they compare with others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array, Interval, PairedTest
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.paired_tests import column, over_seeds

TRAINED_MEASURES = ("miss_share", "usable", "error", "energy_j")
"""Measures of the table."""


@dataclass(frozen=True, slots=True)
class OverTrainings:
    """Comparison of the trainings with other policies.

    Attributes:
        trainings: Names of the trainings.
        means: Mean over trainings of each one's mean over episodes, with its t interval over trainings, by
            measure; of one training there is no interval.
        against: Mean over trainings in each episode against another policy's, paired over episodes, by
            opponent and measure.
    """

    trainings: tuple[str, ...]
    means: Mapping[str, Interval]
    against: Mapping[str, Mapping[str, PairedTest]]

    @classmethod
    def of(
        cls, scores: Mapping[str, Sequence[EpisodeScore]], names: Sequence[str], opponents: Sequence[str]
    ) -> OverTrainings:
        """Compare trainings.

        Args:
            scores: Scores by policy, in the same order of episodes.
            names: Names of the trainings, at least one.
            opponents: Names of the policies to compare with.
        """
        trained = {name: scores[name] for name in names}
        return cls(
            tuple(names),
            {measure: over_seeds(trained, measure) for measure in TRAINED_MEASURES},
            {
                name: {
                    measure: PairedTest.of(_by_episode(trained, measure), column(scores[name], measure))
                    for measure in TRAINED_MEASURES
                }
                for name in opponents
            },
        )

    @property
    def title(self) -> str:
        """Title of the table: over how many trainings."""
        count = len(self.trainings)
        return f"Over {count} training seed{'s' * (count > 1)}: mean (95 % interval over seeds)"

    def headings(self) -> list[str]:
        """Return the headings of rows()."""
        return ["measure", "mean over seeds", *(f"ratio to {name}" for name in self.against)]

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each measure: the mean over seeds, and ratios paired over missions."""
        return [
            (
                words,
                _in_words(self.means[measure], factor, digits),
                *(_in_words(tests[measure].ratio, 1, 2) for tests in self.against.values()),
            )
            for measure, words, factor, digits in _WORDS
        ]

    def value(self) -> dict[str, Any]:
        """Return what report.json holds."""
        return asdict(self)


_WORDS = (
    ("miss_share", "late frames, %", 100, 2),
    ("usable", "usable hands, %", 100, 1),
    ("error", "error, 1 - Accuracy", 1, 3),
    ("energy_j", "energy, J (simulated)", 1, 1),
)


def _by_episode(trained: Mapping[str, Sequence[EpisodeScore]], measure: str) -> Array:
    """Return the mean over trainings in each episode, float64 [n]; NaN where an episode lacks it."""
    means: Array = np.mean([column(scores, measure) for scores in trained.values()], axis=0)
    return means


def _in_words(interval: Interval, factor: float, digits: int) -> str:
    """Return a figure with its interval, where it has one: that of a single training has none."""
    value, low, high = (f"{factor * one:.{digits}f}" for one in (interval.value, interval.low, interval.high))
    if math.isnan(interval.value):
        return "-"
    return f"{value} ({low} to {high})" if interval.low < interval.high else value
