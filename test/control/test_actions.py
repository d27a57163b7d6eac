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

"""Actions and what each may do at a point."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.control.actions import Action, allowed_actions


def test_an_action_is_its_index_among_the_scores_and_a_step() -> None:
    assert [(action.value, action.step) for action in Action] == [(0, -1), (1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("point", "points", "allowed"),
    [
        (0, 3, {Action.KEEP, Action.SPARSER}),
        (1, 3, set(Action)),
        (2, 3, {Action.DENSER, Action.KEEP}),
        (0, 1, {Action.KEEP}),
    ],
)
def test_an_action_must_lead_to_a_loaded_level(point: int, points: int, allowed: set[Action]) -> None:
    mask = allowed_actions(point, points)
    assert mask.dtype == bool
    assert {action for action in Action if mask[action]} == allowed


def test_no_action_leads_to_a_point_denser_than_the_densest() -> None:
    assert allowed_actions(1, 3, densest=1).tolist() == [False, True, True]
    assert allowed_actions(0, 3, densest=1).tolist() == [False, False, True]
