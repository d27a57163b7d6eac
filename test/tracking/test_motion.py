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

"""Where something moves, on drawn pictures."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.tracking.motion import MotionMap, Square
from hand_tracking_dsp.tracking.types import Image, Region


def picture(*centres: tuple[int, int], shape: tuple[int, int] = (480, 640), side: int = 60) -> Image:
    """Draw white squares on grey."""
    image = np.full((*shape, 3), 90, np.uint8)
    for x, y in centres:
        image[max(y - side // 2, 0) : y + side // 2, max(x - side // 2, 0) : x + side // 2] = 250
    return image


def seen(*images: Image, side: float = 240.0, but: tuple[Region, ...] = ()) -> Square | None:
    motion = MotionMap()
    for image in images:
        motion.add(image)
    return motion.liveliest(side, but)


@pytest.mark.parametrize(("x", "y"), [(320, 240), (40, 40), (600, 440), (620, 30)])
def test_the_place_is_around_what_appears(x: int, y: int) -> None:
    place = seen(picture(), picture((x, y)))
    assert place is not None
    assert place.side == 240.0
    assert abs(place.x - x) < 30
    assert abs(place.y - y) < 30


def test_of_two_that_move_the_livelier_one_is_taken() -> None:
    few = picture((100, 100))
    many = picture((100, 100), side=20)
    many[300:400, 450:560] = 250
    place = seen(few, many)
    assert place is not None
    assert place.x > 400


def test_without_motion_there_is_no_place() -> None:
    assert seen(picture((100, 100)), picture((100, 100))) is None


def test_sensor_noise_is_no_motion() -> None:
    random = np.random.default_rng(0)
    noisy = [np.clip(picture() + random.normal(0, 3, (480, 640, 3)), 0, 255).astype(np.uint8) for _ in "ab"]
    assert seen(*noisy) is None


def test_one_picture_alone_shows_no_motion() -> None:
    assert seen(picture((100, 100))) is None
    assert seen() is None


def test_hands_in_view_do_not_count() -> None:
    hand = Region(200.0, 200.0, 160.0, 0.3)
    images = picture((190, 200), side=40), picture((215, 200), side=40)
    assert seen(*images) is not None
    assert seen(*images, but=(hand,)) is None
    beside = seen(images[0], picture((215, 200), (500, 100)), but=(hand,))
    assert beside is not None
    assert beside.x > 400


def test_a_hand_beyond_the_image_leaves_all_of_it() -> None:
    assert seen(picture(), picture((320, 240)), but=(Region(-400.0, -300.0, 100.0, 0.0),)) is not None


@pytest.mark.parametrize("shape", [(480, 480), (1, 1), (720, 1280)])
def test_images_of_another_shape_are_not_compared(shape: tuple[int, int]) -> None:
    assert seen(picture(), picture((30, 30), shape=shape)) is None
    assert seen(picture(), picture(shape=shape), picture((0, 0), shape=shape)) is not None


def test_after_a_reset_the_image_before_is_forgotten() -> None:
    motion = MotionMap()
    motion.add(picture())
    motion.reset()
    motion.add(picture((320, 240)))
    assert motion.liveliest(240.0, ()) is None
