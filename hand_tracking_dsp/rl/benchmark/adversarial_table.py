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

"""Table of the adversarial missions: late frames against the sparsest point's, errors, batteries."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.rl.benchmark.adversarial import (
    AdversarialMission,
    AdversarialScore,
    adversarial_missions,
    play_adversarial,
    with_reflex,
)
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.rule_search import Progress


@dataclass(frozen=True, slots=True)
class AdversarialTable:
    """Scores by mission and policy."""

    scores: Mapping[str, Mapping[str, AdversarialScore]]

    def worst(self, name: str) -> float:
        """Return the most late frames of a policy in any minute; see AdversarialScore.against_sparsest."""
        return max(found[name].against_sparsest for found in self.scores.values())

    @property
    def note(self) -> str:
        """Return in words what the columns are, and the worst minute of each policy."""
        names = next(iter(self.scores.values()))
        worst = ", ".join(f"{name} {self.worst(name):.2f}" for name in names)
        return (
            "Late frames; those of the worst minute against the sparsest point's in it, or against the share "
            "that is accepted where these are fewer; usable hands; error; of a battery what is left above "
            f"the reserve. Worst minute of all missions: {worst}."
        )

    def headings(self) -> list[str]:
        """Return the headings of rows()."""
        return ["mission", *next(iter(self.scores.values()))]

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each mission, a cell for each policy."""
        return [(mission, *map(_cell, found.values())) for mission, found in self.scores.items()]

    def value(self) -> dict[str, Any]:
        """Return what report.json holds."""
        return {
            mission: {name: asdict(score) for name, score in found.items()}
            for mission, found in self.scores.items()
        }


def adversarial_table(
    benchmark: Benchmark, candidates: Sequence[Candidate], executor: Executor, on_progress: Progress
) -> AdversarialTable:
    """Play the adversarial missions.

    Args:
        benchmark: Device and bank.
        candidates: Candidates, none of them the oracle.
        executor: Where the work runs.
        on_progress: Called with the missions done and to do.
    """
    plain = adversarial_missions()
    # The drain of hours takes longest, and asks nothing of the reflex.
    missions = [*plain, *with_reflex(plain[:-1])]
    scores = executor.map(_play, (benchmark, list(candidates)), missions, on_progress)
    return AdversarialTable({one.name: found for one, found in zip(missions, scores, strict=True)})


def _play(
    shared: tuple[Benchmark, list[Candidate]], mission: AdversarialMission
) -> dict[str, AdversarialScore]:
    benchmark, candidates = shared
    figures = PointFigures.of(benchmark.bank)
    return {
        one.name: play_adversarial(
            mission, one.online_policy(benchmark.bank), benchmark.device, figures, one.options
        )
        for one in candidates
    }


def _cell(score: AdversarialScore) -> str:
    parts = [
        f"{100 * score.late:.2f} % (x {score.against_sparsest:.2f})",
        f"{100 * score.usable:.1f} %",
        f"{score.error:.3f}",
    ]
    if not math.isnan(score.charge_left):
        parts.append(f"{100 * score.charge_left:.0f} % left")
    return " / ".join(parts)
