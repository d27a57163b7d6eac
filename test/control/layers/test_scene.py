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

"""Kinds of scenes by what the tracker measures."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.control.layers.scene import (
    BLURRED,
    DARK,
    PLAIN,
    SceneWatch,
    scene_of,
)


@pytest.mark.parametrize(
    ("figures", "scene"),
    [
        ((0.5, 0.2, 0.05), PLAIN),
        ((0.1, 0.05, 0.3), DARK),
        ((0.5, 0.2, 0.01), BLURRED),
        ((math.nan,) * 3, PLAIN),
    ],
)
def test_light_and_sharpness_tell_scenes_apart(figures: tuple[float, ...], scene: int) -> None:
    assert scene_of(*figures) == scene


def test_another_scene_counts_once_most_pictures_of_a_second_tell_it() -> None:
    watch = SceneWatch()
    scenes = [DARK, DARK, BLURRED, DARK, DARK, PLAIN, DARK, DARK, DARK, DARK]
    for number, scene in enumerate(scenes):
        watch.add(number * 0.1, scene)
    assert watch.scene == PLAIN
    watch.add(1.0, DARK)
    assert watch.scene == DARK
    watch.add(9.0, PLAIN, seen=False)
    watch.add(9.1, PLAIN)
    assert watch.scene == DARK


def test_scenes_that_change_all_the_time_are_none() -> None:
    watch = SceneWatch()
    for number in range(60):
        watch.add(number * 0.1, DARK if number % 2 else BLURRED)
    assert watch.scene == PLAIN


def test_a_clock_that_is_set_back_begins_anew() -> None:
    watch = SceneWatch()
    for number in range(30):
        watch.add(100.0 + number * 0.1, DARK)
    for number in range(8):
        watch.add(number * 0.1, PLAIN)
    assert watch.scene == DARK
    for number in range(8, 12):
        watch.add(number * 0.1, PLAIN)
    assert watch.scene == PLAIN
