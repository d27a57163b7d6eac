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

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.evaluation.matching import match_hands
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
