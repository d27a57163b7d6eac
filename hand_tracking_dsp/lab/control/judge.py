"""From scores to figures with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hand_tracking_dsp.lab.control.evaluate import Score

Array = NDArray[np.float64]

MEASURES = ("gain", "miss_share", "error", "drift_percent", "energy_j", "level", "switches")

_CONFIDENCE = 0.95
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean or a ratio, and the interval that holds it with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """One policy against another on the same missions.

    Attributes:
        difference: Mean of first less second, with its t interval.
        ratio: Sum of the first over sum of the second, with its bootstrap interval over missions.
        t_p: P value of the paired t-test.
        wilcoxon_p: P value of Wilcoxon's signed-rank test; 1 where no mission differs.
    """

    difference: Interval
    ratio: Interval
    t_p: float
    wilcoxon_p: float


def column(scores: Sequence[Score], measure: str) -> Array:
    """Return one measure of every mission, float64 [n]; NaN where a mission lacks it."""
    return np.array([getattr(score, measure) for score in scores], dtype=np.float64)


def mean_interval(values: Array) -> Interval:
    """Return the mean of values and its t interval (Student, 1908); NaN values do not count."""
    known = values[np.isfinite(values)]
    mean = float(known.mean())
    if len(known) < 2 or np.ptp(known) == 0:
        return Interval(mean, mean, mean)
    error = float(stats.sem(known))
    low, high = stats.t.interval(_CONFIDENCE, len(known) - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high))


def ratio_interval(first: Array, second: Array, seed: int = 0) -> Interval:
    """Return sum(first) / sum(second) with the percentile bootstrap's interval over pairs (Efron, 1979)."""
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    total = float(second.sum())
    if total == 0:
        return Interval(np.nan, np.nan, np.nan)
    chosen = np.random.default_rng(seed).integers(0, len(first), (_RESAMPLES, len(first)))
    below = second[chosen].sum(axis=1)
    ratios = first[chosen].sum(axis=1)[below > 0] / below[below > 0]
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Interval(float(first.sum()) / total, float(low), float(high))


def paired(first: Sequence[Score], second: Sequence[Score], measure: str) -> PairedTest:
    """Compare two policies by one measure on the same missions."""
    one, other = column(first, measure), column(second, measure)
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    differences = one - other
    same = not np.any(differences)
    return PairedTest(
        difference=mean_interval(differences),
        ratio=ratio_interval(one, other),
        t_p=1.0 if same else float(stats.ttest_rel(one, other).pvalue),
        wilcoxon_p=1.0 if same else float(stats.wilcoxon(one, other).pvalue),
    )


def over_seeds(scores: Mapping[str, Sequence[Score]], measure: str) -> Interval:
    """Return the mean over trainings of each one's mean over missions, with its t interval over trainings."""
    return mean_interval(np.array([np.nanmean(column(found, measure)) for found in scores.values()]))
