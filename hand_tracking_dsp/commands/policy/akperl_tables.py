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

"""Tables of policy akperl-report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console

from hand_tracking_dsp.commands.output import make_table
from hand_tracking_dsp.compression.composition.agent_comparison import (
    COMPARED_LIMITS,
    SEARCHES,
    ComparedComposition,
    MethodTest,
    MethodVariance,
    deviations_of,
)
from hand_tracking_dsp.compression.composition.dynamic import NEAR_PERCENT, DynamicFigures
from hand_tracking_dsp.evaluation.composer_swaps import SwapFigures
from hand_tracking_dsp.tracking.composition.surrogate import SCENES

_INTENSITY = "slope for 100 % more intensity"


def print_methods(console: Console, found: Sequence[ComparedComposition], agents: Sequence[str]) -> None:
    """Print what each method deviates by within each time."""
    by_seed = np.array([deviations_of(found, [name]).mean(axis=1) for name in agents])
    searched = [deviations_of(found, [name]).mean(axis=1) for name in SEARCHES]
    rows = [
        (
            f"{limit:.2f}",
            f"{by_seed[:, number].mean():.2f} ± {by_seed[:, number].std():.2f}",
            *(f"{one[number]:.2f}" for one in searched),
        )
        for number, limit in enumerate(COMPARED_LIMITS)
    ]
    title = "Deviation within a time, mean over the scenes, % of palm size (agent: mean ± deviation of seeds)"
    console.print(make_table(title, ("time", "agent", *SEARCHES), rows))


def print_tests(console: Console, tests: Sequence[MethodTest], variance: MethodVariance) -> None:
    """Print the tests of the agent against each search, and the analysis of variance."""
    rows = [(one.method, f"{one.ratio:.3f}", f"{one.t_p:.2g}", f"{one.wilcoxon_p:.2g}") for one in tests]
    headings = ("the agent against", "ratio of deviations", "p, paired t", "p, Wilcoxon")
    title = f"Paired over {len(COMPARED_LIMITS) * len(SCENES)} limits and scenes; p corrected by Holm"
    console.print(make_table(title, headings, rows))
    console.print(
        f"Analysis of variance over methods: F{variance.freedom} = {variance.f:.1f}, p = {variance.p:.2g}",
        highlight=False,
    )


def print_regressions(console: Console, lines: Mapping[str, tuple[float, float, float]]) -> None:
    """Print slope, R² and p value of each measure."""
    rows = [(name, f"{slope:.3g}", f"{share:.3f}", f"{p:.2g}") for name, (slope, share, p) in lines.items()]
    title = "Regression of each measure on the mean intensity, plain scenes"
    console.print(make_table(title, ("measure", _INTENSITY, "R²", "p"), rows))


def print_swaps(console: Console, swaps: SwapFigures) -> None:
    """Print what many swaps took."""
    rows = [
        (
            "from the command until it runs, median and p99",
            f"{swaps.ready_p50_ms:.0f}, {swaps.ready_p99_ms:.0f} ms",
        ),
        ("frames tracked meanwhile", f"{swaps.frames}"),
        ("frames without their hand", f"{swaps.lost} ({swaps.lost_alone} of 300 before)"),
        (
            "p99 of a frame, while composing and before",
            f"{swaps.frame_p99_ms:.1f}, {swaps.alone_p99_ms:.1f} ms",
        ),
        (
            "growth of the greatest memory after 50 swaps, and in the second half",
            f"{swaps.growth_mb:.1f}, {swaps.late_growth_mb:.1f} MB",
        ),
    ]
    title = f"{swaps.swaps} networks composed, tried and swapped beside the tracker, one drawn hand"
    console.print(make_table(title, ("", ""), rows, left=("",)))


def print_dynamic(console: Console, dynamic: Sequence[DynamicFigures], where: str) -> None:
    """Print both at each energy; `where` says what they were compared on."""
    rows = [
        (
            f"{one.energy:.2f}",
            f"{one.time:.3f}",
            f"{one.single:.2f}",
            f"{one.dynamic:.2f}",
            f"{one.dynamic / one.single:.2f}",
            f"{one.p:.2g}",
            f"{one.single_near:.1%}",
            f"{one.dynamic_near:.1%}",
        )
        for one in dynamic
    ]
    near = f"within {NEAR_PERCENT:g} %"
    headings = (
        "energy",
        "time",
        "one for all",
        "by scene",
        "ratio",
        "p",
        f"{near}, one",
        f"{near}, by scene",
    )
    title = (
        f"One composition for all scenes, and one for each, in the same mean time, {where}: deviation, % of "
        "palm size"
    )
    console.print(make_table(title, headings, rows))
