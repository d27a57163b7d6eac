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

"""Percentiles, intervals, resampling and tests against scipy and published examples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.statistics import (
    Resampling,
    area_under_curve,
    holm,
    mcnemar,
    mean_interval,
    median_ratio,
    paired_p_values,
    percentile,
    percentile_interval,
    ratio_interval,
)

# Student's own sample: hours of sleep gained by two drugs (Biometrika, 1908).
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


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


def test_mcnemar_s_test_is_a_sign_test_on_what_only_one_got_right() -> None:
    one = np.array([True] * 20)
    other = np.array([True] * 12 + [False] * 8)
    # Eight of eight discordant pairs on one side: 2 / 2^8.
    assert mcnemar(one, other) == pytest.approx(2 / 256)
    assert mcnemar(one, one) == 1.0


def test_the_interval_of_a_mean_is_student_s() -> None:
    found = mean_interval(SECOND - FIRST)
    assert found.value == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001, 2.4599), abs=1e-3)


def test_one_value_or_equal_values_have_no_width() -> None:
    for values in ([2.0], [2.0, 2.0, 2.0]):
        found = mean_interval(np.array(values))
        assert found.low == found.value == found.high == 2.0


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


def test_blocks_are_seconds_of_each_recording(made_run: Callable[..., Frames]) -> None:
    frames = joined([made_run(bag=bag, seconds=3) for bag in ("first", "second")])
    blocks, count = Resampling(block_s=1.0).blocks(frames["bag"], frames["stamp_s"])
    assert count == 6
    assert np.bincount(blocks).tolist() == [15] * 6
    assert blocks.tolist() == sorted(blocks)
    assert Resampling(block_s=2.0).blocks(frames["bag"], frames["stamp_s"])[1] == 4


def test_a_gap_in_a_recording_is_no_block(made_run: Callable[..., Frames]) -> None:
    frames = made_run(seconds=6)
    kept = frames.take((frames["stamp_s"] < 1) | (frames["stamp_s"] >= 5))
    assert Resampling().blocks(kept["bag"], kept["stamp_s"])[1] == 2


@pytest.mark.parametrize("count", [1, 7, 3000, 50_000])
def test_every_draw_has_as_many_blocks_as_there_are(count: int) -> None:
    parts = list(Resampling(repetitions=150, seed=3).draws(count))
    assert all(part.size <= 4_000_000 for part in parts)
    draws = np.concatenate(parts)
    assert draws.shape == (150, count)
    assert (draws.sum(axis=1) == count).all()
    assert draws.mean() == pytest.approx(1)


def test_percentile_leaves_out_nan_and_says_nan_for_nothing() -> None:
    assert percentile([1.0, math.nan, 3.0], 50) == 2.0
    assert math.isnan(percentile([], 50))
    assert math.isnan(percentile([math.nan], 99))


def test_ratio_of_series_in_step_is_exact_and_its_interval_holds_it() -> None:
    reference = np.random.default_rng(0).uniform(10, 20, 200)
    ratio = median_ratio(list(reference * 0.5), list(reference))
    assert ratio.value == pytest.approx(0.5)
    assert ratio.low == pytest.approx(0.5)
    assert ratio.high == pytest.approx(0.5)


def test_interval_of_noisy_series_holds_the_true_ratio_about_19_times_in_20() -> None:
    true_ratio = (7 + math.log(2)) / (10 + math.log(2))
    held = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        times, reference = 7 + random.exponential(1, 100), 10 + random.exponential(1, 100)
        ratio = median_ratio(list(times), list(reference))
        held += ratio.low < true_ratio < ratio.high
    assert held >= 52


@pytest.mark.parametrize(("a", "b"), [([], []), ([1.0], [1.0, 2.0])])
def test_series_of_different_length_are_refused(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="same length"):
        median_ratio(a, b)


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order() -> None:
    scores = np.array([1.0, 2.0, 3.0, 3.0], np.float32)
    assert area_under_curve(scores, np.array([False, False, True, True])) == 1.0
    assert area_under_curve(scores, np.array([True, True, False, False])) == 0.0
    assert area_under_curve(scores, np.array([False, True, False, True])) == 0.625, "a tie counts half"
    assert math.isnan(area_under_curve(scores, np.zeros(4, bool)))
    assert math.isnan(area_under_curve(scores, np.ones(4, bool)))


def test_the_area_under_the_curve_is_that_of_the_rank_sum() -> None:
    random = np.random.default_rng(0)
    scores, positive = random.integers(0, 9, 200).astype(np.float32), random.random(200) < 0.3
    expected = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    pairs = positive.sum() * (~positive).sum()
    assert area_under_curve(scores, positive) == pytest.approx(expected / pairs)
