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

"""The One-Euro filter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.types import Floats

RATE_HZ = 30.0


def run(values: Floats, min_cutoff_hz: float = 1.0, beta: float = 0.0, scale: float = 100.0) -> Floats:
    smoother = OneEuroFilter(min_cutoff_hz, beta)
    return np.stack([smoother.filter(value, i / RATE_HZ, scale) for i, value in enumerate(values)])


def test_the_first_value_passes_unchanged() -> None:
    first = np.array([[3.0, 4.0]], dtype=np.float32)
    np.testing.assert_array_equal(OneEuroFilter(1, 0).filter(first, 5.0, 1.0), first)


def test_a_constant_stays_constant() -> None:
    values = np.full((50, 21, 3), 7.5, dtype=np.float32)
    np.testing.assert_allclose(run(values), values)


def test_noise_at_rest_shrinks() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (300, 21, 3)).astype(np.float32)
    assert run(noise)[30:].std() < 0.5 * noise[30:].std()


def test_beta_shortens_the_lag_of_a_moving_hand() -> None:
    ramp = np.linspace(0, 1000, 60, dtype=np.float32).reshape(-1, 1, 1).repeat(3, axis=2)
    slow, fast = run(ramp, beta=0), run(ramp, beta=10)
    assert np.abs(fast[-1] - ramp[-1]).max() < 0.2 * np.abs(slow[-1] - ramp[-1]).max()


def test_the_result_does_not_depend_on_the_size_of_the_hand() -> None:
    values = np.random.default_rng(1).normal(0, 10, (40, 21, 3)).astype(np.float32)
    np.testing.assert_allclose(
        run(values * 4, beta=2, scale=400), run(values, beta=2) * 4, rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("stamp_s", [0.0, -1.0])
def test_a_stamp_that_is_not_later_starts_anew(stamp_s: float) -> None:
    smoother = OneEuroFilter(1, 0)
    smoother.filter(np.zeros((1, 3), dtype=np.float32), 0.0, 1.0)
    value = np.ones((1, 3), dtype=np.float32)
    np.testing.assert_array_equal(smoother.filter(value, stamp_s, 1.0), value)


def test_two_arrays_pass_one_filter_as_they_pass_two() -> None:
    near, far = np.random.default_rng(0).normal(size=(2, 20, 21, 3)).astype(np.float32).cumsum(axis=1)
    far *= np.float32(0.001)
    one, two, both = (OneEuroFilter(1.0, 8.0) for _ in range(3))
    scales = np.repeat(np.array([5.0, 0.005], np.float32), 21)[:, None]
    for step, values in enumerate(zip(near, far, strict=True)):
        together = both.filter(np.concatenate(values), step / 30, scales)
        np.testing.assert_allclose(together[:21], one.filter(values[0], step / 30, 5.0), rtol=1e-5)
        np.testing.assert_allclose(together[21:], two.filter(values[1], step / 30, 0.005), rtol=1e-5)


def test_a_step_is_that_of_the_paper() -> None:
    """Casiez et al., algorithm 1, for one joint that moves along one axis."""
    period_s, scale, cutoff_hz, beta = 0.04, 2.0, 1.5, 0.7
    found = OneEuroFilter(cutoff_hz, beta)
    value, speed = 1.0, 0.0

    def share(frequency_hz: float) -> float:
        return 1 / (1 + 1 / (2 * math.pi * frequency_hz * period_s))

    found.filter(np.array([[value, 0.0, 0.0]], np.float32), 0.0, scale)
    for step, new in enumerate((1.4, 2.5, 2.4, 0.3), 1):
        speed += share(1.0) * ((new - value) / (period_s * scale) - speed)
        value += share(cutoff_hz + beta * abs(speed)) * (new - value)
        smoothed = found.filter(np.array([[new, 0.0, 0.0]], np.float32), step * period_s, scale)
        assert smoothed[0, 0] == pytest.approx(value, rel=1e-5)


def test_what_was_returned_does_not_change_later() -> None:
    smoother = OneEuroFilter(1.0, 1.0)
    values = np.random.default_rng(0).normal(size=(4, 21, 3)).astype(np.float32)
    found = [smoother.filter(value, step / 30, 1.0) for step, value in enumerate(values)]
    kept = [one.copy() for one in found[:-1]]
    smoother.filter(values[0], 1.0, 1.0)
    for one, before in zip(found, kept, strict=False):
        assert np.array_equal(one, before)
