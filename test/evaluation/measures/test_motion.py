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

import math

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.measures.accuracy import matched
from hand_tracking_dsp.evaluation.measures.motion import Reacquisition, RestJitter

FRAME_S = 1 / 30


def played(positions, open_hand, tracked, true=None, stamps=None):
    """Give what RestJitter says of a hand moved in x, and of its true positions if they are given."""
    jitter = RestJitter()
    found = []
    for number, x in enumerate(positions):
        hand = tracked(open_hand + np.array([x, 0, 0], dtype=np.float32))
        pairs = None
        if true is not None:
            reference = true(open_hand + np.array([0.0, 0, 0], dtype=np.float32))
            pairs = matched([hand], [reference])
        found.append(jitter.update(stamps[number] if stamps else number * FRAME_S, [hand], pairs))
    return found


def test_a_hand_that_flickers_by_a_pixel_at_rest_has_a_second_difference_of_four_half_pixels(
    open_hand, tracked
):
    found = played([0.5 * (-1) ** n for n in range(30)], open_hand, tracked)
    assert found[-1]["resting"] == 1
    assert found[-1]["jitter_px"] == pytest.approx(2.0, abs=1e-3)
    assert found[-1]["jitter_palm_percent"] == pytest.approx(2.0, abs=1e-3)


def test_a_hand_at_rest_without_noise_has_no_jitter_and_one_that_moves_is_not_judged(open_hand, tracked):
    assert played([0.0] * 30, open_hand, tracked)[-1]["jitter_px"] == 0
    moving = played([2.0 * n for n in range(30)], open_hand, tracked)
    assert all(frame == {"resting": 0} for frame in moving)


def test_half_a_second_of_rest_is_needed(open_hand, tracked):
    found = played([0.0] * 20, open_hand, tracked)
    assert [frame["resting"] for frame in found].index(1) == 15


def test_where_truth_is_known_it_tells_whether_the_hand_rests(open_hand, tracked, true):
    noisy = np.random.default_rng(0).normal(scale=6.0, size=40)
    assert played(noisy, open_hand, tracked)[-1]["resting"] == 0
    assert played(noisy, open_hand, tracked, true)[-1]["resting"] == 1


def test_frames_around_a_gap_and_before_a_jump_back_are_no_neighbours(open_hand, tracked):
    stamps = [n * FRAME_S for n in range(30)] + [30 * FRAME_S + 0.5]
    assert played([0.0] * 31, open_hand, tracked, stamps=stamps)[-1]["resting"] == 0
    stamps = [n * FRAME_S for n in range(30)] + [0.0]
    assert played([0.0] * 31, open_hand, tracked, stamps=stamps)[-1]["resting"] == 0


def reacquired(frames):
    measure = Reacquisition()
    return [measure.update(number * 0.1, *frame) for number, frame in enumerate(frames)]


def test_a_hand_found_at_once_counts_as_zero_and_staying_in_view_as_nothing():
    found = reacquired([(0, 0), (1, 1), (1, 1)])
    assert math.isnan(found[0])
    assert found[1] == 0
    assert math.isnan(found[2])


def test_a_lost_hand_counts_from_its_loss_to_its_return():
    found = reacquired([(1, 1), (1, 0), (1, 0), (1, 0), (1, 1)])
    assert found[4] == pytest.approx(0.3)
    assert all(math.isnan(value) for value in found[1:4])


def test_with_two_hands_it_ends_when_both_are_tracked():
    found = reacquired([(2, 1), (2, 1), (2, 2)])
    assert found[2] == pytest.approx(0.2)


def test_a_hand_that_leaves_unfound_does_not_count():
    found = reacquired([(1, 0), (1, 0), (0, 0), (1, 1)])
    assert found[3] == 0
    assert all(math.isnan(value) for value in found[:3])


def test_unknown_truth_is_passed_over():
    assert math.isnan(reacquired([(math.nan, math.nan)])[0])
