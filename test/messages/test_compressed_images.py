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

"""Compressed images become pixels, or are refused in a sentence."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.images import compressed_to_pixels


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(20)])
def test_refuses_a_compressed_image_that_is_none(data):
    with pytest.raises(
        FrameError, match=r"^The compressed image \(format 'jpeg', \d+ bytes\) cannot be decoded"
    ):
        compressed_to_pixels(CompressedImage(format="jpeg", data=array.array("B", data)))


def test_a_long_format_is_cut_off_in_the_sentence():
    image = CompressedImage(format="x" * 3_000_000, data=array.array("B", b"no image"))
    with pytest.raises(FrameError) as refusal:
        compressed_to_pixels(image)
    assert str(refusal.value).startswith(f"The compressed image (format '{'x' * 40}…', 8 bytes) cannot be")


def compressed(stated: str, suffix: str, values: np.ndarray) -> CompressedImage:
    return CompressedImage(format=stated, data=array.array("B", cv2.imencode(suffix, values)[1].tobytes()))


RED = np.full((16, 16, 3), (0, 0, 200), np.uint8)


@pytest.mark.parametrize(
    ("stated", "suffix", "red_first"),
    [
        ("jpeg", ".jpg", False),
        ("png", ".png", False),
        ("", ".webp", False),
        ("rgb8; jpeg compressed bgr8", ".jpg", False),
        ("bgr8; jpeg compressed bgr8", ".jpg", False),
        ("bayer_rggb8; jpeg compressed bgr8", ".jpg", False),
        ("nv12; jpeg compressed bgr8", ".jpg", False),
        ("rgb16; png compressed bgr16", ".png", False),
        ("bgr8; tiff compressed ", ".tiff", False),
        # Compressed as it was: the channels of the file are swapped.
        ("rgb8; tiff compressed ", ".tiff", True),
        ("bgr8; png compressed rgb8", ".png", True),
    ],
)
def test_colours_of_a_compressed_image_are_those_that_its_format_says(stated, suffix, red_first):
    stored = RED[:, :, ::-1] if red_first else RED
    if "16" in stated:
        stored = stored.astype(np.uint16) * 257
    pixels, order = compressed_to_pixels(compressed(stated, suffix, stored))
    found = pixels[:, :, ::-1] if order == "rgb" else pixels
    np.testing.assert_allclose(found.astype(int), RED, atol=3)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_a_compressed_mosaic_is_coloured(pattern, depth):
    mosaic = np.zeros((16, 16), np.uint8 if depth == 8 else np.uint16)
    place = pattern.index("r")
    mosaic[place // 2 :: 2, place % 2 :: 2] = 2**depth - 1
    pixels, _ = compressed_to_pixels(compressed(f"bayer_{pattern}{depth}; png compressed ", ".png", mosaic))
    np.testing.assert_array_equal(pixels[4:12, 4:12].reshape(-1, 3), [[0, 0, 255]] * 64)


def test_a_mosaic_that_was_made_grey_before_it_was_compressed_stays_grey():
    grey = np.tile(np.array([[10, 200], [90, 30]], np.uint8), (8, 8))
    pixels, _ = compressed_to_pixels(compressed("bayer_rggb8; png compressed mono8", ".png", grey))
    np.testing.assert_array_equal(pixels, np.repeat(grey[:, :, None], 3, axis=2))


def test_compressed_values_of_10_bits_are_not_black_and_do_not_flicker():
    scale = ValueScale()
    bright = compressed("mono16; png compressed ", ".png", np.full((4, 4), 800, np.uint16))
    dark = compressed("mono16; png compressed ", ".png", np.full((4, 4), 200, np.uint16))
    assert compressed_to_pixels(bright, scale)[0].tolist() == [[[199] * 3] * 4] * 4
    assert compressed_to_pixels(dark, scale)[0].tolist() == [[[50] * 3] * 4] * 4


def test_compressed_range_images_are_depth():
    image = compressed("16UC1; png compressed ", ".png", np.array([[200, 2000, 0]], np.uint16))
    assert compressed_to_pixels(image)[0].tolist() == [[[255] * 3, [0] * 3, [0] * 3]]


@pytest.mark.parametrize(
    "stated", ["16UC1; compressedDepth png", "16UC1; compressedDepth", "32FC1; compressedDepth rvl"]
)
def test_compressed_depth_is_refused_in_plain_words(stated):
    image = CompressedImage(format=stated, data=array.array("B", bytes(40)))
    with pytest.raises(FrameError, match="is compressed depth, which is not read: take a colour or infrared"):
        compressed_to_pixels(image)
