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

"""Values of more than 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale


def values(*numbers: float, kind: type = np.uint16) -> np.ndarray:
    return np.array([numbers], kind)


@pytest.mark.parametrize(
    ("largest", "white"), [(200, 255), (256, 1023), (1023, 1023), (1024, 4095), (5000, 16383), (16384, 65535)]
)
def test_values_fill_the_usual_bits_that_hold_them(largest, white):
    found = ValueScale().brightness(values(0, largest // 2, largest))
    np.testing.assert_allclose(found[0], np.array([0, largest // 2, largest]) * 255 / white, atol=0.51)


def test_the_scale_of_a_stream_does_not_follow_each_image():
    scale = ValueScale()
    bright, dark = values(100, 900), values(100, 120)
    first = scale.brightness(bright)
    assert scale.brightness(dark)[0, 0] == first[0, 0]
    assert scale.brightness(bright)[0, 0] == first[0, 0]


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=40))
def test_the_scale_only_grows_and_at_most_four_times(largest):
    scale = ValueScale()
    greys = [int(scale.brightness(values(100, one))[0, 0]) for one in largest]
    assert greys == sorted(greys, reverse=True)
    assert len(set(greys)) <= 5


def test_the_bits_can_be_given():
    scale = ValueScale(ImageOptions(value_bits=12))
    assert scale.brightness(values(0, 200, 4095, 9000)).tolist() == [[0, 12, 255, 255]]


def test_brightness_as_a_fraction_is_scaled_and_what_is_no_number_is_black():
    found = ValueScale().brightness(values(np.nan, -1, 0, 0.5, 1, kind=np.float32))
    assert found.tolist() == [[0, 0, 0, 128, 255]]
    assert ValueScale().brightness(values(0, 512, 1023, np.inf, kind=np.float32)).tolist() == [
        [0, 128, 255, 255]
    ]


@pytest.mark.parametrize(
    "distances",
    [values(0, 100, 200, 1100, 2000, 9000), values(0, 0.1, 0.2, 1.1, 2.0, 9.0, kind=np.float32)],
    ids=["millimetres", "metres"],
)
def test_near_is_bright_and_far_or_unknown_is_black(distances):
    assert ValueScale().range_image(distances).tolist() == [[0, 255, 255, 128, 0, 0]]


def test_unknown_distances_are_black():
    assert ValueScale().depth(values(np.nan, np.inf, -1, 0.2, kind=np.float32)).tolist() == [[0, 0, 0, 255]]


def test_range_images_can_be_grey():
    scale = ValueScale(ImageOptions(range_images="grey"))
    assert scale.range_image(values(0, 1023)).tolist() == [[0, 255]]


def test_the_far_distance_lies_behind_the_near_one():
    with pytest.raises(ConfigurationError, match=r"depth_far_m is 0\.1, but must be above depth_near_m"):
        ImageOptions(depth_far_m=0.1)
