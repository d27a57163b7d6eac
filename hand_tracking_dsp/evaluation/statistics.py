"""Intervals and tests that comparisons share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hand_tracking_dsp.evaluation.metrics import Interval

Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval."""


def percentile_interval(value: float, resampled: Array, size: int | None = None) -> Interval:
    """Return a figure with the percentile bootstrap's interval (Efron, 1979).

    Args:
        value: Of the sample itself.
        resampled: The figure of each resample, float64 [r]; NaN values do not count.
        size: Number of things that were drawn from, at least 2: the interval of a small sample is widened
            to the length of Student's (the expanded percentile interval of T. C. Hesterberg, "What teachers
            should know about the bootstrap", American Statistician 69, 2015). None: as it is.
    """
    known = resampled[~np.isnan(resampled)]
    if not known.size:
        return Interval(value)
    tail = (1 - CONFIDENCE) / 2
    if size is not None:
        tail = float(stats.norm.cdf(math.sqrt(size / (size - 1)) * stats.t.ppf(tail, size - 1)))
    low, high = np.quantile(known, (tail, 1 - tail))
    return Interval(value, float(low), float(high))


def paired_p_values(one: Array, other: Array) -> tuple[float, float]:
    """Return the p values of the paired t-test (Student, 1908) and of Wilcoxon's signed-rank test (1945).

    Both are two-sided; both are 1 where no pair differs, and NaN with fewer than two pairs.

    Args:
        one: float64 [n].
        other: float64 [n], pair by pair.
    """
    differences = one - other
    if len(differences) < 2:
        return math.nan, math.nan
    if not np.any(differences):
        return 1.0, 1.0
    count, spread = len(differences), float(differences.std(ddof=1))
    # Not by scipy's own test, which warns on the terminal where all pairs differ by nearly the same.
    t = float(differences.mean()) * math.sqrt(count) / spread if spread > 0 else math.inf
    return 2 * float(stats.t.sf(abs(t), count - 1)), float(stats.wilcoxon(differences).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values of several tests so that the chance of any false finding keeps its bound (Holm, 1979).

    Args:
        p_values: In any order; NaN is no test and stays.

    Returns:
        In the same order, at most 1 each.
    """
    tests = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    corrected = list(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(tests):
        highest = max(highest, min((len(tests) - rank) * p, 1.0))
        corrected[i] = highest
    return corrected
