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

"""Geometry on a device is that of the tracker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.data.crops import cut, to_crop
from hand_tracking_dsp.compression.distillation.batch_geometry import (
    SIZE,
    Atlas,
    at_points,
    crop_grid,
    distance_to_segments,
    mirrored_points,
    moved_grid,
    moved_points,
    sampled,
    to_other_crop,
)
from hand_tracking_dsp.tracking.types import Region

REGIONS = [Region(120, 130, 150, 0.0), Region(110, 140, 90, 1.2), Region(60, 40, 200, -2.5)]


def as_tensor(regions):
    return torch.tensor([[r.x, r.y, r.size, r.rotation] for r in regions])


@pytest.fixture
def picture():
    coarse = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    return cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC)


def test_regions_are_cut_as_the_tracker_cuts_them(picture):
    found = Atlas([picture], "cpu").cut(torch.zeros(3, dtype=torch.int64), as_tensor(REGIONS))
    for one, region in zip(found, REGIONS, strict=True):
        expected = cut(picture, region)
        difference = np.abs(one.permute(1, 2, 0).numpy() * 255 - expected)
        assert difference.mean() < 1.0
        assert np.percentile(difference, 99) < 4


def test_mirrored_crops_and_points_fit(picture):
    numbers, regions = torch.zeros(1, dtype=torch.int64), as_tensor(REGIONS[:1])
    atlas = Atlas([picture], "cpu")
    plain, mirrored = (atlas.cut(numbers, regions, torch.tensor([flip])) for flip in (False, True))
    assert torch.equal(mirrored.flip(3), plain)
    points = torch.tensor([[[10.0, 20.0]]])
    (x, y) = mirrored_points(points)[0, 0].long().tolist()
    assert torch.equal(mirrored[0, :, y, x], plain[0, :, 20, 10])


def test_points_go_from_crop_to_crop_as_the_pictures_points_do():
    points = np.random.default_rng(1).uniform(0, 256, (21, 2)).astype(np.float32)
    first, second = (torch.from_numpy(to_crop(points, region))[None] for region in REGIONS[:2])
    found = to_other_crop(first, as_tensor(REGIONS[:1]), as_tensor(REGIONS[1:2]))
    assert torch.allclose(found, second, atol=1e-2)


def test_moved_points_lie_on_what_they_lay_on():
    image = torch.zeros(1, 1, SIZE, SIZE)
    image[0, 0, 90:95, 130:135] = 1
    turns, scales, shifts = torch.tensor([0.7]), torch.tensor([1.3]), torch.tensor([[12.0, -20.0]])
    moved = sampled(image, moved_grid(turns, scales, shifts))
    place = moved_points(torch.tensor([[[132.0, 92.0]]]), turns, scales, shifts)
    assert at_points(moved[:, 0], place).item() > 0.9
    assert at_points(image[:, 0], place).item() < 0.1


def test_a_smaller_input_is_the_crop_that_the_tracker_would_cut(picture):
    whole = torch.from_numpy(cut(picture, REGIONS[0])).permute(2, 0, 1)[None].float()
    smaller = sampled(whole, crop_grid(torch.tensor([[SIZE / 2, SIZE / 2, SIZE, 0.0]]), 160))
    region = REGIONS[0]
    expected = cv2.warpAffine(
        cut(picture, region), np.array([[224 / 160, 0, 0], [0, 224 / 160, 0]]), (160, 160), flags=17
    )
    assert np.abs(smaller[0].permute(1, 2, 0).numpy() - expected).mean() < 1


def test_distances_from_a_segment_are_those_from_its_nearest_point():
    found = distance_to_segments(torch.tensor([[10.0, 10.0]]), torch.tensor([[20.0, 10.0]]), 32)[0]
    assert found[10, 15] == 0
    assert found[14, 15] == pytest.approx(4)
    assert found[10, 26] == pytest.approx(6)
    assert found[13, 6] == pytest.approx(5)
