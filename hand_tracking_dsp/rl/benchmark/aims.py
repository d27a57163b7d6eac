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

"""Aims of a policy, and how far they were reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hand_tracking_dsp.rl.benchmark.candidates import AT_ERROR, CONSTRAINED, ORACLE, SHIPPED, TUNED
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of, over_seeds, paired


@dataclass(frozen=True, slots=True)
class Aim:
    """An aim, and how far it was reached.

    Attributes:
        text: Aim in words.
        value: Figure that was found, with its interval in words.
        reached: Whether the aim was reached.
        bound: Limit of what is possible: the same figure of the sparsest level alone, which nothing is faster
            than, and of the oracle, which gains most in all.
    """

    text: str
    value: str
    reached: bool
    bound: str = ""


def aims_of(scores: Mapping[str, Sequence[EpisodeScore]], seeds: tuple[str, ...]) -> tuple[Aim, ...]:
    """Return all aims.

    Args:
        scores: Scores by policy, in the same order of episodes.
        seeds: Names of the trainings that differ by the seed alone.
    """
    aims = [against_oracle(scores, seeds)]
    for opponent in (TUNED, AT_ERROR):
        aims += _against_rule(scores, opponent)
    aims += _constrained(scores)
    return tuple(aims)


def against_oracle(scores: Mapping[str, Sequence[EpisodeScore]], seeds: tuple[str, ...]) -> Aim:
    """Return how near the trainings come to the oracle's return; the shipped policy where there are none."""
    best = mean_of(scores[ORACLE], "gain")
    names = seeds or (SHIPPED,)
    over = over_seeds({name: scores[name] for name in names}, "gain")
    value, low, high = (100 * number / best for number in (over.value, over.low, over.high))
    fixed = [mean_of(found, "gain") for name, found in scores.items() if name.startswith("fixed")]
    weakest, strongest = (100 * number / best for number in (min(fixed), max(fixed)))
    return Aim(
        f"return at least 95 % of the oracle's, over {len(names)} training seed{'s' * (len(names) > 1)}",
        f"{value:.1f} % ({low:.1f} to {high:.1f}); fixed points: {weakest:.1f} to {strongest:.1f} %",
        value >= 95,
    )


def _against_rule(scores: Mapping[str, Sequence[EpisodeScore]], opponent: str) -> list[Aim]:
    found = []
    for measure, text, limit in (
        ("error", "error (1 - Accuracy) at most that of", 1.0),
        ("drift_percent", "mean drift at most that of", 1.0),
        ("miss_share", "late frames at most half those of", 0.5),
        ("energy_j", "energy at most 0.9 of that of", 0.9),
    ):
        ours = paired(scores[SHIPPED], scores[opponent], measure)
        sparsest = [name for name in scores if name.startswith("fixed")][-1]
        alone, best = (paired(scores[name], scores[opponent], measure).ratio for name in (sparsest, ORACLE))
        value = f"{ours.ratio.value:.2f} ({ours.ratio.low:.2f} to {ours.ratio.high:.2f}), p {ours.t_p:.1g}"
        reached = ours.ratio.value <= limit
        bound = f"{sparsest} {alone.value:.2f}, oracle {best.value:.2f}"
        found.append(Aim(f"{text} {opponent}", value, reached, bound))
    return found


def _constrained(scores: Mapping[str, Sequence[EpisodeScore]]) -> list[Aim]:
    most = max(score.switches_per_min for score in scores[CONSTRAINED])
    breaches = sum(score.breaches for score in scores[CONSTRAINED])
    return [
        Aim("constrained mode: at most 6 changes of level in any minute", f"{most}", most <= 6),
        Aim("constrained mode: the shield is never disobeyed", f"{breaches} times", breaches == 0),
    ]
