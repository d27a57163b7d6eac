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

from hand_tracking_dsp.gestures.motion import SwipeFinder
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import Place

OPTIONS = GestureOptions()
PALM_PX = 80.0
WAYS = {"swipe_right": (1, 0), "swipe_left": (-1, 0), "swipe_down": (0, 1), "swipe_up": (0, -1)}


def swipes(points, rate_hz=30.0, size=PALM_PX):
    """The swipes found in points (x, y), palm sizes, one an image."""
    finder = SwipeFinder(OPTIONS)
    places = [
        Place(100 + index / rate_hz, x * size + 300, y * size + 200, size)
        for index, (x, y) in enumerate(points)
    ]
    return [(swipe, place) for place in places if (swipe := finder.update(place))]


def line(direction, speed, seconds, rate_hz=30.0):
    """A way at a speed in palm sizes a second."""
    x, y = direction
    length = math.hypot(x, y)
    count = round(seconds * rate_hz) + 1
    return [(x / length * speed * i / rate_hz, y / length * speed * i / rate_hz) for i in range(count)]


@pytest.mark.parametrize(("name", "direction"), WAYS.items())
@pytest.mark.parametrize("speed", [6, 10, 25])
@pytest.mark.parametrize("size", [20.0, 300.0])
def test_a_quick_straight_way_is_a_swipe(name, direction, speed, size):
    found = swipes(line(direction, speed, 3.0 / speed), size=size)
    assert [swipe.name for swipe, _ in found] == [name]
    swipe, place = found[0]
    way = swipe.begin.way_to(place)
    assert way[0] * direction[0] + way[1] * direction[1] >= OPTIONS.swipe_distance - 1e-6
    assert place.stamp_s - swipe.begin.stamp_s <= OPTIONS.swipe_max_s
    assert swipe.straightness == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "direction"), WAYS.items())
@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_a_swipe_by_an_unsteady_hand_is_found_at_every_rate_and_one_at_rest_makes_none(
    name, direction, rate_hz
):
    random = np.random.default_rng(0)
    rest = [(0.0, 0.0)] * round(rate_hz)
    way = line(direction, 8, 0.4, rate_hz)
    shaken = np.array([*rest, *way, *[way[-1]] * round(rate_hz)])
    shaken += random.normal(0, 0.03, shaken.shape)
    assert [swipe.name for swipe, _ in swipes(shaken, rate_hz)] == [name]


@pytest.mark.parametrize("direction", WAYS.values())
def test_a_slow_drift_is_none(direction):
    assert swipes(line(direction, 0.9 * OPTIONS.swipe_distance / OPTIONS.swipe_max_s, 5.0)) == []


@pytest.mark.parametrize("direction", [(1, 1), (-1, 1), (1, -0.8)])
def test_a_diagonal_is_none(direction):
    assert swipes(line(direction, 10, 0.5)) == []


def test_a_crooked_way_is_none():
    zigzag = [(x, 0.45 * (i % 2)) for i, (x, _) in enumerate(line((1, 0), 6, 1.0))]
    assert swipes(zigzag) == []


def test_a_short_way_is_none():
    assert swipes(line((1, 0), 10, 0.15)) == []


def test_the_way_back_within_the_cooldown_is_none():
    there = line((1, 0), 10, 0.3)
    back = list(reversed(there))
    assert [swipe.name for swipe, _ in swipes(there + back)] == ["swipe_right"]
    rest = [there[-1]] * round(30 * OPTIONS.swipe_cooldown_s)
    assert [swipe.name for swipe, _ in swipes(there + rest + back)] == ["swipe_right", "swipe_left"]


def test_little_is_remembered_however_fast_the_images_come():
    finder = SwipeFinder(OPTIONS)
    for index in range(5000):
        finder.update(Place(index * 1e-5, 0.0, 0.0, PALM_PX))
    assert len(finder._places) < 1000
