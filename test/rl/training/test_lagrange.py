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

"""The weights follow the share of late frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.rl.training.lagrange import MultiplierOptions, MultiplierRule

OPTIONS = MultiplierOptions()
MANY, FEW = 5 * OPTIONS.target, 0.0


def test_begins_as_told() -> None:
    rule = MultiplierRule(MultiplierOptions(start=0.3))
    assert rule.weights.alpha == 0.3
    assert rule.settled.alpha == pytest.approx(0.3)


def test_late_frames_take_weight_from_accuracy() -> None:
    rule = MultiplierRule()
    alphas = [OPTIONS.start, *(rule.update(MANY).alpha for _ in range(200))]
    assert alphas[1] < alphas[0]
    assert alphas == sorted(alphas, reverse=True)
    assert alphas[-1] == pytest.approx(OPTIONS.alpha_low)
    assert rule.settled.alpha == pytest.approx(OPTIONS.alpha_low)


def test_frames_in_time_give_it_back_up_to_its_bound() -> None:
    rule = MultiplierRule()
    for _ in range(200):
        rule.update(MANY)
    alphas = [rule.update(FEW).alpha for _ in range(400)]
    assert alphas == sorted(alphas)
    assert alphas[-1] == pytest.approx(OPTIONS.alpha_high)


def test_on_target_nothing_moves() -> None:
    rule = MultiplierRule(MultiplierOptions(start=0.3))
    for _ in range(50):
        assert rule.update(OPTIONS.target).alpha == pytest.approx(0.3)


def test_a_rise_is_answered_before_it_lasts() -> None:
    steady, rising = (MultiplierRule(MultiplierOptions(start=0.3, smoothing=1.0)) for _ in range(2))
    steady.update(1.5 * OPTIONS.target)
    rising.update(OPTIONS.target)
    assert rising.update(1.5 * OPTIONS.target).alpha < steady.weights.alpha


@given(st.lists(st.floats(0, 1), max_size=50))
def test_weights_stay_within_their_bounds(shares) -> None:
    rule = MultiplierRule()
    for share in shares:
        rule.update(share)
        for weights in (rule.weights, rule.settled):
            assert OPTIONS.alpha_low - 1e-9 <= weights.alpha <= OPTIONS.alpha_high + 1e-9


@given(st.lists(st.floats(0, 0.1), max_size=10), st.lists(st.floats(0, 0.1), max_size=10))
def test_goes_on_from_its_state(before, after) -> None:
    rule, other = MultiplierRule(), MultiplierRule()
    for share in before:
        rule.update(share)
    other.restore(rule.state())
    assert other.weights == rule.weights
    assert [rule.update(share) for share in after] == [other.update(share) for share in after]
    assert other.settled == rule.settled
