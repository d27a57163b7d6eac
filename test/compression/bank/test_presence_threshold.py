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

"""Choice of presence thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.presence_threshold import PresenceSamples, choose_threshold


def samples(empty: list[float], hands: list[float]) -> PresenceSamples:
    return PresenceSamples(np.array([empty], np.float32), np.array([hands], np.float32))


FEW_FALSE = [0.01] * 98 + [0.6, 0.7]
MANY_FALSE = [0.01] * 90 + [0.55, 0.6, 0.62, 0.65, 0.66, 0.7, 0.72, 0.74, 0.81, 0.95]
SURE = [0.97] * 100


def test_acceptance_is_that_of_the_worst_file() -> None:
    two = PresenceSamples(
        np.array([[0.1, 0.6], [0.1, 0.1]], np.float32), np.array([[0.9, 0.9], [0.9, 0.4]], np.float32)
    )
    assert (two.at(0.5).empty, two.at(0.5).hands, two.at(0.5).lost) == (50, 50, 50)
    assert (two.at(0.6).empty, two.at(0.7).empty) == (50, 0), "a presence at the threshold is accepted"


def test_where_0_5_keeps_both_limits_it_stays() -> None:
    assert choose_threshold(samples(FEW_FALSE, SURE), 2.0, 1.0) == 0.5
    assert choose_threshold(samples([0.01] * 10, SURE), 0.0, 0.0) == 0.5


@pytest.mark.parametrize(("empty_limit", "threshold"), [(2.0, 0.75), (1.0, 0.82), (0.0, 0.96)])
def test_it_rises_until_no_more_false_hands_are_taken_than_allowed(
    empty_limit: float, threshold: float
) -> None:
    assert choose_threshold(samples(MANY_FALSE, SURE), empty_limit, 1.0) == threshold


def test_it_rises_no_further_than_few_hands_are_lost() -> None:
    hands = [0.97] * 98 + [0.69, 0.79]
    assert choose_threshold(samples(MANY_FALSE, hands), 0.0, 1.0) == 0.75, "the first of the nearest"
    assert choose_threshold(samples(MANY_FALSE, hands), 0.0, 0.0) == 0.67
    assert choose_threshold(samples(MANY_FALSE, hands), 0.0, 2.0) == 0.96


def test_it_falls_where_0_5_loses_hands_and_false_ones_allow_it() -> None:
    hands = [0.97] * 95 + [0.33] * 5
    assert choose_threshold(samples([0.01] * 100, hands), 1.0, 1.0) == 0.33
    assert choose_threshold(samples([0.01] * 90 + [0.4] * 10, hands), 1.0, 1.0) == 0.5


def test_hands_that_0_5_loses_anyway_do_not_forbid_a_higher_one() -> None:
    hands = [0.97] * 95 + [0.1] * 5
    assert choose_threshold(samples(MANY_FALSE, hands), 1.0, 1.0) == 0.82
