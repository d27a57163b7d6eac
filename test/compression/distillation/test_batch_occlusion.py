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

"""Covers of hands: they hide something, never most of the hand, and never a hand that is not there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_geometry import at_points
from hand_tracking_dsp.compression.distillation.batch_occlusion import (
    HandBatch,
    OcclusionShares,
    hand_masks,
    occlude_all,
)

NAMES = tuple(OcclusionShares.__dataclass_fields__)
OPEN = np.array(
    [
        [112, 190], [85, 175], [65, 155], [50, 138], [38, 122], [92, 120], [86, 90], [83, 70], [80, 52],
        [112, 115], [112, 82], [112, 60], [112, 42], [130, 120], [134, 90], [136, 70], [138, 52], [146, 130],
        [154, 108], [158, 94], [162, 80],
    ],
    np.float32,
)  # fmt: skip


@pytest.fixture
def batch():
    points = torch.from_numpy(OPEN).expand(24, -1, -1).clone()
    return HandBatch(torch.full((24, 3, 224, 224), 0.5), points, torch.arange(24) % 3 > 0)


@pytest.fixture
def textures():
    return torch.rand(8, 3, 224, 224, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", NAMES)
def test_each_cover_changes_a_part_of_most_crops(batch, textures, name):
    if name == "second_hand":
        batch.images[::2] = 0.9
    shares = OcclusionShares(**{**dict.fromkeys(NAMES, 0.0), name: 1.0})
    covered = occlude_all(batch, textures, shares, Draw(2, "cpu"))
    changed = ((covered - batch.images).abs().amax(1) > 0.02).float().mean((1, 2))
    assert covered.isfinite().all()
    assert (changed[batch.hand] > 0.003).float().mean() > 0.3
    if name in ("background", "second_hand"):
        assert changed[~batch.hand].max() == 0


@pytest.mark.parametrize("name", ["held", "things", "sleeve"])
def test_no_cover_hides_most_joints(batch, textures, name):
    shares = OcclusionShares(**{**dict.fromkeys(NAMES, 0.0), name: 1.0})
    for seed in range(6):
        covered = occlude_all(batch, textures, shares, Draw(seed, "cpu"))
        changed = ((covered - batch.images).abs().amax(1) > 0.15).float()
        assert at_points(changed, batch.points).mean(1).max() < 0.7


def test_the_outline_of_a_hand_has_its_joints_and_forearm_in_it(batch):
    mask = hand_masks(batch.points[:1], torch.tensor([0.18]))
    assert at_points(mask, batch.points[:1]).min() > 0.7
    assert mask[0, 215, 112] > 0.9
    assert mask[0, 10, 10] < 0.01
    assert 0.1 < mask.mean() < 0.6
