"""From scores to figures with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from hand_tracking_dsp.evaluation.metrics import Interval
from hand_tracking_dsp.evaluation.statistics import CONFIDENCE, Array, paired_p_values, percentile_interval
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore

MEASURES = ("gain", "miss_share", "error", "drift_percent", "energy_j", "level", "switches")

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class PairedTest:
    """One policy against another on the same episodes.

    Attributes:
        difference: Mean of first less second, with its t interval.
        ratio: Sum of the first over sum of the second, with its bootstrap interval over episodes.
        t_p: P value of the paired t-test.
        wilcoxon_p: P value of Wilcoxon's signed-rank test; 1 where no episode differs.
    """

    difference: Interval
    ratio: Interval
    t_p: float
    wilcoxon_p: float


def column(scores: Sequence[EpisodeScore], measure: str) -> Array:
    """Return one measure of every episode, float64 [n]; NaN where a episode lacks it."""
    return np.array([getattr(score, measure) for score in scores], dtype=np.float64)


def mean_interval(values: Array) -> Interval:
    """Return the mean of values and its t interval (Student, 1908); NaN values do not count."""
    known = values[np.isfinite(values)]
    mean = float(known.mean())
    if len(known) < 2 or np.ptp(known) == 0:
        return Interval(mean, mean, mean)
    error = float(stats.sem(known))
    low, high = stats.t.interval(CONFIDENCE, len(known) - 1, loc=mean, scale=error)
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
    return percentile_interval(float(first.sum()) / total, ratios)


def paired(first: Sequence[EpisodeScore], second: Sequence[EpisodeScore], measure: str) -> PairedTest:
    """Compare two policies by one measure on the same episodes."""
    one, other = column(first, measure), column(second, measure)
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    t_p, wilcoxon_p = paired_p_values(one, other)
    return PairedTest(mean_interval(one - other), ratio_interval(one, other), t_p, wilcoxon_p)


def over_seeds(scores: Mapping[str, Sequence[EpisodeScore]], measure: str) -> Interval:
    """Return the mean over trainings of each one's mean over episodes, with its t interval over trainings."""
    return mean_interval(np.array([np.nanmean(column(found, measure)) for found in scores.values()]))
