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

"""Change in a part of the picture, on textures that are moved, lit and disturbed."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.tracking.change import Part, Thumbnail
from hand_tracking_dsp.tracking.types import Image

BOX = Part(100, 80, 228, 208)


@pytest.fixture(scope="module")
def texture() -> Image:
    few = np.random.default_rng(0).integers(40, 200, (24, 32, 3), dtype=np.uint8)
    return cv2.resize(few, (640, 480), interpolation=cv2.INTER_CUBIC)


def moved(image: Image, x: float, y: float = 0.0) -> Image:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float64)
    return cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)


def test_the_same_picture_has_not_moved(texture: Image) -> None:
    assert Thumbnail.of(texture, BOX).displacement(texture) == pytest.approx(0, abs=1e-3)


def test_the_further_something_moves_the_larger_the_displacement(texture: Image) -> None:
    thumbnail = Thumbnail.of(texture, BOX)
    found = [thumbnail.displacement(moved(texture, x)) for x in (1, 2, 4, 8)]
    assert found == sorted(found)
    assert 0.5 / 128 < found[0] < 4 / 128, "in shares of the box's side"
    assert found[3] > 4 / 128


def test_motion_in_one_corner_counts(texture: Image) -> None:
    later = texture.copy()
    later[80:112, 100:132] = moved(texture, 12, 12)[80:112, 100:132]
    assert Thumbnail.of(texture, BOX).displacement(later) > 0.06


def test_motion_outside_the_part_does_not_count(texture: Image) -> None:
    later = texture.copy()
    later[:, 260:] = moved(texture, 20)[:, 260:]
    assert Thumbnail.of(texture, BOX).displacement(later) < 1e-3


@pytest.mark.parametrize(("gain", "offset"), [(0.7, 0), (1.2, 0), (1.0, 30), (0.6, 40)])
def test_light_that_changes_is_not_motion(texture: Image, gain: float, offset: float) -> None:
    lit = np.clip(texture * gain + offset, 0, 255).astype(np.uint8)
    assert Thumbnail.of(texture, BOX).displacement(lit) < 0.03


def test_noise_is_hardly_motion_on_a_texture_or_on_none(texture: Image) -> None:
    random = np.random.default_rng(1)
    for image in (texture, np.full_like(texture, 90)):
        noisy = np.clip(image + random.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
        assert Thumbnail.of(image, BOX).displacement(noisy) < 0.06


def test_what_cannot_be_compared_has_moved_beyond_measure(texture: Image) -> None:
    thumbnail = Thumbnail.of(texture, BOX)
    assert thumbnail.displacement(texture[:240, :320]) == math.inf
    assert thumbnail.displacement(np.zeros_like(texture)) == math.inf


@pytest.mark.parametrize("box", [Part(-50, -50, 20, 20), Part(630, 470, 900, 900), Part(700, 500, 710, 510)])
def test_a_part_that_reaches_beyond_the_image_is_cut_there(texture: Image, box: Part) -> None:
    assert Thumbnail.of(texture, box).displacement(texture) == pytest.approx(0, abs=1e-3)


def test_both_orders_of_channels_are_the_same(texture: Image) -> None:
    turned = np.ascontiguousarray(texture[:, :, ::-1])
    assert Thumbnail.of(texture, BOX).displacement(turned) == pytest.approx(0, abs=1e-3)
