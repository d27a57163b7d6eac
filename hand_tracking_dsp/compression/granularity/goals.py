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

"""A study of granularities: what each costs and gains, and plans that keep a time or a size of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.composition.start_network import PlainMeter
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.granularity.plans import MeasuredPlan, measure_plans
from hand_tracking_dsp.compression.granularity.runtimes import Runtime
from hand_tracking_dsp.compression.granularity.study import (
    GranularTables,
    expected_deviation,
    measure_granularities,
    plan_of,
    planned,
)
from hand_tracking_dsp.compression.granularity.variants import GranularPruner, Plan
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles

FILE = "zipped file"
"""Name of the cost that is no runtime's time."""

# A limit that is kept to within a rounding is kept.
_ROUNDING = 1e-9

Chooser = Callable[[Doubles, Doubles, float], Sequence[int]]
"""Chooses a place in GRANULARITIES for each area.

Of deviations and savings, float64 [areas, granularities], and the share of the cost to save.
"""


@dataclass(frozen=True, slots=True)
class GranularGoal:
    """A cost that is to be kept, and what was chosen for it.

    Attributes:
        cost: Name of a runtime, whose time it is, or FILE.
        limit: Relative to the dense network's.
        plan: What was chosen.
        saved: Share of the cost that the plan saves by the tables.
        expected: Root of the sum of the squared deviations that the tables have of it, % of palm size.
        optimum: That of dynamic programming's plan; NaN where none keeps the limit.
    """

    cost: str
    limit: float
    plan: Plan
    saved: float
    expected: float
    optimum: float

    @property
    def kept(self) -> bool:
        """Tell whether the limit is kept by the tables."""
        return 1 - self.saved <= self.limit + _ROUNDING


@dataclass(frozen=True, slots=True)
class GranularResult:
    """Result of a study.

    Attributes:
        tables: Figures of all areas and granularities.
        goals: The goals.
        plans: The plan of each, carried out.
    """

    tables: GranularTables
    goals: Sequence[GranularGoal]
    plans: Sequence[MeasuredPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class GranularStudy:
    """A study of one network.

    Attributes:
        dense: The dense network in fp32.
        fit: Crops of hands to fit on.
        hands: Crops of hands to measure on.
        share: Share of an area that goes, above 0, below 1.
        runtimes: Runtimes to time on.
        runs: Timed runs of each network on each runtime.
        seed: Seed of the positions at which feature maps are sampled.
    """

    dense: onnx.ModelProto
    fit: Crops
    hands: Crops
    share: float
    runtimes: Sequence[Runtime]
    runs: int
    seed: int

    def result(
        self, limits: Sequence[float], choose: Chooser, report: Callable[[str], None] = lambda _: None
    ) -> GranularResult:
        """Measure every granularity, choose a plan for each cost and limit, and carry the plans out.

        Args:
            limits: Costs to keep, relative to the dense network's.
            choose: Makes the plans.
            report: Called with what is being done.

        Raises:
            BackendError: A runtime refuses a network.
        """
        meter = PlainMeter(self.dense, self.hands)
        deviation = lambda network: meter.deviation(network.SerializeToString())  # noqa: E731
        pruner = GranularPruner(
            self.dense,
            self.fit,
            self.share,
            seed=self.seed,
            on_progress=lambda block: report(f"pruning {block}"),
        )
        tables = measure_granularities(pruner, deviation, self.runtimes, runs=self.runs, on_progress=report)
        report("choosing plans")
        goals = [_reached(tables, cost, limit, choose) for cost in (*tables.noise, FILE) for limit in limits]
        plans = measure_plans(
            pruner,
            [goal.plan for goal in goals],
            self.fit,
            deviation,
            self.runtimes,
            runs=self.runs,
            seed=self.seed,
            on_progress=report,
        )
        return GranularResult(tables, goals, plans)


def _reached(tables: GranularTables, cost: str, limit: float, choose: Chooser) -> GranularGoal:
    """Choose a plan for a goal, and have dynamic programming choose another."""
    deviation = tables.deviation()
    saved = tables.saved_file() if cost == FILE else tables.saved_time(cost)
    choice = choose(deviation, saved, 1 - limit)
    return GranularGoal(
        cost,
        limit,
        plan_of(choice),
        float(saved[np.arange(len(choice)), choice].sum()),
        expected_deviation(deviation, choice),
        expected_deviation(deviation, planned(deviation, saved, limit)),
    )
