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

"""The reward at points that can be worked out by hand, and which way it moves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.rl.simulation.reward import (
    BATTERY_WEIGHT,
    IN_TIME,
    Weights,
    inference_time,
    reward,
)

shares = st.floats(0, 1)
alphas = shares.map(Weights)


def test_alpha_and_beta_are_one() -> None:
    assert Weights(0.3).beta == pytest.approx(0.7)
    assert Weights().alpha + Weights().beta == 1.0


def test_a_late_frame_counts_full_and_one_in_time_little() -> None:
    assert inference_time(np.array([0.0, 0.5, 1.0, 1.001, 7.0])) == pytest.approx(
        [0.0, 0.5 * IN_TIME, IN_TIME, 1.0, 1.0]
    )


def test_the_three_terms_are_summed_with_their_weights() -> None:
    gained = reward(Weights(0.25), 0.8, 0.1, 0.5, 0.4)
    assert float(gained) == pytest.approx(0.25 * 0.8 + 0.75 * 0.9 - BATTERY_WEIGHT * 0.6 * 0.5)


def test_nothing_lost_is_worth_one() -> None:
    assert float(reward(Weights(0.3), 1.0, 0.0, 5.0, 1.0)) == pytest.approx(1.0)


def test_on_mains_power_energy_costs_nothing() -> None:
    assert float(reward(Weights(), 1.0, 0.0, 3.0, math.nan)) == 1.0


def test_steps_are_computed_at_once() -> None:
    gained = reward(Weights(0.5), np.array([1.0, 0.0]), 0.0, 0.0, np.array([math.nan, 0.5]))
    assert gained == pytest.approx([1.0, 0.5])


@given(alphas, shares, shares, shares, shares)
def test_stays_between_its_bounds(weights, right, time, energy, charge) -> None:
    gained = float(reward(weights, right, time, energy, charge))
    assert -BATTERY_WEIGHT - 1e-12 <= gained <= 1.0 + 1e-12


@given(st.floats(0, 20), st.floats(0, 20))
def test_a_slower_frame_never_takes_less(one, other) -> None:
    few, many = inference_time(np.array([min(one, other), max(one, other)]))
    assert few <= many


@given(alphas, shares, shares, shares, st.tuples(shares, shares))
def test_an_empty_battery_makes_energy_dearer(weights, right, time, energy, charges) -> None:
    full, empty = (float(reward(weights, right, time, energy, f(charges))) for f in (max, min))
    assert empty <= full + 1e-12
    assert full <= float(reward(weights, right, time, energy, math.nan)) + 1e-12
