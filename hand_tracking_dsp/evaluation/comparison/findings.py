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

"""Findings: each measure of two runs on the same frames, with intervals, tests and a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hand_tracking_dsp.evaluation.comparison.pairing import PairedFrames
from hand_tracking_dsp.evaluation.comparison.reading import EvaluationFolder
from hand_tracking_dsp.evaluation.measures.metric import Metric, RunMetric
from hand_tracking_dsp.evaluation.measures.run_catalogue import RUN_METRICS
from hand_tracking_dsp.evaluation.statistics import (
    MIN_BLOCKS,
    Array,
    Interval,
    Resampling,
    holm,
    lag_one_correlation,
    paired_p_values,
    percentile_interval,
)

Verdict = Literal["better", "worse", "differs", "no difference shown", "equal", "not tested", "not measured"]

_ALIKE = 0.2


@dataclass(frozen=True, slots=True)
class Finding:
    """Comparison of one measure of A and B.

    Attributes:
        metric: The measure.
        a: Value of A and its 95 % interval.
        b: Value of B and its 95 % interval.
        difference: B - A.
        change: (B - A) / A in %; NaN where only A is 0.
        blocks: Blocks in which both were measured.
        likeness: Correlation of B - A between each block and the next, -1 to 1; NaN where it is not tested.
        verdict: "differs" is a difference of which neither direction is better.
        reason: Why it was not tested; else "".
        t_p: P value of the paired t-test over blocks.
        wilcoxon_p: P value of Wilcoxon's signed-rank test over blocks.
        t_holm: t_p, corrected for the number of measures.
        wilcoxon_holm: wilcoxon_p, corrected in the same way.
    """

    metric: RunMetric
    a: Interval
    b: Interval
    difference: Interval
    change: Interval
    blocks: int
    verdict: Verdict
    likeness: float = math.nan
    reason: str = ""
    t_p: float = math.nan
    wilcoxon_p: float = math.nan
    t_holm: float = math.nan
    wilcoxon_holm: float = math.nan

    @property
    def measured_anywhere(self) -> bool:
        """True where A or B has a value."""
        return not (math.isnan(self.a.value) and math.isnan(self.b.value))

    @property
    def blocks_alike(self) -> bool:
        """True where blocks resemble the next by more than chance, so that the interval is too narrow."""
        return self.likeness > max(_ALIKE, 2 / math.sqrt(max(self.blocks, 1)))


def compare_frames(frames: PairedFrames, metrics: Sequence[Metric], resampling: Resampling) -> list[Finding]:
    """Compare measures of frames; all measures and both sides see the same draws of the resampling."""
    samplers = [
        [metric.value.resampler(side, frames.blocks, frames.count) for side in (frames.a, frames.b)]
        for metric in metrics
    ]
    found = [
        np.array([[sample(draw) for sample in pair] for pair in samplers])
        for draw in resampling.draws(frames.count)
    ]
    resampled = np.concatenate(found, axis=2)
    findings = [_finding(frames, metric, *resampled[i]) for i, metric in enumerate(metrics)]
    t, wilcoxon = holm([one.t_p for one in findings]), holm([one.wilcoxon_p for one in findings])
    return [replace(one, t_holm=t[i], wilcoxon_holm=wilcoxon[i]) for i, one in enumerate(findings)]


def compare_runs(a: EvaluationFolder, b: EvaluationFolder, runs: tuple[str, str]) -> list[Finding]:
    """Compare measures of whole runs: as they are, one value a side, so that there is nothing to test."""
    findings = []
    for metric in RUN_METRICS:
        first, second = a.value(runs[0], metric.name), b.value(runs[1], metric.name)
        measured = not math.isnan(second - first)
        findings.append(
            Finding(
                metric,
                Interval(first),
                Interval(second),
                Interval(second - first),
                Interval(change_percent(first, second)),
                blocks=0,
                verdict="not tested" if measured else "not measured",
                reason="one value a run" if measured else "",
            )
        )
    return findings


def change_percent(a: float, b: float) -> float:
    """Return (b - a) / a in %; where a is 0, 0 if b is too, else NaN."""
    if a == 0:
        return 0.0 if b == 0 else math.nan
    return 100 * (b - a) / a


def _finding(frames: PairedFrames, metric: Metric, a: Array, b: Array) -> Finding:
    """Compare one measure, of which a and b are the resamples, float64 [r] each."""
    value = metric.value
    one, other = (value.of_blocks(side, frames.blocks, frames.count) for side in (frames.a, frames.b))
    first, second = value(frames.a), value(frames.b)
    both = ~np.isnan(one - other)
    evidence = int(min((~np.isnan(one)).sum(), (~np.isnan(other)).sum()))
    obstacle = value.obstacle(frames.a) or value.obstacle(frames.b)
    if not obstacle and evidence < MIN_BLOCKS:
        obstacle = f"{evidence} blocks are too few"
    if obstacle:
        a = b = np.empty(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = np.where(a != 0, 100 * (b - a) / a, math.nan)
    difference = percentile_interval(second - first, b - a, evidence)
    change = percentile_interval(change_percent(first, second), changes, evidence)
    if same := first == second and np.array_equal(one, other, equal_nan=True):
        difference = change = Interval(0.0, 0.0, 0.0)
    verdict = _verdict(metric, difference, same=same, tested=not obstacle)
    reason = obstacle if verdict == "not tested" else ""
    finding = Finding(
        metric,
        percentile_interval(first, a, evidence),
        percentile_interval(second, b, evidence),
        difference,
        change,
        int(both.sum()),
        verdict,
        reason=reason,
    )
    if verdict in ("equal", "not tested", "not measured"):
        return finding
    t_p, wilcoxon_p = paired_p_values(one[both], other[both])
    return replace(finding, likeness=lag_one_correlation((other - one)[both]), t_p=t_p, wilcoxon_p=wilcoxon_p)


def _verdict(metric: Metric, difference: Interval, *, same: bool, tested: bool) -> Verdict:
    if math.isnan(difference.value):
        return "not measured"
    if same:
        return "equal"
    if not tested:
        return "not tested"
    if difference.low <= 0 <= difference.high:
        return "no difference shown"
    if metric.better == "neither":
        return "differs"
    return "better" if (difference.high < 0) == (metric.better == "lower") else "worse"
