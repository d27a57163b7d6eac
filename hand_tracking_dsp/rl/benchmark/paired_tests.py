"""From scores to figures with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array, Interval, PairedTest, mean_interval
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore

MEASURES = ("gain", "miss_share", "error", "drift_percent", "energy_j", "level", "switches")


def column(scores: Sequence[EpisodeScore], measure: str) -> Array:
    """Return one measure of every episode, float64 [n]; NaN where an episode lacks it."""
    return np.array([getattr(score, measure) for score in scores], dtype=np.float64)


def mean_of(scores: Sequence[EpisodeScore], measure: str) -> float:
    """Return the mean of one measure over the episodes that have it."""
    return float(np.nanmean(column(scores, measure)))


def paired(first: Sequence[EpisodeScore], second: Sequence[EpisodeScore], measure: str) -> PairedTest:
    """Compare two policies by one measure on the same episodes."""
    return PairedTest.of(column(first, measure), column(second, measure))


def over_seeds(scores: Mapping[str, Sequence[EpisodeScore]], measure: str) -> Interval:
    """Return the mean over trainings of each one's mean over episodes, with its t interval over trainings."""
    return mean_interval(np.array([mean_of(found, measure) for found in scores.values()]))
