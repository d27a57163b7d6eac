"""Intervals and tests against scipy and published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hand_tracking_dsp.evaluation.statistics import holm, paired_p_values, percentile_interval


def test_the_interval_holds_the_middle_95_percent_of_the_resamples() -> None:
    found = percentile_interval(0.4, np.append(np.linspace(0, 1, 1001), math.nan))
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.025, 0.975))


def test_the_interval_of_a_small_sample_is_widened_to_hold_the_mean_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    held = {None: 0, 10: 0}
    for _ in range(600):
        sample = random.normal(size=10)
        means = sample[random.integers(0, 10, (500, 10))].mean(axis=1)
        for size in held:
            found = percentile_interval(float(sample.mean()), means, size)
            held[size] += found.low <= 0 <= found.high
    assert held[None] < 0.92 * 600
    assert 0.93 * 600 < held[10] < 0.97 * 600


def test_the_interval_of_a_large_sample_is_the_plain_one() -> None:
    resampled = np.random.default_rng(0).normal(size=2000)
    plain, large = (percentile_interval(0.0, resampled, size) for size in (None, 5000))
    assert (large.low, large.high) == pytest.approx((plain.low, plain.high), rel=0.01)


def test_without_resamples_there_is_no_interval() -> None:
    found = percentile_interval(0.4, np.array([math.nan]))
    assert found.value == 0.4
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_paired_tests_are_scipy_s() -> None:
    random = np.random.default_rng(0)
    one = random.normal(size=40)
    other = one + random.normal(0.3, 0.5, 40)
    t_p, wilcoxon_p = paired_p_values(one, other)
    assert t_p == pytest.approx(float(stats.ttest_rel(one, other).pvalue))
    assert wilcoxon_p == pytest.approx(float(stats.wilcoxon(one, other).pvalue))


def test_what_is_equal_has_p_1_and_what_is_single_has_none() -> None:
    assert paired_p_values(np.ones(5), np.ones(5)) == (1.0, 1.0)
    assert all(math.isnan(p) for p in paired_p_values(np.ones(1), np.zeros(1)))
    assert paired_p_values(np.ones(5), np.zeros(5))[0] == 0.0, "all pairs differ by the same"


def test_holm_s_correction_is_that_of_a_worked_example() -> None:
    # Four tests at 0.05: S. Holm's procedure rejects the first and the last alone.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=20))
def test_holm_never_lowers_a_p_value_nor_changes_their_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    known = [(p, c) for p, c in zip(p_values, corrected, strict=True) if not math.isnan(p)]
    assert len(known) == sum(not math.isnan(c) for c in corrected)
    assert all(p <= c <= 1 for p, c in known)
    ordered = [c for _, c in sorted(known)]
    assert ordered == sorted(ordered)
