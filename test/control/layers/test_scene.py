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
    OCCLUDED,
    PLAIN,
    SceneWatch,
    scene_of,
)


@pytest.mark.parametrize(
    ("figures", "scene"),
    [
        ((0.5, 0.2, 0.05, 0.99), PLAIN),
        ((0.1, 0.05, 0.3, 0.99), DARK),
        ((0.5, 0.2, 0.01, 0.99), BLURRED),
        ((0.5, 0.2, 0.05, 0.9), OCCLUDED),
        ((math.nan,) * 4, PLAIN),
    ],
)
def test_light_sharpness_and_presence_tell_scenes_apart(figures: tuple[float, ...], scene: int) -> None:
    assert scene_of(*figures) == scene


def test_another_scene_counts_once_it_has_lasted() -> None:
    watch = SceneWatch()
    watch.add(0.0, DARK)
    watch.add(1.0, PLAIN)
    watch.add(1.5, DARK)
    watch.add(3.0, DARK)
    assert watch.scene == PLAIN
    watch.add(3.5, DARK)
    assert watch.scene == DARK
    watch.add(9.0, PLAIN, seen=False)
    assert watch.scene == DARK
