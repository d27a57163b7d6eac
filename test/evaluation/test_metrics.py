from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.evaluation.metrics import (
    match_hands,
    median_ratio,
    percentile,
)
from hand_tracking_dsp.hand import Joint


def _hand(x: float = 0.0, y: float = 0.0, palm: float = 100.0) -> np.ndarray:
    """A hand whose middle MCP lies `palm` above its wrist at (x, y)."""
    points = np.random.default_rng(1).uniform(-palm, palm, (21, 3)).astype(np.float32)
    points[Joint.WRIST, :2] = 0, 0
    points[Joint.MIDDLE_MCP, :2] = 0, -palm
    return points + np.array([x, y, 0], dtype=np.float32)


def test_each_hand_is_matched_once_and_the_nearest_pair_first() -> None:
    references = [_hand(0), _hand(60)]
    assert match_hands([_hand(58), _hand(50)], references) == [(1, 0), (0, 1)]


def test_hands_too_far_apart_are_not_matched() -> None:
    assert match_hands([_hand(101)], [_hand()]) == []
    assert match_hands([_hand(99)], [_hand()]) == [(0, 0)]


@given(st.permutations(range(4)))
def test_matching_does_not_depend_on_the_order_of_the_hands(order: list[int]) -> None:
    references = [_hand(300 * i) for i in range(4)]
    hands = [_hand(300 * i + 5) for i in order]
    assert [(order[i], j) for i, j in match_hands(hands, references)] == [(i, i) for i in range(4)]


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
        ratio = median_ratio(list(times), list(reference), resamples=300)
        held += ratio.low < true_ratio < ratio.high
    assert held >= 52


@pytest.mark.parametrize(("a", "b"), [([], []), ([1.0], [1.0, 2.0])])
def test_series_of_different_length_are_refused(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="same length"):
        median_ratio(a, b)
