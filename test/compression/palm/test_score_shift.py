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

"""Tests of moving a palm detector's scores."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.palm.score_shift import (
    false_palm_shift,
    score_shift,
    with_shifted_scores,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture(scope="module")
def lite():
    """Return MediaPipe's lite palm network."""
    bank = read_manifest(original_bank())
    return read_model(bank, bank.detector("lite"))


def test_all_scores_move_and_the_boxes_stay(lite):
    image = np.random.default_rng(0).random((1, 3, 192, 192), np.float32)
    boxes, scores = open_exact(lite).run(image)
    moved_boxes, moved = open_exact(with_shifted_scores(lite, 0.75)).run(image)
    np.testing.assert_array_equal(moved_boxes, boxes)
    np.testing.assert_allclose(moved, scores + 0.75, atol=1e-4)


def test_as_many_hands_are_missed_as_palms_are_seen_where_none_is():
    hands, empty = np.linspace(-3, 5, 100), np.linspace(-7, 1, 100)
    shift = score_shift(hands, empty, 1.0)
    assert shift == pytest.approx(1.0, abs=0.1)
    assert ((hands + shift) < 0).mean() == pytest.approx(((empty + shift) > 0).mean(), abs=0.02)


def test_no_more_frames_without_a_hand_show_a_palm_than_with_the_other_detector():
    hands, empty = np.linspace(-3, 5, 100), np.linspace(-7, 1, 100)
    assert ((empty + score_shift(hands, empty, 0.05)) > 0).sum() == 5
    assert ((empty + score_shift(hands, empty, 0.0)) > 0).sum() == 0


def test_so_many_palms_are_seen_where_no_hand_is_as_are_allowed():
    empty = np.array([-np.inf, -2.0, 0.5, -0.3, -np.inf])
    for allowed in range(3):
        assert ((empty + false_palm_shift(empty, allowed)) > 0).sum() == allowed
    assert false_palm_shift(empty, 1) == pytest.approx(0.3, abs=0.01)
    assert false_palm_shift(empty, 3) == 0  # nothing says how sure it is of the next one
    assert false_palm_shift(empty, 5) == 0


def test_scores_of_another_network_cannot_be_moved(lite):
    other = copied(lite)
    for node in other.graph.node:
        node.output[:] = ["other" if name == "scores" else name for name in node.output]
    with pytest.raises(ModelError, match="do not come from convolutions"):
        with_shifted_scores(other, 1.0)
