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

"""Results of policy live: the runs by case, their tables, and live.json."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hand_tracking_dsp.commands.output import machine
from hand_tracking_dsp.commands.policy.live_cases import densest
from hand_tracking_dsp.commands.policy.live_dense import USABLE_IS
from hand_tracking_dsp.commands.policy.live_run import (
    CONTROLLER,
    DEFAULTS,
    LiveCase,
    LivePolicy,
    LiveTurn,
    load_w,
)
from hand_tracking_dsp.commands.policy.live_table import COSTS, explanation, joined_table, score_table
from hand_tracking_dsp.commands.up import node_parameters
from hand_tracking_dsp.control.goals import GoalOptions
from hand_tracking_dsp.evaluation.live_comparison import LiveRun, LiveScore, score_runs
from hand_tracking_dsp.evaluation.live_front import (
    mean_of_rounds,
    needs_no_control,
    pareto_front,
    score_rounds,
)
from hand_tracking_dsp.tracking.manifest import Manifest


class LiveReport:
    """Gathers runs, and says what they show.

    Args:
        options: Options of policy live.
        bank: Bank whose points are chosen from.
        cases: Cases.
        policies: Policies.
        energy: Name of what measures energy; "": it is estimated.

    Attributes:
        runs: Runs of each case in the order in which they took place, of those that have any.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        bank: Manifest,
        cases: Sequence[LiveCase],
        policies: Sequence[LivePolicy],
        energy: str,
    ) -> None:
        self._options = options
        self._bank = bank
        self._cases = cases
        self._policies = policies
        self._estimated = not energy
        self._energy = energy or f"estimated: {options.core_watts:g} W a busy core"
        self._in_force: dict[str, str] = {}
        self.runs: dict[LiveCase, list[LiveRun]] = {}

    @property
    def cases(self) -> list[LiveCase]:
        """Cases that have a run, in their order."""
        return [case for case in self._cases if case in self.runs]

    def add(self, turn: LiveTurn, found: LiveRun, in_force: str) -> None:
        """Add a run, and what the nodes said of the scheduling that it ran at."""
        self.runs.setdefault(turn.case, []).append(found)
        words = [word for word in (turn.case.name, turn.policy.name) if word]
        self._in_force[", ".join(words)] = in_force

    def table(self, case: LiveCase) -> dict[str, Any]:
        """Return the table of a case."""
        hands = f", {case.hands} hand{'s' * (case.hands > 1)}" if case.hands else ""
        about = f"Against {case.budget_ms:g} ms{hands}, scheduling {case.scheduling}"
        words = self._words | {"about": about, "remark": self._remark(case)}
        return score_table(self._scores(case), self._rounds(case), self._front(case), words)

    @property
    def explanation(self) -> str:
        """Explanation of the columns of the tables."""
        text = explanation(self._words)
        return f"{text[0].upper()}{text[1:]}."

    @property
    def _words(self) -> dict[str, str]:
        return {"energy": self._energy, "cost": COSTS[self._cost]}

    def verdict(self, case: LiveCase) -> str:
        """Return which policies no other one beats in a case, in a sentence or two."""
        names = ", ".join(self._front(case))
        return f"On the front of late, usable and {COSTS[self._cost]}: {names}. {self._remark(case)}".strip()

    def value(self) -> dict[str, Any]:
        """Return the content of live.json."""
        options = self._options
        tables = {case.name: self.table(case) for case in self.cases}
        shared: dict[str, Any] = {
            "machine": machine(),
            "source": options.source,
            "bank": self._bank.name,
            "load": options.load,
            "deadline": options.deadline,
            "duration_s": options.duration,
            "rounds": options.rounds,
            "seed": options.seed,
            "parameters": [*DEFAULTS, *options.parameters],
            "policy_file": str(options.policy_file or ""),
            "settings": {one.name: dict(one.parameters) for one in self._policies},
            "battery_simulated": True,
            "battery_load_w": load_w(self._bank),
            "energy_is": self._energy,
            "energy_estimated": self._estimated,
            "usable_is": USABLE_IS,
            "drift_is": "agreement with the dense level, % of palm size, or what levels that say their own "
            "error expect of it; not accuracy",
            "scheduling_in_force": self._in_force,
            "table": joined_table(tables),
        }
        return shared | {"cases": [self._case(case) for case in self.cases]}

    def _case(self, case: LiveCase) -> dict[str, Any]:
        rounds = self._rounds(case)
        policies = [
            asdict(one)
            | {"rounds": {name: asdict(mean) for name, mean in mean_of_rounds(rounds[one.policy]).items()}}
            for one in self._scores(case)
        ]
        runs = [
            asdict(score_runs([run], case.budget_ms)) | {"round": run.round_number} for run in self.runs[case]
        ]
        return asdict(case) | {
            "table": self.table(case),
            "front": self._front(case),
            "needs_no_control": self._needs_none(case),
            "policies": policies,
            "runs": runs,
        }

    def _scores(self, case: LiveCase) -> list[LiveScore]:
        return [score_runs(self._of(case, name), case.budget_ms) for name in self._names(case)]

    def _rounds(self, case: LiveCase) -> dict[str, list[LiveScore]]:
        return {name: score_rounds(self._of(case, name), case.budget_ms) for name in self._names(case)}

    def _names(self, case: LiveCase) -> list[str]:
        """Return the names of the policies that have a run in a case."""
        return [one.name for one in self._policies if self._of(case, one.name)]

    def _of(self, case: LiveCase, policy: str) -> list[LiveRun]:
        return [run for run in self.runs.get(case, ()) if run.policy == policy]

    def _front(self, case: LiveCase) -> list[str]:
        return pareto_front(self._rounds(case), self._cost)

    @property
    def _cost(self) -> str:
        """Price of a run: what was measured; an estimated energy says no more than processor time."""
        return "processor_s" if self._estimated else "energy_j"

    def _needs_none(self, case: LiveCase) -> bool:
        dense = self._rounds(case).get(densest(self._policies))
        return dense is not None and needs_no_control(dense, self._late_target)

    @property
    def _late_target(self) -> float:
        given = node_parameters(self._options.parameters).get(CONTROLLER, {}).get("late_target")
        return GoalOptions().late_target if given is None else float(given)

    def _remark(self, case: LiveCase) -> str:
        if not self._needs_none(case):
            return ""
        return (
            f"Nothing needs control here: {densest(self._policies)} alone has no more late frames than the "
            f"{100 * self._late_target:g} % that are accepted."
        )
