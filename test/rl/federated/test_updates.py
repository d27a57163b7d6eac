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

"""What clients send is checked, and bounded, before it is averaged."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.rl.federated.updates import (
    Arrays,
    GuardOptions,
    Update,
    bounded,
    length_of,
    reason_to_refuse,
    reasons_of_length,
)

GIVEN: Arrays = {"weight0": np.zeros((2, 3), np.float32), "bias0": np.ones(2, np.float32)}


def moved(by: float, examples: float = 10.0) -> Update:
    return Update({name: array + np.float32(by) for name, array in GIVEN.items()}, examples)


def test_a_sound_update_is_not_refused() -> None:
    assert not reason_to_refuse(moved(0.1), GIVEN)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused_by_their_name(value: float) -> None:
    update = moved(0.1)
    update.arrays["bias0"][0] = value
    assert "bias0" in reason_to_refuse(update, GIVEN)


@pytest.mark.parametrize("examples", [np.nan, np.inf, 0.0, -1.0])
def test_an_impossible_number_of_examples_is_refused(examples: float) -> None:
    assert "examples" in reason_to_refuse(moved(0.1, examples), GIVEN)


@pytest.mark.parametrize(
    "arrays",
    [
        {"weight0": GIVEN["weight0"]},
        {**GIVEN, "bias0": np.ones(3, np.float32)},
        {**GIVEN, "bias0": np.ones(2, np.float64)},
        {**GIVEN, "more": np.ones(2, np.float32)},
    ],
)
def test_weights_of_another_network_are_refused(arrays: Arrays) -> None:
    assert reason_to_refuse(Update(arrays, 10.0), GIVEN)


def test_a_huge_update_becomes_as_long_as_the_limit_and_the_others_stay() -> None:
    updates = [moved(0.1), moved(0.2), moved(0.2), moved(1e6)]
    found = bounded(updates, GIVEN, GuardOptions(longest=2.0))
    usual = length_of(updates[1].arrays, GIVEN)
    assert length_of(found[3].arrays, GIVEN) == pytest.approx(2 * usual, rel=1e-3)
    for one, before in zip(found[:3], updates, strict=False):
        np.testing.assert_allclose(one.arrays["bias0"], before.arrays["bias0"], rtol=1e-6)


def test_an_update_far_beyond_the_median_is_refused_and_one_beyond_the_limit_is_not() -> None:
    updates = {1: moved(0.1), 2: moved(0.2), 3: moved(0.2), 4: moved(1.0), 5: moved(1e6)}
    found = reasons_of_length(updates, GIVEN, GuardOptions(longest=2.0, refused=100.0))
    assert list(found) == [5]
    assert "more than 100 times as long as the median" in found[5]
    assert reasons_of_length({}, GIVEN, GuardOptions()) == {}


def test_of_two_clients_the_huge_one_is_not_its_own_measure() -> None:
    found = bounded([moved(0.1, 10), moved(1e6, 1e12)], GIVEN, GuardOptions(longest=2, most_examples=4))
    usual = length_of(moved(0.1).arrays, GIVEN)
    assert length_of(found[1].arrays, GIVEN) == pytest.approx(2 * usual, rel=1e-3)
    assert found[1].examples == 40


def test_a_client_cannot_count_for_all_the_others() -> None:
    updates = [moved(0.1, 100), moved(0.1, 100), moved(0.1, 1e12)]
    assert bounded(updates, GIVEN, GuardOptions(most_examples=4))[2].examples == 400


def test_the_largest_float_does_not_become_a_number_that_is_not_finite() -> None:
    found = bounded([moved(0.1), moved(0.1), moved(3e38)], GIVEN, GuardOptions())
    assert all(np.isfinite(array).all() for update in found for array in update.arrays.values())
