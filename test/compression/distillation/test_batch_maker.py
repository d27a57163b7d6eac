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

"""Batches: their shares of hands and empty crops, and labels that stay with their crops."""

from __future__ import annotations

import pytest
import torch

from hand_tracking_dsp.compression.distillation.batch_changes import ChangeShares, Draw
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, BatchOptions
from hand_tracking_dsp.compression.distillation.batch_occlusion import OcclusionShares
from hand_tracking_dsp.compression.distillation.clean_crops import CleanCrops

NEVER = ChangeShares(**dict.fromkeys(ChangeShares.__dataclass_fields__, 0.0))
UNCOVERED = OcclusionShares(**dict.fromkeys(OcclusionShares.__dataclass_fields__, 0.0))


def crops(count, grey, presence):
    """Crops of one grey, whose labels name it."""
    return CleanCrops(
        torch.full((count, 3, 224, 224), grey, dtype=torch.uint8),
        {
            "landmarks": torch.rand(count, 63) * 200,
            "presence": torch.full((count,), presence),
            "grey": torch.full((count,), grey / 255),
        },
    )


def test_shares_are_kept_and_labels_stay_with_their_crops():
    options = BatchOptions(size=40, real=0.5, rendered=0.15, changes=NEVER, occlusion=UNCOVERED)
    maker = BatchMaker(crops(9, 10, 1.0), crops(5, 100, 1.0), crops(7, 200, 0.0), options)
    images, labels = maker.make(Draw(0, "cpu"))
    assert torch.allclose(images.mean((1, 2, 3)), labels["grey"])
    counts = [(labels["grey"] == value / 255).sum().item() for value in (10, 100, 200)]
    assert counts == [20, 6, 14]
    assert not torch.equal(labels["presence"], labels["presence"].sort().values), "kinds are mixed"


def test_without_rendered_hands_real_ones_take_their_place():
    options = BatchOptions(size=20, real=0.5, rendered=0.15, changes=NEVER, occlusion=UNCOVERED)
    _, labels = BatchMaker(crops(9, 10, 1.0), None, crops(7, 200, 0.0), options).make(Draw(0, "cpu"))
    assert (labels["presence"] > 0.5).sum() == 13


@pytest.mark.parametrize("before", [None, crops(5, 100, 1.0)])
def test_other_rendered_hands_are_taken_from_then_on(before):
    options = BatchOptions(size=20, real=0.5, rendered=0.2, changes=NEVER, occlusion=UNCOVERED)
    maker = BatchMaker(crops(9, 10, 1.0), before, crops(7, 200, 0.0), options)
    maker.rendered = crops(5, 120, 1.0)
    _, labels = maker.make(Draw(0, "cpu"))
    assert (labels["grey"] == 120 / 255).sum() == 4


def test_a_share_of_the_crops_is_shown_as_it_is():
    dark = ChangeShares(**{**dict.fromkeys(ChangeShares.__dataclass_fields__, 0.0), "dark": 1.0})
    options = BatchOptions(size=60, clean=0.5, changes=dark, occlusion=UNCOVERED)
    maker = BatchMaker(crops(9, 150, 1.0), None, crops(7, 200, 0.0), options)
    images, labels = maker.make(Draw(0, "cpu"))
    same = (images.mean((1, 2, 3)) - labels["grey"]).abs() < 1e-4
    assert 0.25 < same.float().mean().item() < 0.75


class Teacher:
    """Names the crops that it is shown, and sees a hand in those that are not black."""

    def label(self, images):
        grey = images.mean((1, 2, 3))
        return {
            "landmarks": grey[:, None].expand(-1, 63),
            "presence": 0.9 * (grey > 0).float(),
            "grey": grey,
        }


@pytest.mark.parametrize("as_seen", [0.0, 0.5, 1.0])
def test_a_share_of_the_hands_is_labelled_as_they_are_seen(as_seen):
    black = ChangeShares(**{**dict.fromkeys(ChangeShares.__dataclass_fields__, 0.0), "dark": 1.0})
    options = BatchOptions(size=60, clean=0.0, as_seen=as_seen, changes=black, occlusion=UNCOVERED)
    hands = crops(9, 150, 1.0)
    hands.labels["weight"] = torch.full((9,), 0.25)
    empty = crops(7, 200, 0.0)
    empty.labels["weight"] = torch.zeros(7)
    images, labels = BatchMaker(hands, None, empty, options, Teacher()).make(Draw(0, "cpu"))
    hand = labels["weight"] > 0
    seen = labels["weight"] == 1
    assert seen.sum() == pytest.approx(as_seen * 39, abs=8)
    assert hand.sum() == 39
    shown = images.mean((1, 2, 3))
    assert torch.allclose(labels["landmarks"][seen, 0], shown[seen])
    assert torch.allclose(labels["grey"][hand & ~seen], torch.tensor(150 / 255))
    assert (labels["presence"][~hand] == 0).all(), "what shows no hand is never one"


def test_a_hand_that_the_dense_network_does_not_see_any_more_keeps_its_label():
    options = BatchOptions(size=60, as_seen=1.0, changes=NEVER, occlusion=UNCOVERED)
    hands, empty = crops(9, 0, 1.0), crops(7, 200, 0.0)
    for some in (hands, empty):
        some.labels["weight"] = some.labels["presence"] / 4
    _, labels = BatchMaker(hands, None, empty, options, Teacher()).make(Draw(0, "cpu"))
    assert labels["weight"].max() == 0.25


@pytest.mark.parametrize("size", [1, 7, 64])
def test_any_size_is_filled(size):
    options = BatchOptions(size=size)
    maker = BatchMaker(crops(3, 150, 1.0), crops(3, 100, 1.0), crops(3, 200, 0.0), options)
    assert len(maker.make(Draw(0, "cpu"))[0]) == size
