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

"""The loss of palm detectors."""

import pytest
import torch

from hand_tracking_dsp.compression.distillation.palm_loss import PalmLoss


@pytest.fixture
def labels():
    """Two pictures of 100 anchors: a palm at anchor 3 of the first, none in the second."""
    scores = torch.full((2, 100), -12.0)
    scores[0, 3] = 12.0
    boxes = torch.rand(2, 4, 18, generator=torch.Generator().manual_seed(0)) * 40
    return {
        "scores": scores,
        "taught": torch.ones(2, 100),
        "anchors": torch.tensor([[3.0, 4, 5, 6], [0, 1, 2, 3]]),
        "boxes": boxes,
    }


def as_found(labels):
    boxes = torch.zeros(2, 100, 18)
    for number in range(2):
        boxes[number, labels["anchors"][number].long()] = labels["boxes"][number]
    return {"scores": labels["scores"][:, :, None].clone(), "boxes": boxes}


def test_a_perfect_student_loses_nothing(labels):
    assert PalmLoss()(as_found(labels), labels) == pytest.approx(0, abs=1e-3)


def test_a_missed_palm_a_false_one_and_a_moved_box_cost(labels):
    def loss(**changes):
        found = as_found(labels)
        for name, (place, value) in changes.items():
            found[name][place] = value
        return float(PalmLoss()(found, labels))

    nothing = loss()
    assert loss(scores=((0, 3, 0), -5.0)) > nothing + 1
    assert loss(scores=((1, 50, 0), 5.0)) > nothing + 0.01
    assert loss(boxes=((0, 3), 0.0)) > nothing + 0.1
    assert loss(boxes=((1, 0), 0.0)) == pytest.approx(nothing), "there is no palm whose box it could be"


def test_what_is_not_taught_does_not_count(labels):
    found = as_found(labels)
    found["scores"][1, 50] = 5.0
    labels["taught"][1, 50] = 0
    assert PalmLoss()(found, labels) == pytest.approx(0, abs=1e-3)
    assert PalmLoss().error(found, labels).tolist() == [0, 0]


def test_the_error_is_a_palm_missed_or_seen_where_none_is(labels):
    found = as_found(labels)
    assert PalmLoss().error(found, labels).tolist() == [0, 0]
    found["scores"][0, 3], found["scores"][0, 60], found["scores"][1, 50] = -1.0, 9.0, 1.0
    assert PalmLoss().error(found, labels).tolist() == [100, 100]
