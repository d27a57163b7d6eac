"""Intervals and paired tests, against textbooks and scipy."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.paired_tests import (
    MEASURES,
    column,
    mean_interval,
    over_seeds,
    paired,
    ratio_interval,
)


def score(gain: float, drift: float = 1.0) -> EpisodeScore:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return EpisodeScore(**{**nothing, "gain": gain, "drift_percent": drift})


def scores(values) -> list[EpisodeScore]:
    return [score(float(value)) for value in values]


# Student's own sample: hours of sleep gained by two drugs (Biometrika, 1908).
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_the_interval_of_a_mean_is_student_s() -> None:
    found = mean_interval(SECOND - FIRST)
    assert found.value == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001, 2.4599), abs=1e-3)


def test_the_paired_tests_are_scipy_s() -> None:
    found = paired(scores(SECOND), scores(FIRST), "gain")
    assert found.difference == mean_interval(SECOND - FIRST)
    assert found.t_p == pytest.approx(0.002833, abs=1e-6)
    assert found.wilcoxon_p == pytest.approx(float(stats.wilcoxon(SECOND, FIRST).pvalue))


def test_what_a_episode_lacks_does_not_count() -> None:
    assert mean_interval(np.array([1.0, math.nan, 3.0])) == mean_interval(np.array([1.0, 3.0]))
    one = [score(0, 1.0), score(0, math.nan), score(0, 3.0), score(0, 4.0)]
    other = [score(0, 2.0), score(0, 5.0), score(0, math.nan), score(0, 6.0)]
    found = paired(one, other, "drift_percent")
    assert found.difference.value == pytest.approx(-1.5)
    assert found.ratio.value == pytest.approx(5 / 8)


def test_one_value_or_equal_values_have_no_width() -> None:
    for values in ([2.0], [2.0, 2.0, 2.0]):
        found = mean_interval(np.array(values))
        assert found.low == found.value == found.high == 2.0


def test_equal_policies_do_not_differ() -> None:
    found = paired(scores(FIRST), scores(FIRST), "gain")
    assert (found.t_p, found.wilcoxon_p) == (1.0, 1.0)
    assert found.difference.value == 0.0
    assert found.ratio.value == pytest.approx(1.0)


def test_the_interval_of_a_ratio_holds_the_true_one() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for seed in range(40):
        second = random.exponential(10.0, 100)
        first = 0.7 * second * random.lognormal(-0.02, 0.2, 100)
        found = ratio_interval(first, second, seed)
        assert found.low < found.value < found.high
        assert found.value == pytest.approx(first.sum() / second.sum())
        assert found.high - found.low < 0.15
        hits += found.low <= 0.7 <= found.high
    assert hits >= 34


def test_a_ratio_is_the_same_for_the_same_seed() -> None:
    first, second = FIRST + 5, SECOND + 5
    assert ratio_interval(first, second, 1) == ratio_interval(first, second, 1)
    assert ratio_interval(first, second, 1) != ratio_interval(first, second, 2)


def test_a_ratio_to_nothing_is_unknown() -> None:
    found = ratio_interval(np.ones(3), np.zeros(3))
    assert all(math.isnan(value) for value in (found.value, found.low, found.high))


def test_trainings_are_compared_by_their_means() -> None:
    found = over_seeds({"a": scores([1, 2]), "b": scores([3, 4]), "c": scores([2, 3])}, "gain")
    assert found == mean_interval(np.array([1.5, 3.5, 2.5]))


def test_every_measure_is_one_of_a_score() -> None:
    for measure in MEASURES:
        assert column(scores([1, 2]), measure).shape == (2,)
