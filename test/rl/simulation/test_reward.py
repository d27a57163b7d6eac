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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.rl.simulation.reward import JUDGED, inference_time, reward

shares = st.floats(0, 1)
alphas = shares.map(GoalWeights.without_energy)


def test_a_late_frame_counts_full_and_one_in_time_nothing() -> None:
    assert inference_time(np.array([0.0, 0.5, 1.0, 1.001, 7.0])) == pytest.approx([0, 0, 0, 1, 1])


def test_the_three_terms_are_summed_with_their_weights() -> None:
    gained = reward(GoalWeights(0.25, 0.75, 0.2), 0.8, 0.1, 0.5)
    assert float(gained) == pytest.approx(0.25 * 0.8 + 0.75 * 0.9 - 0.2 * 0.5)


def test_nothing_lost_is_worth_one() -> None:
    assert float(reward(JUDGED, 1.0, 0.0, 5.0)) == pytest.approx(1.0)


def test_policies_are_judged_by_late_frames_ten_times_as_much_as_by_wrong_hands() -> None:
    wrong, late = (1 - reward(JUDGED, accuracy, time) for accuracy, time in ((0.0, 0.0), (1.0, 1.0)))
    assert float(late) == pytest.approx(10 * float(wrong))


def test_steps_are_computed_at_once() -> None:
    gained = reward(GoalWeights(0.5, 0.5, 0.1), np.array([1.0, 0.0]), 0.0, np.array([0.0, 1.0]))
    assert gained == pytest.approx([1.0, 0.4])


@given(alphas, shares, shares)
def test_stays_between_its_bounds(weights, right, time) -> None:
    assert -1e-12 <= float(reward(weights, right, time)) <= 1.0 + 1e-12


@given(st.floats(0, 20), st.floats(0, 20))
def test_a_slower_frame_never_takes_less(one, other) -> None:
    few, many = inference_time(np.array([min(one, other), max(one, other)]))
    assert few <= many
