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

import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.evaluation.matching import match_hands, match_in_space
from hand_tracking_dsp.hand import Handedness, Joint


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


def _placed(x_m: float = 0.0, z_m: float = 0.5) -> Hand3d:
    joints = _hand(0, 0, 0.09) + np.array([x_m, 0, 0], np.float32)
    joints[:, 2] = 0.5
    states = np.full(21, JointState.MEASURED, np.uint8)
    return Hand3d(
        1, Handedness.RIGHT, 0.9, 0.9, joints * np.float32(z_m / 0.5), states, np.zeros(21, np.float32)
    )


def test_hands_in_space_are_matched_by_their_rays_and_by_the_joints_that_both_know() -> None:
    references = [_placed(0.3), _placed(-0.3)]
    assert match_in_space([_placed(-0.29, 0.9), _placed(0.31, 0.3)], references) == [(1, 0), (0, 1)]
    partly = _placed(0.3)
    partly.joints_m[:12] = np.nan
    assert match_in_space([partly], references) == [(0, 0)]


def test_what_lies_not_before_the_camera_is_no_hand_and_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for z_m in (0.0, -0.5):
            assert match_in_space([_placed(0.0, z_m)], [_placed()]) == []
            assert match_in_space([_placed()], [_placed(0.0, z_m)]) == []
