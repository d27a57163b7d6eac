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

"""Variation of hand pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.compression.data import augment
from hand_tracking_dsp.compression.data.augment import (
    Augmentation,
    before_background,
    changed,
    jittered,
    occluded,
)
from hand_tracking_dsp.compression.data.crops import SIZE, to_crop
from hand_tracking_dsp.tracking.types import Image, Region

SEEDS = range(20)
REGION = Region(100.0, 80.0, 50.0, 0.3)


@pytest.fixture(scope="module")
def patch() -> Image:
    """Smooth colours, brighter to the right."""
    ramp = np.linspace(40, 210, SIZE)
    image = np.stack(np.broadcast_arrays(ramp[None], ramp[::-1, None], ramp[None, ::-1]), axis=2)
    return np.ascontiguousarray(image.astype(np.uint8))


def test_a_region_never_leaves_the_hand_too_far() -> None:
    random = np.random.default_rng(0)
    wild = Augmentation(shift=5.0, scale=5.0, turn_deg=10.0, far_turn=0.5)
    for _ in range(300):
        moved = jittered(REGION, wild, random)
        assert abs(moved.x - REGION.x) <= 0.2 * REGION.size + 1e-9
        assert abs(moved.y - REGION.y) <= 0.2 * REGION.size + 1e-9
        assert 1 / 1.6 - 1e-9 <= moved.size / REGION.size <= 1.6 + 1e-9


def test_far_turns_go_to_60_degrees_and_no_further() -> None:
    random = np.random.default_rng(0)
    turns = [
        math.degrees(jittered(REGION, Augmentation(far_turn=1.0), random).rotation - REGION.rotation)
        for _ in range(500)
    ]
    assert 50 < max(turns) <= 60
    assert -60 <= min(turns) < -50


def test_no_variation_leaves_region_and_picture_alone(patch: Image) -> None:
    still = Augmentation(shift=0.0, scale=0.0, turn_deg=0.0, far_turn=0.0, change=0.0)
    random = np.random.default_rng(0)
    assert jittered(REGION, still, random) == REGION
    assert np.array_equal(changed(patch, still, random), patch)


@pytest.mark.parametrize("change", augment._CHANGES, ids=lambda change: change.__name__)
def test_every_change_gives_another_picture_of_the_same_form(change, patch: Image) -> None:
    before = patch.copy()
    results = [change(patch, np.random.default_rng(seed)) for seed in SEEDS]
    assert np.array_equal(patch, before)
    for result in results:
        assert result.shape == patch.shape
        assert result.dtype == np.uint8
    assert sum(not np.array_equal(result, patch) for result in results) >= len(SEEDS) - 4


@pytest.mark.parametrize("change", augment._CHANGES, ids=lambda change: change.__name__)
def test_a_change_depends_on_its_chance_alone(change, patch: Image) -> None:
    first, again = (change(patch, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, again)


def test_changes_leave_the_picture_recognizable(patch: Image) -> None:
    """What is brighter to the right mostly stays so."""
    options = Augmentation(change=0.25)
    brighter = 0
    for seed in SEEDS:
        result = changed(patch, options, np.random.default_rng(seed)).astype(float)
        brighter += result[:, SIZE // 2 :, 0].mean() > result[:, : SIZE // 2, 0].mean()
    assert brighter >= len(SEEDS) - 2


def test_something_covers_a_part_and_not_all(patch: Image) -> None:
    shares = []
    for seed in SEEDS:
        result = occluded(patch, np.zeros_like(patch), np.random.default_rng(seed))
        shares.append((result != patch).any(axis=2).mean())
    assert max(shares) < 0.7
    assert np.mean(shares) > 0.01


def test_a_hand_stays_where_it_is_before_another_background(frames) -> None:
    from hand_tracking_dsp.compression.data.crops import cut
    from hand_tracking_dsp.tracking.geometry import region_from_landmarks

    (frame,) = frames(1, seed=4, hands=1)
    region = region_from_landmarks(frame.truth[0].joints_px)
    patch, joints = cut(frame.image, region), to_crop(frame.truth[0].joints_px, region)
    green = np.zeros_like(patch)
    green[:, :, 1] = 255
    result = before_background(patch, joints, green, np.random.default_rng(0))
    assert result.shape == patch.shape
    assert result.dtype == np.uint8
    for x, y in joints.round().astype(int):
        assert np.abs(result[y, x].astype(int) - patch[y, x]).max() <= 3
    corners = result[[0, 0], [0, -1]]
    assert corners.tolist() == [[0, 255, 0], [0, 255, 0]]


@pytest.mark.parametrize("corner", [(0, 0), (SIZE - 1, SIZE - 1)])
def test_a_hand_without_size_does_not_break_the_background(patch: Image, corner: tuple[int, int]) -> None:
    joints = np.tile(np.array(corner, np.float32), (21, 1))
    result = before_background(patch, joints, np.zeros_like(patch), np.random.default_rng(0))
    assert result.shape == patch.shape
