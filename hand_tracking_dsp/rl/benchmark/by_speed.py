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

"""Table by the device's speed: which share of the budget the dense level takes, and where adapting pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.rule_search import Progress

SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4)
"""Shares of the budget that a frame takes at the dense level with one hand on the quiet machine."""

MARGIN = 0.02
"""Wrong hands a step, all that is lost against the oracle counted in them, that count as none."""

_MEASURES = ("gain", "miss_share", "usable", "error")


@dataclass(frozen=True, slots=True)
class BySpeed:
    """Table by the device's speed.

    Attributes:
        scores: Means of gain, miss_share, usable and error over the episodes, by share, policy and measure.
        densest: Name of the densest fixed point that policies choose.
        sparsest: Name of the sparsest fixed point.
        oracle: Name of the oracle.
        alpha: Weight of accuracy in the reward, above 0.
        episodes: Number of episodes of each share.
    """

    scores: Mapping[float, Mapping[str, Mapping[str, float]]]
    densest: str
    sparsest: str
    oracle: str
    alpha: float
    episodes: int

    def lost(self, share: float, name: str) -> float:
        """Return by how much a policy gains less than the oracle, in wrong hands a step."""
        found = self.scores[share]
        return (found[self.oracle]["gain"] - found[name]["gain"]) / self.alpha

    def served_by(self, name: str) -> list[float]:
        """Return the shares at which a fixed point is within MARGIN of the oracle."""
        return [share for share in self.scores if self.lost(share, name) <= MARGIN]

    @property
    def adapting(self) -> list[float]:
        """Shares at which neither the densest point nor the sparsest is within MARGIN of the oracle."""
        served = {*self.served_by(self.densest), *self.served_by(self.sparsest)}
        return [share for share in self.scores if share not in served]

    @property
    def verdict(self) -> str:
        """Return in words where adapting matters, and where one point does."""
        where = "at none of these speeds"
        if self.adapting:
            where = f"where the dense level takes {_listed(self.adapting)} of the budget"
        parts = [f"On mains power adapting matters {where}"]
        fixed = {name: self.served_by(name) for name in (self.densest, self.sparsest)}
        parts += [f"{name} alone is as good at {_listed(served)}" for name, served in fixed.items() if served]
        return (
            f"{'; '.join(parts)} (within {MARGIN:g} wrong hands of the oracle, a late frame counting as "
            f"{(1 - self.alpha) / self.alpha:.0f})."
        )

    def value(self) -> dict[str, Any]:
        """Return what report.json holds."""
        return {
            "verdict": self.verdict,
            "margin_wrong_hands": MARGIN,
            "missions_each": self.episodes,
            "adapting_matters_at": self.adapting,
            "shares": [
                {
                    "dense_share_of_budget": share,
                    "policies": {
                        name: {**measures, "lost_wrong_hands": self.lost(share, name)}
                        for name, measures in found.items()
                    },
                }
                for share, found in self.scores.items()
            ],
        }

    def headings(self) -> list[str]:
        """Return the headings of rows()."""
        return ["dense level, share of the budget", *next(iter(self.scores.values()))]

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each share: late frames, usable hands and error of each policy."""
        return [
            (f"{share:g}", *(_cell(measures) for measures in found.values()))
            for share, found in self.scores.items()
        ]


def by_speed(
    benchmark: Benchmark,
    candidates: Sequence[Candidate],
    seeds: Sequence[int],
    executor: Executor = EVERY_CORE,
    on_progress: Progress = lambda _done, _all: None,
) -> BySpeed:
    """Play the same episodes at each of SHARES, on mains power: time alone is a reason to become sparser.

    Args:
        benchmark: Conditions of all.
        candidates: The densest fixed point that policies choose, the sparsest, others, and last the oracle.
        seeds: Seeds of the episodes.
        executor: Where the work runs.
        on_progress: Called with the shares done and to do.
    """
    mains = replace(benchmark, episodes=replace(benchmark.episodes, mains=1.0))
    scores = {}
    for done, share in enumerate(SHARES, start=1):
        found = evaluate(replace(mains, dense_share=share), candidates, seeds, executor)
        scores[share] = {name: _means(played) for name, played in found.items()}
        on_progress(done, len(SHARES))
    densest, sparsest, *_, oracle = (candidate.name for candidate in candidates)
    return BySpeed(scores, densest, sparsest, oracle, benchmark.weights.alpha, len(seeds))


def _means(scores: Sequence[EpisodeScore]) -> dict[str, float]:
    return {measure: mean_of(scores, measure) for measure in _MEASURES}


def _cell(measures: Mapping[str, float]) -> str:
    late, usable = 100 * measures["miss_share"], 100 * measures["usable"]
    return f"{late:.2f} % / {usable:.1f} % / {measures['error']:.3f}"


def _listed(shares: Sequence[float]) -> str:
    """Return numbers in words: 0.3, 0.5 and 0.7."""
    *others, last = (f"{share:g}" for share in shares)
    return f"{', '.join(others)} and {last}" if others else last
