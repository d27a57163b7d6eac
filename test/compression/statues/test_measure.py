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

"""Errors on rendered hands are those that were made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.depth_maps import ExactNetwork

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream
from hand_tracking_dsp.compression.statues.measure import SETS, UnseenHands, make_crops, measure
from hand_tracking_dsp.compression.statues.samples import SIZE, labels_of
from hand_tracking_dsp.tracking.backends.base import TensorSpec
from hand_tracking_dsp.tracking.depth_crop import Cube, hand_depth_m
from hand_tracking_dsp.tracking.depth_info import DepthInfo
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Region

OPTIONS = CropOptions(size=SIZE, split="test", noise="none", held_share=0.0, second_share=0.0)


class Told:
    """A session that gives what it was told, crop by crop."""

    provider = "test"

    def __init__(self, answers):
        self.inputs = (TensorSpec("image", (1, SIZE, SIZE, 3), "uint8"),)
        self._answers = iter(answers)

    def run(self, _):
        return next(self._answers)


def answers(crops, shift_m=0.0, stretch=1.0, presence=1.0):
    for crop in crops:
        labels = labels_of(crop)
        world = labels["world_landmarks"].reshape(21, 3) * stretch + np.float32(shift_m)
        yield [
            labels["landmarks"].reshape(1, 63),
            np.full((1, 1), presence, np.float32),
            labels["handedness"].reshape(1, 1),
            world.astype(np.float32).reshape(1, 63),
        ]


@pytest.fixture(scope="module")
def crops():
    return [CropStream(2, OPTIONS).crop(number) for number in range(6)]


def test_exact_answers_have_no_error(crops):
    found = measure(Told(answers(crops)), crops)
    assert found.shape_mm == pytest.approx(0, abs=1e-3)
    assert found.landmarks_percent == pytest.approx(0, abs=1e-3)
    assert (found.found_percent, found.sides_percent, found.hands) == (100, 100, 6)
    assert 0 < found.placed_mm < 20, "depth shows skin, not joints"


def test_where_the_hand_is_does_not_count_and_its_size_does(crops):
    assert measure(Told(answers(crops, shift_m=0.5)), crops).shape_mm == pytest.approx(0, abs=1e-3)
    radius = [1000 * np.linalg.norm(c.joints_m - c.joints_m.mean(0), axis=1).mean() for c in crops]
    stretched = measure(Told(answers(crops, stretch=1.1)), crops)
    assert stretched.shape_mm == pytest.approx(0.1 * np.mean(radius), rel=1e-3)


def test_presence_is_counted_on_hands_and_without_them(crops):
    empty = [CropStream(2, replace(OPTIONS, empty_share=1.0)).crop(number) for number in range(2)]
    mixed = [*crops, *empty]
    high, low = (measure(Told(answers(mixed, presence=value)), mixed) for value in (0.9, 0.1))
    assert (high.found_percent, high.false_percent) == (100, 100)
    assert (low.found_percent, low.false_percent) == (0, 0)


def test_sets_are_of_people_that_nothing_was_trained_on_and_the_same_each_time():
    assert {options.split for options in SETS.values()} == {"test"}
    name = next(iter(SETS))
    first, again = make_crops(SETS[name], 2, seed=5), make_crops(SETS[name], 2, seed=5)
    np.testing.assert_array_equal(first[1].metres, again[1].metres)
    asked = []

    class Counted(Told):
        def run(self, image):
            asked.append(image)
            return super().run(image)

    found = UnseenHands(8, seed=5).errors(Counted(answers(make_crops(SETS[name], 8, seed=5))), [name])
    assert list(found) == [name]
    assert len(asked) == 8


class Exact(ExactNetwork):
    """A network that sees depth and knows the joints of each crop."""

    def __init__(self, crops, cube_m):
        super().__init__(np.zeros((21, 3), np.float32))
        self._crops = iter(crops)
        self._cube_m = cube_m

    def run(self, tensor):
        crop = next(self._crops)
        middle = len(crop.metres) / 2
        region = Region(middle, middle, 2 * middle / 1.6, 0.0)
        depth_m = hand_depth_m(DepthView(crop.metres, crop.camera), region)
        self.joints = Cube.around(region, depth_m, self._cube_m, crop.camera).from_metres(crop.joints_m)
        return super().run(tensor)


def test_a_network_that_sees_depth_is_measured_on_the_same_hands():
    name = next(iter(SETS))
    narrow = SETS[name]
    wide = replace(narrow, scale_low=1.6 * narrow.scale_low, scale_high=1.6 * narrow.scale_high)
    crops = make_crops(wide, 4)
    shown = [one for one, other in zip(crops, make_crops(narrow, 4), strict=True) if one.pose == other.pose]
    assert len(shown) == 4
    found = UnseenHands(4).errors(Exact(crops, 0.24), [name], DepthInfo(cube_m=0.24, map_side=32))[name]
    # Votes are exact where the joints are within reach of what is seen.
    assert found.shape_mm < 3
    assert found.landmarks_percent < 5
