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
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.evaluation.measures.accuracy import accuracy, matched, procrustes
from hand_tracking_dsp.hand import Handedness


def measured(hands, truth):
    return accuracy(hands, truth, matched(hands, truth))


def test_the_true_hand_itself_has_no_error(open_hand, tracked, true):
    found = measured([tracked(open_hand)], [true(open_hand)])
    assert (found["error_px"], found["error_palm_percent"], found["found"]) == (0, 0, 1)
    assert [found[f"pck_{share}"] for share in ("005", "010", "020")] == pytest.approx([1, 1, 1])
    assert (found["true_boxes"], found["boxes"], found["boxes_hit"]) == (1, 1, 1)
    assert (found["true_sides"], found["sides_right"]) == (1, 1)


def test_a_shift_is_the_error_in_pixels_and_in_percent_of_a_palm_of_100_px(open_hand, tracked, true):
    shifted = open_hand + np.array([3.0, 4.0, 0.0], dtype=np.float32)
    found = measured([tracked(shifted)], [true(open_hand)])
    assert found["error_px"] == pytest.approx(5.0, abs=1e-4)
    assert found["error_palm_percent"] == pytest.approx(5.0, abs=1e-4)


def test_pck_counts_joints_within_shares_of_the_longer_side_of_the_box(open_hand, tracked, true):
    low, high = open_hand[:, :2].min(axis=0), open_hand[:, :2].max(axis=0)
    side = float((high - low).max())
    moved = open_hand.copy()
    moved[:7, 0] += 0.04 * side
    moved[7:14, 0] += 0.09 * side
    moved[14:, 0] += 0.3 * side
    found = measured([tracked(moved)], [true(open_hand)])
    shares = [found[f"pck_{share}"] for share in ("005", "010", "020")]
    assert shares == pytest.approx([7 / 21, 14 / 21, 14 / 21], abs=1e-6)


def test_joints_of_a_hand_that_was_not_found_are_not_met(open_hand, tracked, true):
    far = open_hand + np.array([400.0, 0.0, 0.0], dtype=np.float32)
    found = measured([tracked(open_hand)], [true(open_hand), true(far)])
    assert (found["true_hands"], found["found"]) == (2, 1)
    assert found["pck_020"] == pytest.approx(0.5)
    assert found["error_px"] == 0


def test_nothing_found_leaves_the_error_unknown_and_no_hand_in_view_leaves_pck_unknown(
    open_hand, tracked, true
):
    missed = measured([], [true(open_hand)])
    assert math.isnan(missed["error_px"])
    assert (missed["pck_005"], missed["true_boxes"], missed["boxes"]) == (0, 1, 0)
    wrong = measured([tracked(open_hand)], [])
    assert math.isnan(wrong["pck_005"])
    assert (wrong["true_hands"], wrong["boxes"], wrong["boxes_hit"]) == (0, 1, 0)


@given(
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    scale=st.floats(0.2, 5),
    shift=st.tuples(*[st.floats(-10, 10)] * 3),
)
def test_procrustes_undoes_any_similarity(angles, scale, shift):
    reference = np.random.default_rng(0).normal(size=(21, 3))
    moved = scale * reference @ rotation(*angles).T + np.array(shift)
    np.testing.assert_allclose(procrustes(moved, reference), reference, atol=1e-9)


def test_procrustes_does_not_mirror():
    reference = np.random.default_rng(0).normal(size=(21, 3))
    mirrored = reference * np.array([-1.0, 1.0, 1.0])
    assert np.abs(procrustes(mirrored, reference) - reference).max() > 0.1


def test_world_error_ignores_where_the_hand_is_and_aligned_error_also_its_turn_and_size(
    open_hand, tracked, true
):
    world = np.random.default_rng(1).normal(scale=0.05, size=(21, 3)).astype(np.float32)
    moved = measured([tracked(open_hand, world + 0.3)], [true(open_hand, world)])
    assert moved["world_mm"] == pytest.approx(0, abs=1e-3)
    turned = measured([tracked(open_hand, 1.2 * world @ rotation(0.3, 0.2, 0.1).T)], [true(open_hand, world)])
    assert turned["world_mm"] > 5
    assert turned["world_aligned_mm"] == pytest.approx(0, abs=1e-2)
    assert measured([tracked(open_hand, world)], [true(open_hand)])["true_worlds"] == 0


def test_a_box_drawn_by_a_person_is_met_with_the_skin_around_the_joints(open_hand, tracked, true):
    low, high = open_hand[:, :2].min(axis=0) - 20, open_hand[:, :2].max(axis=0) + 20
    box = (*low.tolist(), *high.tolist())
    found = accuracy([tracked(open_hand)], [true(box=box)], [])
    assert (found["true_boxes"], found["boxes"], found["boxes_hit"]) == (1, 1, 1)
    assert "error_px" not in found
    aside = (box[0] + 200, box[1], box[2] + 200, box[3])
    assert accuracy([tracked(open_hand)], [true(box=aside)], [])["boxes_hit"] == 0


def test_each_box_is_met_once(open_hand, tracked, true):
    found = measured([tracked(open_hand, track_id=1), tracked(open_hand + 1, track_id=2)], [true(open_hand)])
    assert (found["boxes"], found["boxes_hit"]) == (2, 1)


def test_a_wrong_side_is_counted_and_an_unknown_one_is_not(open_hand, tracked, true):
    hand = tracked(open_hand, side=Handedness.LEFT)
    assert measured([hand], [true(open_hand)])["sides_right"] == 0
    assert measured([hand], [true(open_hand, side=Handedness.UNKNOWN)])["true_sides"] == 0
