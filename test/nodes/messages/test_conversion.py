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

import array
import math

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.nodes.messages.conversion import age_ms, pixels_to_image, seconds


def picture(height: int = 8, width: int = 10) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_pixels_survive_the_way_through_a_message():
    image = pixels_to_image(picture(), Header(frame_id="camera"))
    assert image.header.frame_id == "camera"
    assert isinstance(image.data, array.array)
    np.testing.assert_array_equal(image_to_pixels(image)[0], picture())


def test_a_message_filled_again_holds_the_new_pixels_of_any_size():
    message = pixels_to_image(picture(), Header())
    data = message.data
    assert pixels_to_image(255 - picture(), Header(frame_id="next"), message) is message
    assert message.data is data
    np.testing.assert_array_equal(image_to_pixels(message)[0], 255 - picture())
    small = picture()[:2, :5]
    np.testing.assert_array_equal(image_to_pixels(pixels_to_image(small, Header(), message))[0], small)


def test_seconds_keeps_nanoseconds_apart():
    header = Header()
    header.stamp.sec, header.stamp.nanosec = 3, 500_000_000
    assert math.isclose(seconds(header.stamp), 3.5)


@pytest.mark.parametrize(
    ("sec", "nanosec", "expected"),
    [(99, 500_000_000, 500.0), (100, 0, 0.0), (101, 0, math.nan), (0, 0, math.nan)],
)
def test_the_age_of_a_stamp_is_unknown_where_it_is_zero_or_in_the_future(sec, nanosec, expected):
    assert age_ms(Time(sec=sec, nanosec=nanosec), 100 * 10**9) == pytest.approx(expected, nan_ok=True)
