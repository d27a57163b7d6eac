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

"""Least squares from moments, and the order in which channels leave."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.pruning.reconstruction import RIDGES, Moments, best_ridge, eliminate, solve

RIDGE = 1e-9


def samples(count: int = 400, channels: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    hidden = (random.normal(0, 1, (count, channels)) @ random.normal(0, 1, (channels, channels))).astype(
        np.float32
    )
    matrix = np.random.default_rng(9).normal(0, 1, (channels, 5)).astype(np.float32)
    return hidden, hidden @ matrix + np.float32(3), matrix


def moments_of(hidden: np.ndarray, target: np.ndarray) -> Moments:
    moments = Moments.empty(hidden.shape[1], target.shape[1])
    for part in np.array_split(np.arange(len(hidden)), 3):
        moments.add(hidden[part], target[part])
    return moments


def test_finds_the_weights_that_made_the_target() -> None:
    hidden, target, matrix = samples()
    moments = moments_of(hidden, target)
    found, bias = solve(moments, matrix * 0, np.ones(12, dtype=bool), RIDGE)
    np.testing.assert_allclose(found, matrix, atol=1e-3)
    np.testing.assert_allclose(bias, 3, atol=1e-3)
    assert moments.error(found, bias).max() < 1e-4


def test_the_error_from_moments_is_the_error_of_the_samples() -> None:
    hidden, target, matrix = samples()
    wrong, bias = matrix + 0.1, np.full(5, 2.0)
    expected = np.square(target - hidden @ wrong - bias).mean(axis=0)
    np.testing.assert_allclose(moments_of(hidden, target).error(wrong, bias), expected, rtol=1e-3)


def test_moments_add_up() -> None:
    hidden, target, _ = samples()
    halves = moments_of(hidden[:200], target[:200]) + moments_of(hidden[200:], target[200:])
    whole = moments_of(hidden, target)
    np.testing.assert_allclose(halves.hh, whole.hh, rtol=1e-4)
    assert halves.count == whole.count


def test_a_channel_that_another_repeats_leaves_first() -> None:
    hidden, target, matrix = samples()
    hidden[:, 7] = hidden[:, 2]
    order, rises = eliminate(moments_of(hidden, target), matrix, np.ones(5), 1e-6)
    assert order[0] in {2, 7}
    assert rises[0] < 1e-2 * rises[1:].min()
    assert sorted(order) == list(range(12))


def test_the_rise_of_the_error_is_what_solving_again_finds() -> None:
    hidden, target, matrix = samples()
    moments, weights = moments_of(hidden, target), np.arange(1.0, 6.0)
    order, rises = eliminate(moments, matrix, weights, RIDGE)
    keep = np.ones(12, dtype=bool)
    before = 0.0
    for channel, rise in zip(order[:8], rises, strict=False):
        keep[channel] = False
        after = float(moments.error(*solve(moments, matrix, keep, RIDGE)) @ weights)
        assert rise == pytest.approx(after - before, rel=1e-2)
        before = after


def test_a_strong_ridge_stays_near_the_old_weights() -> None:
    hidden, target, matrix = samples()
    found, _ = solve(moments_of(hidden, target), matrix + 1, np.ones(12, dtype=bool), 1e6)
    np.testing.assert_allclose(found, matrix + 1, atol=1e-2)


def test_the_ridge_is_chosen_by_samples_held_back() -> None:
    # Fewer samples than channels, all noise but for the old weights: staying near them is best.
    hidden, target, matrix = samples(count=10)
    noise = np.random.default_rng(1).normal(0, 5, target.shape).astype(np.float32)
    check = moments_of(*samples(seed=2)[:2])
    keep, weights = np.ones(12, dtype=bool), np.ones(5)
    assert best_ridge(moments_of(hidden, target + noise), check, matrix, keep, weights) >= 1
    assert best_ridge(moments_of(*samples()[:2]), check, matrix * 0, keep, weights) == RIDGES[0]
