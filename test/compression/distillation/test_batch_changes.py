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

"""Changes of crops: what a camera does to them, and never where the hand is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.distillation.batch_changes import (
    ChangeShares,
    Draw,
    change_all,
    jpeg,
    moved_blur,
)

NAMES = tuple(name for name in ChangeShares.__dataclass_fields__ if name != "extent")
NONE = dict.fromkeys(NAMES, 0.0)


@pytest.fixture
def images():
    coarse = torch.rand(4, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, size=(224, 224), mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_each_change_changes_crops_within_their_range(images, name):
    changed = change_all(images, ChangeShares(**{**NONE, name: 3.0}), Draw(1, "cpu"))
    assert changed.shape == images.shape
    assert changed.isfinite().all()
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert (changed - images).abs().mean() > 1e-3


@pytest.mark.parametrize("name", ["small", "motion", "blur"])
def test_blurs_reach_less_far_where_hands_are_small_in_the_image(images, name):
    far, near = (
        change_all(images, ChangeShares(**{**NONE, name: 3.0}, extent=extent), Draw(1, "cpu"))
        for extent in (1.0, 0.25)
    )
    assert (near - images).abs().mean() < 0.6 * (far - images).abs().mean()


def test_without_changes_crops_stay_as_they_are(images):
    assert torch.equal(change_all(images, ChangeShares(**NONE), Draw(1, "cpu")), images)


def test_the_same_seed_changes_alike_and_another_does_not(images):
    first, second, other = (change_all(images, ChangeShares(), Draw(seed, "cpu")) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_blurred_motion_has_its_middle_where_the_hand_was():
    image = torch.zeros(16, 1, 224, 224)
    image[:, :, 110:114, 110:114] = 1
    blurred = moved_blur(image.expand(-1, 3, -1, -1), Draw(3, "cpu"))[:, 0]
    steps = torch.arange(224.0)
    total = blurred.sum((1, 2))
    across = (blurred.sum(1) * steps).sum(1) / total
    down = (blurred.sum(2) * steps).sum(1) / total
    assert (across - 111.5).abs().max() < 2
    assert (down - 111.5).abs().max() < 2
    assert (blurred.amax((1, 2)) < 0.7).float().mean() > 0.5


def test_jpeg_is_as_far_from_the_picture_as_a_real_one(images):
    class Fixed(Draw):
        def uniform(self, _low, _high, *shape):
            return torch.full(shape, 30.0)

    found = jpeg(images, Fixed(0, "cpu"))
    picture = (images[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 30])
    real = cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]
    ours = found[0].permute(1, 2, 0).numpy() * 255
    distance = np.abs(real.astype(float) - picture).mean()
    assert np.abs(ours - picture).mean() == pytest.approx(distance, rel=0.35)
    assert np.abs(ours - real).mean() < distance
