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

"""Images of 16 bits and range images become pixels of 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from support.image_messages import message

from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.images import image_to_pixels


@pytest.mark.parametrize("big", [0, 1])
def test_mono16_keeps_its_high_byte_in_either_byte_order(big):
    rows = np.full((2, 3), 0x4002, dtype=">u2" if big else "<u2")
    pixels, _ = image_to_pixels(message("mono16", rows, 3, is_bigendian=big))
    assert (pixels == 0x40).all()


def noise(height: int, width: int, channels: int, largest: int = 65535) -> np.ndarray:
    return np.random.default_rng(1).integers(0, largest + 1, (height, width, channels), dtype=np.uint16)


@pytest.mark.parametrize("big", [0, 1])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("encoding", "channels"),
    [("rgb16", 3), ("bgr16", 3), ("16UC3", 3), ("rgba16", 4), ("bgra16", 4), ("16UC4", 4), ("mono16", 1)],
)
def test_16_bits_become_8_in_either_byte_order(encoding, channels, padding, big):
    values = noise(6, 7, channels)
    values[0, 0] = 65535
    rows = values.astype(">u2" if big else "<u2")
    pixels, order = image_to_pixels(message(encoding, rows, 7, padding, is_bigendian=big))
    colours = values[:, :, :3] if channels > 1 else np.repeat(values, 3, axis=2)
    blue_first = colours[:, :, ::-1] if encoding.startswith("rgb") else colours
    found = pixels[:, :, ::-1] if order == "rgb" else pixels
    np.testing.assert_allclose(found, blue_first / 257, atol=0.51)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("encoding", ["mono16", "bayer_rggb16", "bgr16"])
def test_values_of_fewer_bits_are_not_black(encoding, bits):
    values = np.full((8, 8, 3 if encoding == "bgr16" else 1), 2 ** (bits - 1), np.uint16)
    pixels, _ = image_to_pixels(message(encoding, values, 8))
    assert pixels[2:6, 2:6].min() >= 127


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize("big", [0, 1])
def test_bayer_patterns_of_16_bits_keep_red_red(pattern, big):
    mosaic = np.zeros((8, 8), ">u2" if big else "<u2")
    place = pattern.index("r")
    mosaic[place // 2 :: 2, place % 2 :: 2] = 65535
    pixels, _ = image_to_pixels(message(f"bayer_{pattern}16", mosaic, 8, is_bigendian=big))
    np.testing.assert_array_equal(pixels[3:5, 3:5].reshape(-1, 3), [[0, 0, 255]] * 4)


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
@pytest.mark.parametrize("big", [0, 1])
def test_range_images_are_depth_or_grey(encoding, big):
    near, far = (200, 2000) if encoding == "16UC1" else (0.2, 2.0)
    kind = ("u2" if encoding == "16UC1" else "f4").join((">" if big else "<", ""))
    image = message(encoding, np.array([[near, far]], kind), 2, is_bigendian=big)
    assert image_to_pixels(image)[0].tolist() == [[[255] * 3, [0] * 3]]
    pixels, _ = image_to_pixels(image, ValueScale(ImageOptions(range_images="grey")))
    assert pixels[0, 0, 0] < pixels[0, 1, 0]
