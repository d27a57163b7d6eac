"""The measures that this package reports, each a small pure function with its formula."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, palm_size
from hand_tracking_dsp.tracking.types import Floats


def match_hands(
    hands: Sequence[Floats], references: Sequence[Floats], limit_palm_percent: float = 100.0
) -> list[tuple[int, int]]:
    """Pair hands with reference hands, the nearest pair first, each hand once.

    Args:
        hands: Landmarks, float [21, 2 or more] each, pixels.
        references: Landmarks of the reference, likewise.
        limit_palm_percent: Mean distance, in % of the reference's palm size, from which on two hands
            are not the same hand.

    Returns:
        Pairs (index in hands, index in references), ordered by the latter.
    """
    distances = sorted(
        (mean_distance_palm_percent(hand, reference), i, j)
        for i, hand in enumerate(hands)
        for j, reference in enumerate(references)
        if palm_size(reference) > 0
    )
    pairs: list[tuple[int, int]] = []
    for distance, i, j in distances:
        if distance <= limit_palm_percent and all(i != used and j != taken for used, taken in pairs):
            pairs.append((i, j))
    return sorted(pairs, key=lambda pair: pair[1])


def percentile(values: Sequence[float] | NDArray[np.float64], share: float) -> float:
    """Return the value below which a share (0 to 100) of the values lies; NaN values do not count.

    Between two values it interpolates linearly; NaN where there is no value.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(np.percentile(numbers, share)) if numbers.size else math.nan


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the interval that holds it with 95 % confidence; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def median_ratio(
    times: Sequence[float], reference: Sequence[float], resamples: int = 2000, seed: int = 0
) -> Interval:
    """Compare two series measured in turn: median(times) / median(reference), with a 95 % interval.

    The interval is the percentile bootstrap's (Efron, 1979) over pairs, because the two values of a
    pair saw the same frame and the same moment of the machine.

    Args:
        times: Above 0, one a frame.
        reference: Above 0, one a frame, in the same order.
        resamples: Number of bootstrap repetitions.
        seed: Seed of the resampling.

    Raises:
        ValueError: The series are empty or differ in length.
    """
    if not times or len(times) != len(reference):
        msg = f"Only two series of the same length can be compared, not of {len(times)} and {len(reference)}."
        raise ValueError(msg)
    a, b = np.asarray(times, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    random = np.random.default_rng(seed)
    ratios = np.empty(resamples)
    for i in range(resamples):
        chosen = random.integers(0, len(a), len(a))
        ratios[i] = np.median(a[chosen]) / np.median(b[chosen])
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Interval(float(np.median(a) / np.median(b)), float(low), float(high))
