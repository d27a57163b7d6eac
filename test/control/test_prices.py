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

"""Prices that rise while a goal is missed, and fall while it is kept."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.control.prices import EnergyPrice, LatePrice, weights_of

RATE_HZ = 30


def lateness(
    price: LatePrice, seconds: int, share: float, begin_s: float = 0.0, unavoidable: float = 0.0
) -> float:
    """Let a share of all frames be late for so long, one of them at every point; return the price then."""
    late, frames, of_all = price._counted.tolist()
    for step in range(seconds * 10):
        frames += RATE_HZ // 10
        late += share * RATE_HZ / 10
        of_all += unavoidable * RATE_HZ / 10
        price.add(begin_s + step / 10, int(late), frames, 0.01, int(of_all))
    return price.value


def test_late_frames_cost_more_the_longer_too_many_are() -> None:
    price = LatePrice()
    first = price.value
    later = lateness(price, 20, 0.05)
    assert first < later < lateness(price, 20, 0.05, 20.0)
    assert lateness(price, 600, 0.05, 40.0) == 100, "but not for ever"


def test_they_cost_less_while_fewer_are_late_than_accepted() -> None:
    price = LatePrice()
    first = price.value
    assert lateness(price, 60, 0.0) < first
    assert lateness(price, 1200, 0.0, 60.0) == 1, "but never nothing"


def test_as_many_late_frames_as_are_accepted_leave_the_price() -> None:
    price = LatePrice()
    assert lateness(price, 300, 0.01) == pytest.approx(10, rel=0.2)


def test_late_frames_that_no_point_avoids_raise_no_price() -> None:
    price = LatePrice()
    assert lateness(price, 60, 0.05, unavoidable=0.05) < 10
    assert price.accepted == pytest.approx(1.1 * 0.05, rel=0.1)
    assert lateness(LatePrice(), 60, 0.1, unavoidable=0.05) > 10


def drain(
    price: EnergyPrice, seconds: int, charge: float, rate: float, until_s: float, begin_s: float = 0.0
) -> float:
    """Drain a battery at so much a second; return the charge then."""
    for step in range(seconds):
        charge -= rate
        price.add(begin_s + step, charge, 0.15, until_s - begin_s - step)
    return charge


def test_energy_is_free_while_the_battery_lasts_long_enough() -> None:
    price = EnergyPrice()
    drain(price, 600, 0.9, 0.5 * 0.75 / 3600, 3600)
    assert price.value == 0


def test_energy_costs_something_once_the_battery_would_end_early_and_nothing_when_it_would_not() -> None:
    price = EnergyPrice()
    allowed = 0.75 / 3600
    charge = drain(price, 900, 0.9, 1.5 * allowed, 3600)
    dear = price.value
    assert dear > 0.02
    drain(price, 900, charge, 0.1 * allowed, 3600, 900.0)
    assert price.value < dear


@pytest.mark.parametrize(("charge", "left_s"), [(math.nan, 3600.0), (0.5, 0.0)])
def test_on_mains_power_or_without_a_goal_energy_is_free_at_once(charge: float, left_s: float) -> None:
    price = EnergyPrice()
    drain(price, 900, 0.9, 0.0005, 3600)
    assert price.value > 0
    price.add(901.0, charge, 0.15, left_s)
    assert price.value == 0


def test_a_gauge_in_steps_of_a_percent_says_how_fast_it_falls() -> None:
    price = EnergyPrice()
    for second in range(1800):
        charge = math.floor(100 * (0.9 - second * 1.3 * 0.75 / 3600)) / 100
        price.add(float(second), charge, 0.15, 3600.0 - second)
    assert price.value > 0.01


def test_a_battery_below_its_reserve_is_no_division_by_zero() -> None:
    price = EnergyPrice()
    drain(price, 60, 0.16, 0.001, 3600)
    assert 0 < price.value <= 10


def test_the_weights_of_accuracy_and_time_sum_up_to_one() -> None:
    weights = weights_of(4.0, 0.5)
    assert (weights.alpha, weights.beta, weights.gamma) == pytest.approx((0.2, 0.8, 0.1))
