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

"""Statistics of measurements: percentiles, confidence intervals, the block bootstrap and paired tests.

scipy.stats takes a second and 60 MB to import, so that only the functions that need it do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Blocks = NDArray[np.int64]

CONFIDENCE = 0.95
"""Confidence of every interval."""

MIN_BLOCKS = 10
"""Blocks below which no interval is formed."""

_RESAMPLES = 2000
_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the interval that holds it with 95 % confidence; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def mean_or_nan(values: Sequence[float]) -> float:
    """Return the mean of values; NaN where there is none."""
    return sum(values) / len(values) if values else math.nan


def percentile(values: Sequence[float] | Array, share: float) -> float:
    """Return the value below which a share (0 to 100) of the values lies; NaN values do not count.

    Between two values it interpolates linearly; NaN where there is no value.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(np.percentile(numbers, share)) if numbers.size else math.nan


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of values; NaN values do not count."""
    return {f"p{share}": percentile(values, share) for share in (50, 95, 99)}


def percentile_interval(value: float, resampled: Array, size: int | None = None) -> Interval:
    """Return a figure with the percentile bootstrap's interval (Efron, 1979).

    Args:
        value: Figure of the sample itself.
        resampled: Figure of each resample, float64 [r]; NaN values do not count.
        size: Number of things that were drawn from, at least 2: the interval of a small sample is widened
            to the length of Student's (the expanded percentile interval of T. C. Hesterberg, "What teachers
            should know about the bootstrap", American Statistician 69, 2015). None: as it is.
    """
    known = resampled[~np.isnan(resampled)]
    if not known.size:
        return Interval(value)
    tail = (1 - CONFIDENCE) / 2
    if size is not None:
        from scipy import stats

        tail = float(stats.norm.cdf(math.sqrt(size / (size - 1)) * stats.t.ppf(tail, size - 1)))
    low, high = np.quantile(known, (tail, 1 - tail))
    return Interval(value, float(low), float(high))


def mean_interval(values: Array) -> Interval:
    """Return the mean of values, float64 [n], and its t interval (Student, 1908); NaN values do not count."""
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if len(known) else math.nan
    if len(known) < 2 or np.ptp(known) == 0:
        return Interval(mean, mean, mean)
    from scipy import stats

    error = float(stats.sem(known))
    low, high = stats.t.interval(CONFIDENCE, len(known) - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high))


def ratio_interval(first: Array, second: Array, seed: int = 0) -> Interval:
    """Return sum(first) / sum(second) with the percentile bootstrap's interval over pairs (Efron, 1979).

    Args:
        first: float64 [n]; a pair with NaN does not count.
        second: float64 [n], pair by pair; at least 0.
        seed: Seed of the resampling.
    """
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    total = float(second.sum())
    if total == 0:
        return Interval(math.nan)
    chosen = _drawn_pairs(len(first), seed)
    below = second[chosen].sum(axis=1)
    ratios = first[chosen].sum(axis=1)[below > 0] / below[below > 0]
    return percentile_interval(float(first.sum()) / total, ratios)


def median_ratio(times: Sequence[float], reference: Sequence[float]) -> Interval:
    """Compare two series measured in turn: median(times) / median(reference), with a 95 % interval.

    The interval is the percentile bootstrap's (Efron, 1979) over pairs, because the two values of a
    pair saw the same frame and the same moment of the machine.

    Args:
        times: Above 0, one a frame.
        reference: Above 0, one a frame, in the same order.

    Raises:
        ValueError: The series are empty or differ in length.
    """
    if not times or len(times) != len(reference):
        msg = f"Only two series of the same length can be compared, not of {len(times)} and {len(reference)}."
        raise ValueError(msg)
    a, b = np.asarray(times, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    chosen = _drawn_pairs(len(a), seed=0)
    ratios = np.median(a[chosen], axis=1) / np.median(b[chosen], axis=1)
    return percentile_interval(float(np.median(a) / np.median(b)), ratios)


@dataclass(frozen=True, slots=True)
class Resampling:
    """Settings of the block bootstrap.

    The bootstrap of blocks that do not overlap (E. Carlstein, "The use of subseries values for estimating
    the variance of a general statistic from a stationary sequence", Annals of Statistics 14, 1986; with
    overlapping ones H. R. Künsch, "The jackknife and the bootstrap for general stationary observations",
    Annals of Statistics 17, 1989): neighbouring frames resemble each other, so that frames drawn singly
    would make intervals too narrow.

    Attributes:
        block_s: Length of a block, seconds of the recording; longer than what frames remember.
        repetitions: Number of times that as many blocks as there are are drawn with replacement.
        seed: Seed of the draws.
    """

    block_s: float = 1.0
    repetitions: int = _RESAMPLES
    seed: int = 0

    def blocks(self, recordings: NDArray[np.str_], times_s: Array) -> tuple[Blocks, int]:
        """Cut recordings into blocks of consecutive frames.

        Args:
            recordings: Name of each frame's recording, str [n], n at least 1.
            times_s: Time of each frame in its recording, seconds, float64 [n].

        Returns:
            The block of each frame, int64 [n], and the number of blocks.
        """
        _, numbers = np.unique(recordings, return_inverse=True)
        places = np.stack([numbers.reshape(-1), np.floor(np.nan_to_num(times_s) / self.block_s)])
        found, blocks = np.unique(places, axis=1, return_inverse=True)
        return blocks.reshape(-1).astype(np.int64), found.shape[1]

    def draws(self, count: int) -> Iterator[Array]:
        """Draw from count blocks.

        Yields:
            Number of times that each block was drawn, float64 [r, count], in parts that need little memory;
            in all r is the number of repetitions.
        """
        random = np.random.default_rng(self.seed)
        step = max(_NUMBERS_AT_ONCE // count, 1)
        for start in range(0, self.repetitions, step):
            size = min(step, self.repetitions - start)
            yield random.multinomial(count, np.full(count, 1 / count), size).astype(np.float64)


def lag_one_correlation(values: Array) -> float:
    """Return the correlation of each value with the next; NaN where there are too few, or all are equal."""
    before, after = values[:-1], values[1:]
    if len(before) < 2 or np.ptp(before) == 0 or np.ptp(after) == 0:
        return math.nan
    return float(np.corrcoef(before, after)[0, 1])


def area_under_curve(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """Return the share of pairs of a positive and a negative whose scores are in order, a tie for half.

    It is the area under the receiver operating characteristic (J. A. Hanley and B. J. McNeil, 1982).

    Args:
        scores: float [n], high for a positive.
        positive: bool [n].

    Returns:
        0 to 1; NaN without pairs.
    """
    high, low = scores[positive], np.sort(scores[~positive])
    if not len(high) or not len(low):
        return math.nan
    below, not_above = np.searchsorted(low, high, "left"), np.searchsorted(low, high, "right")
    return float((below + not_above).mean() / (2 * len(low)))


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
    from scipy import stats

    count, spread = len(differences), float(differences.std(ddof=1))
    # Not by scipy's own test, which warns on the terminal where all pairs differ by nearly the same.
    t = float(differences.mean()) * math.sqrt(count) / spread if spread > 0 else math.inf
    return 2 * float(stats.t.sf(abs(t), count - 1)), float(stats.wilcoxon(differences).pvalue)


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Comparison of two samples, pair by pair.

    Attributes:
        difference: Mean of first less second, with its t interval.
        ratio: Sum of the first over sum of the second, with its bootstrap interval over pairs.
        t_p: P value of the paired t-test.
        wilcoxon_p: P value of Wilcoxon's signed-rank test; 1 where no pair differs.
    """

    difference: Interval
    ratio: Interval
    t_p: float
    wilcoxon_p: float

    @classmethod
    def of(cls, one: Array, other: Array) -> PairedTest:
        """Test one sample against another, float64 [n] each; a pair with NaN does not count."""
        known = np.isfinite(one) & np.isfinite(other)
        one, other = one[known], other[known]
        return cls(mean_interval(one - other), ratio_interval(one, other), *paired_p_values(one, other))


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


def mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the p value of McNemar's exact test (1947) on what two methods got right of the same things.

    Args:
        one: bool [n].
        other: bool [n], thing by thing.

    Returns:
        Two-sided, 0 to 1; 1 where both are right in the same.
    """
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    if gained + lost == 0:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(gained, gained + lost).pvalue)


def _drawn_pairs(count: int, seed: int) -> NDArray[np.int64]:
    """Draw indices of count pairs with replacement, int64 [_RESAMPLES, count]."""
    return np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
